#!/usr/bin/env node
// `npm run fuzz`: builds what is missing, then tries the properties of the specs for longer (spec/fuzz/fuzz.ts).

import { runMain, setup } from './setup.mjs';

await runMain(async () => {
  await setup({ packages: [] });
  const { fuzz } = await import('../dist/spec/fuzz/fuzz.js');
  return fuzz(process.argv.slice(2));
});
