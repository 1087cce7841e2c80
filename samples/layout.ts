// Lays the gallery out for an httpd of its own, as in a container: `node layout.js DIRECTORY`.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ordinaryAccount } from './account.js';
import { HTTPD_MODULES, SERVE_WORDS, stageDemo } from './stage.js';

const ROOT = join(import.meta.dirname, '../..');
const [, , dir] = process.argv;
if (dir === undefined) throw new Error('name the directory to make');
mkdirSync(dir);
const command = `WasmCommand /usr/bin/wasm-fcgi serve ${SERVE_WORDS.join(' ')}\n`;
writeFileSync(join(dir, 'site.conf'), command + stageDemo(ROOT, dir, await ordinaryAccount()));
writeFileSync(join(dir, 'modules'), HTTPD_MODULES.join(' '));
