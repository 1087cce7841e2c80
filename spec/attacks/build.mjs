// Builds the attack programs, each guests/NAME.wasm from the NAME.c or NAME.wat beside it:
// `node spec/attacks/build.mjs [--check] [NAME…]`. C needs Debian's clang-14, lld-14, wasi-libc and
// libclang-rt-14-dev-wasm32. With --check nothing is written, and what differs is named.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const GUESTS = fileURLToPath(new URL('guests/', import.meta.url));
const WAT2WASM = fileURLToPath(new URL('../../node_modules/wabt/bin/wat2wasm', import.meta.url));
/** As the samples are built: -s drops names and paths, the same source gives the same bytes. */
const CLANG = ['--target=wasm32-wasi', '-O2', '-s', '-Wall', '-Wextra', '-Werror'];
/** Programs that are built a second time, for the interface before this one. */
const UNSTABLE = new Set(['names', 'links', 'race']);

const scratch = mkdtempSync(join(tmpdir(), 'wasm-fcgi-attacks-'));
const out = join(scratch, 'out.wasm');

/** One compiler run; its bytes. */
function compile(source, extra) {
  if (source.endsWith('.wat')) {
    execFileSync(process.execPath, [WAT2WASM, '--enable-exceptions', source, '-o', out], {
      cwd: GUESTS,
    });
  } else {
    execFileSync('clang-14', [...CLANG, ...extra, '-o', out, source], {
      cwd: GUESTS,
      stdio: 'inherit',
    });
  }
  return readFileSync(out);
}

/** Writes what is new, or says with --check that it is. */
function keep(name, bytes, check) {
  const file = join(GUESTS, `${name}.wasm`);
  const same = existsSync(file) && readFileSync(file).equals(bytes);
  if (check && !same) process.exitCode = 1;
  if (!check && !same) writeFileSync(file, bytes);
  process.stdout.write(
    `${name}: ${bytes.length} bytes, ${same ? 'as committed' : check ? 'differs' : 'written'}\n`,
  );
}

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const check = process.argv.includes('--check');
try {
  for (const source of readdirSync(GUESTS).filter((file) => /\.(c|wat)$/.test(file))) {
    const name = source.replace(/\.\w+$/, '');
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    keep(name, compile(source, []), check);
    if (UNSTABLE.has(name)) {
      keep(`${name}-unstable`, compile(source, ['-DWASI="wasi_unstable"']), check);
    }
  }
} finally {
  rmSync(scratch, { recursive: true });
}
