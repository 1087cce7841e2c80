// What to do, made from what was found. Nothing is done here.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Change } from './changes.js';
import { sha256 } from './files.js';
import type { Found } from './found.js';
import type { Entry, Manifest } from './manifest.js';
import { debianLoadText, fcgidServerText, helloText, loadText, serverText } from './texts.js';

const READABLE = 0o644;
const SECRET = 0o640;

export interface PlanOptions {
  /** Path of the example. */
  readonly url: string;
  /** Directory for its program. */
  readonly programs: string;
}

/** All that makes a fresh httpd serve its first program, in order. */
export async function installPlan(found: Found, { url, programs }: PlanOptions): Promise<Change[]> {
  const { httpd, layout, places, modulesDirectory, wiring, command, manual } = found;
  const module = join(modulesDirectory, 'mod_wasm.so');
  const program = join(programs, 'hello.wasm');
  const text = (path: string, of: string): Change => ({
    kind: 'write',
    path,
    mode: READABLE,
    content: { from: 'text', text: of },
  });
  const key: Change = {
    kind: 'write',
    path: places.key,
    mode: SECRET,
    ...(httpd.user === undefined ? {} : { group: httpd.user.gid }),
    content: { from: 'chance' },
  };
  const isDebian = layout.name === 'debian';
  return [
    { kind: 'write', path: module, mode: READABLE, content: await moduleContent(found) },
    { kind: 'write', path: program, mode: READABLE, content: { from: 'copy', file: found.hello } },
    text(
      places.load,
      isDebian ? debianLoadText(module, wiring) : loadText(module, modulesDirectory, wiring),
    ),
    ...(wiring === 'fcgid'
      ? [key, text(places.server, fcgidServerText(command, manual, places.key))]
      : [text(places.server, serverText(command, manual))]),
    text(places.hello, helloText(url, program)),
    ...layout.enable(httpd.config),
  ];
}

/** What takes away all that init put there, and nothing else; the last thing done goes first. */
export function uninstallPlan(manifest: Manifest): Change[] {
  return manifest.entries.toReversed().map(inverse);
}

function inverse(entry: Entry): Change {
  switch (entry.kind) {
    case 'write':
      return { kind: 'remove', path: entry.path, sums: entry.sums };
    case 'line':
      return { ...entry, there: false };
    case 'run':
      return { ...entry, words: entry.undo, undo: entry.words, there: false };
  }
}

async function moduleContent({ httpd, apxs, sources }: Found) {
  const names = (await readdir(sources)).filter((name) => /\.[ch]$|^Makefile$/.test(name)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(sources, name))));
  const all = [httpd.abi, apxs ?? '', ...files.map((bytes) => sha256(bytes))];
  return { from: 'build', sources, apxs: apxs ?? 'apxs', stamp: sha256(all.join()) } as const;
}
