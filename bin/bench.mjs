#!/usr/bin/env node
// `npm run bench`: makes ready what is missing, then measures rivals and us in one run (bench/bench.ts).

import { APACHE, runMain, setup } from './setup.mjs';

await runMain(async () => {
  await setup({ packages: [...APACHE, { package: 'wrk', file: '/usr/bin/wrk' }] });
  const { bench } = await import('../dist/bench/bench.js');
  return bench(process.argv.slice(2));
});
