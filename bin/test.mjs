// `npm test`: sets up what is missing, builds, and runs every spec, real Apache included.
// `-- --coverage` measures coverage as well; other arguments go to mocha (`-- --grep merge`).

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { APACHE, BROWSER, TESTING, runMain, setup } from './setup.mjs';

/** Files of specs that run at a time: most wait for other processes, or for Debian, half of their time. */
const SIDE_BY_SIDE = ['--parallel', '--jobs', '2'];
const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);
const coverage = given.includes('--coverage');
const others = given.filter((word) => word !== '--coverage');
const mocha = ['node_modules/mocha/bin/mocha.js', ...SIDE_BY_SIDE, ...others];
/** Also in worker threads, and in each process that specs start with our environment. */
const counting = { NODE_OPTIONS: `--import=${new URL('../spec/coverage.mjs', import.meta.url)}` };
const words = coverage ? ['node_modules/c8/bin/c8.js', process.execPath, ...mocha] : mocha;

await runMain(async () => {
  await setup({ packages: [...APACHE, ...TESTING, ...BROWSER] });
  const env = { ...process.env, ...(coverage ? counting : {}) };
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit', env });
  return status ?? 1;
});
