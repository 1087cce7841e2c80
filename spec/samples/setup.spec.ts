// The set-up of a fresh clone, as far as it can be tried without changing the system.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { expect } from 'chai';

import { publicDirectory, readableByAll } from '../../apache/stage.js';

const SETUP = fileURLToPath(new URL('../../../bin/setup.mjs', import.meta.url));
const NOBODY = 65_534;
const OTHERS_HAVE_NODE = await readableByAll(process.execPath);

describe('the set-up', () => {
  let dir: string;

  before(async () => {
    // A copy alone in a directory, so that an ordinary user can read it and finds no node_modules.
    dir = await publicDirectory('wasm-setup-');
    mkdirSync(join(dir, 'bin'), { mode: 0o755 });
    cpSync(SETUP, join(dir, 'bin', 'setup.mjs'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  function run(code: string): { status: number | null; stderr: string } {
    const url = pathToFileURL(join(dir, 'bin', 'setup.mjs')).href;
    const script = `import * as it from '${url}'; await it.runMain(async () => { ${code} });`;
    const isRoot = process.getuid?.() === 0;
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: '/',
      // Nobody may write what was covered; Node.js hands that on where it is not named.
      env: { PATH: process.env['PATH'], NODE_V8_COVERAGE: undefined },
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
  }

  const STOPS = 'names the missing packages to an ordinary user, and stops';
  // Root would install them; without a node that others can run there is nobody else to be.
  if (!OTHERS_HAVE_NODE) it(`${STOPS} (not tried: others cannot run ${process.execPath})`);
  else
    it(STOPS, () => {
      const { status, stderr } = run(
        `await it.setup({ packages: [
        { package: 'wanted-a', file: '/nowhere/a' },
        { package: 'there', file: '/' },
        { package: 'wanted-b', file: '/nowhere/b' } ] });`,
      );
      expect(stderr).to.match(/^Missing packages.*: .*wanted-a wanted-b\n$/);
      expect(status).to.equal(1);
    });

  it('prints the time of a step, and nothing to rewrite in a pipe', () => {
    const { status, stderr } = run(`await it.step('think', async () => 0);`);
    expect(stderr).to.match(/^✓ think \(\d+\.\d s\)\n$/);
    expect(status).to.equal(0);
  });

  it('says a failure in one line after the name of its step', () => {
    const { status, stderr } = run(
      `await it.step('think', async () => { throw new Error('no idea'); });`,
    );
    expect(stderr).to.equal('✗ think\nno idea\n');
    expect(status).to.equal(1);
  });

  it('passes on the exit code', () => {
    expect(run('return 2;').status).to.equal(2);
  });
});
