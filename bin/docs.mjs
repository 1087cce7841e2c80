#!/usr/bin/env node
// `npm run docs`: writes what tables of the code know into the manual: options and faults.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { setup } from './setup.mjs';

await setup({ packages: [] });
const { faultReference, optionReference } = await import('../dist/lib/config/reference.js');
writeReference('../lib/config/README.md', optionReference());
writeReference('../docs/troubleshooting.md', faultReference());

/** The reference is all from the first heading of the third level on. */
function writeReference(name, text) {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const [head] = readFileSync(file, 'utf8').split('\n### ');
  writeFileSync(file, `${head.trimEnd()}\n\n${text}`);
  execFileSync('npx', ['prettier', '--write', file], { stdio: 'inherit' });
}
