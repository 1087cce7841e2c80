// mod_wasm.so, built by make and apxs from the sources of this package, somewhere else.

import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runOrThrow } from './shell.js';

/** The command, for a copy of the sources in `directory`. */
export function buildWords(directory: string, apxs: string): string[] {
  return ['make', '-C', directory, `APXS=${apxs}`];
}

/** @throws Error with the words of make when it does not build */
export async function buildModule(sources: string, apxs: string): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'wasm-fcgi-build-'));
  try {
    for (const name of await readdir(sources)) {
      if (/\.[ch]$|^Makefile$/.test(name)) await cp(join(sources, name), join(directory, name));
    }
    await runOrThrow(buildWords(directory, apxs));
    return await readFile(join(directory, '.libs/mod_wasm.so'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
