// Builds mod_wasm.so with apxs, once per state of its sources, and finds what httpd is made of.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The programs of one installed httpd. */
export interface HttpdInstallation {
  /** The server binary: `apache2` or `httpd`, absolute. */
  readonly binary: string;
  /** The directory with mod_*.so, absolute. */
  readonly modulesDirectory: string;
  /** Source names of the modules that are linked in, for example `mod_unixd.c`. */
  readonly staticModules: ReadonlySet<string>;
}

const PATHS = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin:/usr/local/apache2/bin`;

async function which(names: readonly string[]): Promise<string | undefined> {
  for (const directory of PATHS.split(':')) {
    for (const name of names) {
      const file = path.join(directory, name);
      if (directory !== '' && (await exists(file))) return file;
    }
  }
  return undefined;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function programCalled(...names: string[]): Promise<string> {
  const found = await which(names);
  if (found === undefined) throw new Error(`none of ${names.join(', ')} is installed`);
  return found;
}

/** Finds httpd and its modules. Throws when there is no httpd or no apxs. */
export async function findHttpd(): Promise<HttpdInstallation> {
  const binary = await programCalled('apache2', 'httpd');
  const apxs = await programCalled('apxs', 'apxs2');
  const { stdout: directory } = await run(apxs, ['-q', 'LIBEXECDIR']);
  const { stdout: linked } = await run(binary, ['-l']);
  return {
    binary,
    modulesDirectory: directory.trim(),
    staticModules: new Set(linked.split('\n').map((line) => line.trim())),
  };
}

/** The directory of the C sources: beside this file, or beside its build folder. */
export async function sourceDirectory(): Promise<string> {
  let directory = import.meta.dirname;
  while (!(await exists(path.join(directory, 'package.json')))) {
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error('no package.json above the program');
    directory = parent;
  }
  return path.join(directory, 'apache');
}

/**
 * Builds the module and answers the path of mod_wasm.so. Writes only beneath `outDir`, by default
 * `.build-module` of the package, which keeps one folder per hash of the sources and the apxs, so
 * that a second call costs a few milliseconds. Throws with the compiler's words when it does not
 * compile.
 */
export async function buildModule(outDir?: string): Promise<string> {
  const sources = await sourceDirectory();
  const folders = outDir ?? path.join(path.dirname(sources), '.build-module');
  const apxs = await programCalled('apxs', 'apxs2');
  const names = (await readdir(sources)).filter((name) => /\.[ch]$|^Makefile$/.test(name)).sort();
  const hash = createHash('sha256').update(apxs);
  for (const name of names) hash.update(name).update(await readFile(path.join(sources, name)));
  const folder = path.join(folders, `mod_wasm-${hash.digest('hex').slice(0, 16)}`);
  const built = path.join(folder, '.libs', 'mod_wasm.so');
  if (await exists(built)) return built;

  await mkdir(folders, { recursive: true });
  const work = await mkdtemp(path.join(folders, 'building-'));
  await chmod(work, 0o755);
  for (const name of names) await cp(path.join(sources, name), path.join(work, name));
  try {
    await run('make', ['-C', work, `APXS=${apxs}`]);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw new Error(`mod_wasm does not compile:\n${stderrOf(error)}`, { cause: error });
  }
  // In one step, for builds that run side by side; the loser's is as good as the winner's.
  await rename(work, folder).catch(() => rm(work, { recursive: true, force: true }));
  return built;
}

function stderrOf(error: unknown): string {
  return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
}
