// Builds the components, each guests/NAME.wasm from the NAME.c beside it: `node spec/component/build.mjs`.
// C needs Debian's clang-14 and lld-14.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';

const GUESTS = fileURLToPath(new URL('guests/', import.meta.url));
const WORLDS = new Map([['http', 'handler']]);
const CLANG = [
  '--target=wasm32-unknown-unknown',
  '-nostdlib',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wl,--no-entry,-s',
];

const scratch = mkdtempSync(join(tmpdir(), 'wasm-fcgi-components-'));
const core = join(scratch, 'core.wasm');
try {
  for (const file of readdirSync(GUESTS).filter((name) => name.endsWith('.c'))) {
    const name = file.slice(0, -2);
    execFileSync('clang-14', [...CLANG, '-o', core, file], { cwd: GUESTS, stdio: 'inherit' });
    const embedded = await componentEmbed({
      binary: readFileSync(core),
      witSource: readFileSync(join(GUESTS, 'wasi.wit'), 'utf8'),
      world: WORLDS.get(name),
    });
    const component = await componentNew(embedded);
    writeFileSync(join(GUESTS, `${name}.wasm`), component);
    process.stdout.write(`${name}: ${component.length} bytes\n`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
