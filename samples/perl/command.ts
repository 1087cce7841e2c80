// Perl as a command of WASI: npm's interpreter, and the main function that it is short of.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const INTERPRETER = 'node_modules/@6over3/zeroperl-ts/dist/esm/zeroperl.wasm';
const MERGE = 'node_modules/binaryen/bin/wasm-merge';
/** Modules, each with the name by which the others import from it. */
const PARTS = [
  [INTERPRETER, 'perl'],
  ['samples/perl/command.wat', 'wasi_snapshot_preview1'],
  ['samples/perl/host.wat', 'env'],
] as const;

/**
 * The path of `perl.wasm`, 25 MB. It takes some seconds to make and is kept, next to what else is built.
 * @param root the clone, with its node_modules
 * @throws Error when npm's binaryen is not there, or cannot merge the parts
 */
export function perlCommand(root: string): string {
  const hash = createHash('sha256');
  for (const [file] of PARTS) hash.update(readFileSync(join(root, file)));
  const dir = join(root, '.build-perl', hash.digest('hex').slice(0, 16));
  const made = join(dir, 'perl.wasm');
  if (existsSync(made)) return made;
  mkdirSync(dir, { recursive: true });
  const unfinished = join(dir, `${process.pid}.wasm`);
  const words = ['-all', ...PARTS.flat(), '-o', unfinished];
  execFileSync(process.execPath, [MERGE, ...words], { cwd: root, stdio: 'pipe' });
  renameSync(unfinished, made);
  return made;
}
