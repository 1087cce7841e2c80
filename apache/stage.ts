// Copies of files for the user that httpd's children and the responder run as.
//
// As root httpd changes to an ordinary user, who may not be able to read a checkout in /root.

import { chmod, copyFile, cp, link, mkdir, mkdtemp, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sourceDirectory } from './build.js';

/** Can everybody read this file or directory, and every directory on the way to it? */
export async function readableByAll(file: string): Promise<boolean> {
  let at = path.resolve(file);
  for (;;) {
    const { mode } = await stat(at);
    const wanted = (mode & 0o170000) === 0o040000 ? 0o005 : 0o004;
    if ((mode & wanted) !== wanted) return false;
    const parent = path.dirname(at);
    if (parent === at) return true;
    at = parent;
  }
}

/** A new directory that everybody can enter and only we can write. The caller removes it. */
export async function publicDirectory(prefix: string): Promise<string> {
  const outer = await mkdtemp(path.join(tmpdir(), prefix));
  await chmod(outer, 0o755);
  return outer;
}

/**
 * The command words that start the responder for WasmCommand: node, the program, `serve`. The
 * program is copied beneath `directory` when its own place is not readable by all and we are root.
 * @param builtTo the folder that tsc wrote to; `dist` by default
 */
export async function stageProgram(directory: string, builtTo = 'dist'): Promise<string[]> {
  const root = path.dirname(await sourceDirectory());
  const program = path.join('bin', 'wasm-fcgi.js');
  if (process.getuid?.() !== 0 || (await readableByAll(path.join(root, builtTo, program)))) {
    return [process.execPath, path.join(root, builtTo, program), 'serve'];
  }
  const staged = path.join(directory, 'program');
  await copyProgram(root, builtTo, staged);
  await stageOptional(root, staged);
  return [process.execPath, path.join(staged, 'dist', program), 'serve'];
}

/**
 * Copies what is needed to run the program, and nothing else, into the new directory `to`: its
 * package.json, `dist/` and the packages it depends on.
 */
export async function copyProgram(root: string, builtTo: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await cp(path.join(root, 'package.json'), path.join(to, 'package.json'));
  for (const part of ['bin', 'lib']) {
    const from = path.join(root, builtTo, part);
    await cp(from, path.join(to, 'dist', part), { recursive: true });
  }
  await stagePackages(root, to);
}

interface Manifest {
  readonly main?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
}

async function dependenciesOf(folder: string): Promise<string[]> {
  const { dependencies = {} } = await manifestOf(folder);
  return Object.keys(dependencies);
}

/**
 * Lays down what is imported of the packages that may be missing, and nothing else of them: of
 * binaryen that is one file, and 80 MB of commands lie beside it.
 */
async function stageOptional(root: string, staged: string): Promise<void> {
  const { optionalDependencies = {} } = await manifestOf(root);
  for (const name of Object.keys(optionalDependencies)) {
    const folder = await packageFolder(name, root).catch(() => undefined);
    if (folder === undefined) continue;
    const to = path.join(staged, path.relative(root, folder));
    const { main = 'index.js' } = await manifestOf(folder);
    for (const file of ['package.json', main]) {
      await mkdir(path.dirname(path.join(to, file)), { recursive: true });
      await linkOrCopy(path.join(folder, file), path.join(to, file));
    }
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}

/** Copies the runtime dependencies of the package in `root`, and theirs, as npm laid them out. */
async function stagePackages(root: string, staged: string): Promise<void> {
  const open = (await dependenciesOf(root)).map((name) => ({ name, from: root }));
  const done = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const folder = await packageFolder(next.name, next.from);
    if (done.has(folder)) continue;
    done.add(folder);
    const to = path.join(staged, path.relative(root, folder));
    await cp(folder, to, { recursive: true, dereference: true });
    for (const name of await dependenciesOf(folder)) open.push({ name, from: folder });
  }
}

async function packageFolder(name: string, from: string): Promise<string> {
  const places = createRequire(path.join(from, 'package.json')).resolve.paths(name) ?? [];
  for (const place of places) {
    const folder = path.join(place, name);
    const found = await stat(path.join(folder, 'package.json')).catch(() => undefined);
    if (found !== undefined) return folder;
  }
  throw new Error(`package ${name} is not installed; run npm ci`);
}
