// Appends entries to a section of a module that is a vector: imports, exports.

import { Reader, encodeU32 } from './reader.js';
import type { Section } from './sections.js';

/** The section `id` with `entries` behind those of `old`, which may be missing; whole, header included. */
export function appendEntries(
  bytes: Uint8Array,
  id: number,
  old: Section | undefined,
  entries: readonly (readonly number[])[],
): Uint8Array {
  const reader = old === undefined ? undefined : new Reader(bytes, old.contents, old.end);
  const count = encodeU32((reader?.u32() ?? 0) + entries.length);
  // The old entries stand after their count, which is as long as it was written.
  const kept =
    old === undefined || reader === undefined ? [] : bytes.subarray(reader.offset, old.end);
  const added = Uint8Array.from(entries.flat());
  const size = count.length + kept.length + added.length;
  return Buffer.concat([
    Uint8Array.from([id, ...encodeU32(size), ...count]),
    Uint8Array.from(kept),
    added,
  ]);
}

/** A name of ASCII letters as it stands in a binary. */
export function encodeName(name: string): number[] {
  return [...encodeU32(name.length), ...Buffer.from(name, 'latin1')];
}
