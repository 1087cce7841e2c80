#!/usr/bin/env node
// `npm run docs`: writes the reference of the options into lib/config/README.md, from their table.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { setup } from './setup.mjs';

await setup({ packages: [] });
const { optionReference } = await import('../dist/lib/config/reference.js');
const file = fileURLToPath(new URL('../lib/config/README.md', import.meta.url));
const [head] = readFileSync(file, 'utf8').split('\n### ');
writeFileSync(file, `${head}\n${optionReference()}`);
execFileSync('npx', ['prettier', '--write', file], { stdio: 'inherit' });
