// Builds each guest's .wasm next to its source: `node bench/guests/build.mjs [--check] [ADAPTER]`.
// The bench uses the committed files; with --check nothing is written and a difference is named. Given the
// adapter of preview1, which is lib/wasi_snapshot_preview1.command.wasm of npm's @bytecodealliance/jco, it
// also makes hello.component.wasm of hello.wasm.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';

const CLANG = '/usr/bin/clang-14';
const PACKAGES = 'clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32';
const WARNINGS = ['-Wall', '-Wextra', '-Werror'];
// -s drops names and build paths, so that the same source gives the same bytes anywhere.
const COMMAND = ['--target=wasm32-wasi', '-O2', '-s', ...WARNINGS];
const HANDLER = ['--target=wasm32-unknown-unknown', '-nostdlib', '-O2', '-Wl,--no-entry,-s'];
const WIT = join(import.meta.dirname, '../../samples/hello-component/wasi.wit');
const check = process.argv.includes('--check');
const adapter = process.argv.slice(2).find((word) => !word.startsWith('--'));

if (!existsSync(CLANG)) {
  process.stderr.write(`missing: apt-get install --no-install-recommends ${PACKAGES}\n`);
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), 'wasm-fcgi-guests-'));
for (const source of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.c')))
  keep(source.replace(/\.c$/, '.wasm'), await build(source));
rmSync(scratch, { recursive: true });
if (adapter !== undefined) {
  const core = readFileSync(join(import.meta.dirname, 'hello.wasm'));
  const adapters = [['wasi_snapshot_preview1', readFileSync(adapter)]];
  keep('hello.component.wasm', await componentNew(core, adapters));
}

async function build(source) {
  const out = join(scratch, 'out.wasm');
  const isHandler = source === 'handler.c';
  const words = isHandler ? [...HANDLER, ...WARNINGS] : COMMAND;
  execFileSync(CLANG, [...words, '-o', out, source], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const binary = readFileSync(out);
  if (!isHandler) return binary;
  const witSource = readFileSync(WIT, 'utf8');
  return componentNew(await componentEmbed({ binary, witSource, world: 'handler' }));
}

function keep(name, made) {
  const bytes = Buffer.from(made);
  const file = join(import.meta.dirname, name);
  const same = existsSync(file) && readFileSync(file).equals(bytes);
  if (check && !same) process.exitCode = 1;
  if (!check && !same) writeFileSync(file, bytes);
  const verdict = same ? 'as committed' : check ? 'differs' : 'written';
  process.stdout.write(`${name}: ${bytes.length} bytes, ${verdict}\n`);
}
