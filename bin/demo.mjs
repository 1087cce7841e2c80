#!/usr/bin/env node
// `npm run demo`: makes ready what is missing, then runs the demo (samples/demo.ts).

import { runMain, setup, step } from './setup.mjs';

await runMain(async () => {
  await setup();
  const { demo } = await import('../dist/samples/demo.js');
  return demo(process.argv.slice(2), step);
});
