#!/usr/bin/env node
// `npm run demo`: makes ready what is missing, then runs the demo (samples/demo.ts).

import { APACHE, BROWSER, runMain, setup, step } from './setup.mjs';

await runMain(async () => {
  // Checking WordPress takes a browser.
  const browses = ['wordpress', '--check'].every((word) =>
    process.argv.some((w) => w.endsWith(word)),
  );
  await setup({ packages: browses ? [...APACHE, ...BROWSER] : APACHE });
  const { demo } = await import('../dist/samples/demo.js');
  return demo(process.argv.slice(2), step);
});
