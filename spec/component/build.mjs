// Builds the components: `node spec/component/build.mjs [ADAPTER]`. Each guests/NAME.wasm is made from the
// NAME.c beside it, with Debian's clang-14 and lld-14. Given the adapter of preview1, which is
// lib/wasi_snapshot_preview1.command.wasm of npm's @bytecodealliance/jco, it also makes adapted/NAME.wasm
// from attack programs: the same attacks through WASI 0.2.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';

const GUESTS = fileURLToPath(new URL('guests/', import.meta.url));
const WIT = fileURLToPath(new URL('../../samples/hello-component/wasi.wit', import.meta.url));
const WORLDS = new Map([
  ['http', 'handler'],
  ['ask', 'handler'],
]);
/** Not stable yet, so that it is in no WIT that programs are built from. */
const UNSTABLE = `resource response-outparam {
      send-informational: func(status: u16, headers: headers) -> result<_, error-code>;`;
const CLANG = [
  '--target=wasm32-unknown-unknown',
  '-nostdlib',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wl,--no-entry,-s',
];

const ATTACKS = fileURLToPath(new URL('../attacks/guests/', import.meta.url));
const ADAPTED = fileURLToPath(new URL('adapted/', import.meta.url));
const ATTACKS_ADAPTED = ['names', 'links', 'special', 'readdir', 'readonly', 'stale'].concat([
  'times',
  'libc',
  'wait',
]);
/** A second command, never instantiated: with two of them a component is not unwrapped. */
const SECOND = `(module
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (func (export "_start")))`;

/** Unsigned LEB128. */
function leb(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

async function adapt(adapter) {
  const second = await parse(SECOND);
  for (const name of ATTACKS_ADAPTED) {
    const program = readFileSync(join(ATTACKS, `${name}.wasm`));
    const component = await componentNew(program, [['wasi_snapshot_preview1', adapter]]);
    const section = Uint8Array.from([1, ...leb(second.length), ...second]);
    writeFileSync(join(ADAPTED, `${name}.wasm`), Buffer.concat([component, section]));
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'wasm-fcgi-components-'));
const core = join(scratch, 'core.wasm');
try {
  for (const file of readdirSync(GUESTS).filter((name) => name.endsWith('.c'))) {
    const name = file.slice(0, -2);
    execFileSync('clang-14', [...CLANG, '-o', core, file], { cwd: GUESTS, stdio: 'inherit' });
    const embedded = await componentEmbed({
      binary: readFileSync(core),
      witSource: readFileSync(WIT, 'utf8').replace('resource response-outparam {', UNSTABLE),
      world: WORLDS.get(name),
    });
    const component = await componentNew(embedded);
    writeFileSync(join(GUESTS, `${name}.wasm`), component);
    process.stdout.write(`${name}: ${component.length} bytes\n`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}

const [adapter] = process.argv.slice(2);
if (adapter !== undefined) await adapt(readFileSync(adapter));
