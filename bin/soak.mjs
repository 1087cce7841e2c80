#!/usr/bin/env node
// `npm run soak`: makes ready what is missing, then runs the server under load and faults (spec/soak/soak.ts).

import { APACHE, TESTING, runMain, setup } from './setup.mjs';

await runMain(async () => {
  await setup({ packages: [...APACHE, ...TESTING] });
  const { soak } = await import('../dist/spec/soak/soak.js');
  return soak(process.argv.slice(2));
});
