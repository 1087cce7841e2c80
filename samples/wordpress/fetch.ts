// Gets WordPress from npm and lays its files together: PHP, what browsers load, the SQLite plugin.

import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { unzipSync } from 'fflate';

const run = promisify(execFile);

/** It brings WordPress without a database server, in the parts that are named here. */
const PACKAGE = '@wp-playground/wordpress-builds@0.9.19';
const CORE = 'package/src/wordpress/wp-6.5.zip';
const ASSETS = 'package/public/wp-6.5';
const PLUGIN = 'package/src/sqlite-database-integration/sqlite-database-integration.zip';
const PLUGIN_FOLDER = 'wp-content/plugins/sqlite-database-integration';

/** The document root that `unpackWordPress` makes. @param cache a directory of ours */
export function wordPressIn(cache: string): string {
  return path.join(cache, 'wordpress-6.5', 'htdocs');
}

/** Is there nothing left to download and unpack? */
export function hasWordPress(cache: string): boolean {
  return existsSync(wordPressIn(cache));
}

/**
 * Downloads the package, 158 MB, if it is not there yet.
 * @throws Error with npm's words
 */
export async function downloadWordPress(cache: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  if (archiveIn(cache) === undefined)
    await run('npm', ['pack', PACKAGE, '--silent'], { cwd: cache });
}

/** Unpacks what was downloaded into `wordPressIn(cache)`, in one step, and drops the archive. */
export async function unpackWordPress(cache: string): Promise<void> {
  const archive = archiveIn(cache);
  if (archive === undefined) throw new Error(`${cache} has no archive of ${PACKAGE}`);
  const work = path.join(cache, 'unpacking');
  const htdocs = path.join(work, 'site', 'htdocs');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(htdocs, { recursive: true });
  await run('tar', ['-xzf', path.join(cache, archive), '-C', work, CORE, ASSETS, PLUGIN]);
  unzip(path.join(work, CORE), htdocs);
  cpSync(path.join(work, ASSETS), htdocs, { recursive: true });
  unzip(path.join(work, PLUGIN), path.join(htdocs, PLUGIN_FOLDER), 1);
  cpSync(path.join(htdocs, PLUGIN_FOLDER, 'db.copy'), path.join(htdocs, 'wp-content', 'db.php'));
  // A database that somebody else has filled.
  rmSync(path.join(htdocs, 'wp-content', 'database'), { recursive: true, force: true });
  renameSync(path.join(work, 'site'), path.dirname(wordPressIn(cache)));
  rmSync(work, { recursive: true });
  rmSync(path.join(cache, archive));
}

function archiveIn(cache: string): string | undefined {
  return readdirSync(cache).find((name) => name.endsWith('.tgz'));
}

/** @param without so many leading folders, as tar's --strip-components */
function unzip(file: string, to: string, without = 0): void {
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(file)))) {
    const target = path.join(to, ...name.split('/').slice(without));
    if (!`${target}/`.startsWith(`${to}/`)) throw new Error(`${file} names ${name}`);
    if (name.endsWith('/')) continue;
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
}
