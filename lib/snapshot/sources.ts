// The files that a program read on its way to its request, and whether they are still what they were.

import { type BigIntStats, statSync } from 'node:fs';
import type { Preopen } from '../run.js';
import type { Descriptor } from '../wasi/descriptor.js';
import { Directory } from '../wasi/directory.js';
import { RequestFile } from '../wasi/request.js';
import type { Source } from './contract.js';

/** More are too many to look at again and again: 10 ms each time. */
export const MOST_SOURCES = 4_096;

/** What `path` (a byte string) is now; another text means another file, or other content. */
export function stateOf(path: string): string {
  try {
    const found = statSync(Buffer.from(path, 'latin1'), { bigint: true, throwIfNoEntry: false });
    return found === undefined ? 'none' : stateIn(found);
  } catch {
    return 'none';
  }
}

export function stateIn({
  dev,
  ino,
  size,
  mtimeNs,
  ctimeNs,
}: Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/**
 * Its state is that of the descriptor: what a tenant has put in its place is another file, wherever
 * it lies, and says nothing of itself but that. Undefined for what is no file of a preopen, and for
 * one that is open for writing, which is no source but changes with every start.
 */
export function sourceOf(descriptor: Descriptor, preopens: readonly Preopen[]): Source | undefined {
  if (descriptor instanceof Directory || descriptor instanceof RequestFile) return undefined;
  if (!descriptor.isReadOnlyUse) return undefined;
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
  const { dev, ino, size, mtim: mtimeNs, ctim: ctimeNs } = descriptor.stat();
  const path = [preopen.host, ...names].join('/');
  return { path, state: stateIn({ dev, ino, size, mtimeNs, ctimeNs }) };
}
