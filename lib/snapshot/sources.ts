// The files that a program read on its way to its request, and whether they are still what they were.

import { statSync } from 'node:fs';
import type { Preopen } from '../run.js';
import type { Descriptor } from '../wasi/descriptor.js';
import { Directory } from '../wasi/directory.js';
import type { Source } from './contract.js';

/** What `path` (a byte string) is now; another text means another file, or other content. */
export function stateOf(path: string): string {
  try {
    const found = statSync(Buffer.from(path, 'latin1'), { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return 'none';
    const { dev, ino, size, mtimeNs, ctimeNs } = found;
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return 'none';
  }
}

/** Undefined for what is no file of a preopen. */
export function sourceOf(descriptor: Descriptor, preopens: readonly Preopen[]): Source | undefined {
  if (descriptor instanceof Directory) return undefined;
  const names: string[] = [];
  let root: Descriptor = descriptor;
  for (let { origin } = root; origin !== undefined; { origin } = root) {
    names.unshift(Buffer.from(origin.path).toString('latin1'));
    root = origin.directory;
  }
  if (!(root instanceof Directory)) return undefined;
  const preopen = preopens.find(
    ({ guest }) => guest === (root instanceof Directory ? root.preopen : ''),
  );
  if (preopen === undefined) return undefined;
  const path = [preopen.host, ...names].join('/');
  return { path, state: stateOf(path) };
}
