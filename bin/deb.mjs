#!/usr/bin/env node
// `npm run deb`: makes ready what is missing, then builds the Debian package into .build/.

import { runMain, setup, step } from './setup.mjs';

await runMain(async () => {
  await setup();
  const { buildDeb } = await import('../dist/apache/debian/package.js');
  const file = await step('build the package', () => buildDeb({ to: '.build' }));
  process.stdout.write(`${file}\n`);
});
