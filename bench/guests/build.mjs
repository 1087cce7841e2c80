// Builds each guest's .wasm next to its source: `node bench/guests/build.mjs [--check]`.
// The bench uses the committed files; with --check nothing is written and a difference is named.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CLANG = '/usr/bin/clang-14';
const PACKAGES = 'clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32';
// -s drops names and build paths, so that the same source gives the same bytes anywhere.
const WORDS = ['--target=wasm32-wasi', '-O2', '-s', '-Wall', '-Wextra', '-Werror'];
const check = process.argv.includes('--check');

if (!existsSync(CLANG)) {
  process.stderr.write(`missing: apt-get install --no-install-recommends ${PACKAGES}\n`);
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), 'wasm-fcgi-guests-'));
for (const source of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.c'))) {
  const name = source.replace(/\.c$/, '.wasm');
  execFileSync(CLANG, [...WORDS, '-o', join(scratch, name), source], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const bytes = readFileSync(join(scratch, name));
  const file = join(import.meta.dirname, name);
  const same = existsSync(file) && readFileSync(file).equals(bytes);
  if (check && !same) process.exitCode = 1;
  if (!check && !same) writeFileSync(file, bytes);
  const verdict = same ? 'as committed' : check ? 'differs' : 'written';
  process.stdout.write(`${name}: ${bytes.length} bytes, ${verdict}\n`);
}
rmSync(scratch, { recursive: true });
