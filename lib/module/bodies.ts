// Rewrites single instructions in the functions of a module.

import { stepOver } from './instructions.js';
import { Reader, encodeU32 } from './reader.js';

/** What to look for, and what becomes of it. */
export interface Edit {
  /** Whether such an instruction may begin with these bytes; says yes too often rather than never. */
  isSuspect(byte: number, next: number): boolean;
  /** What stands in place of the instruction from `start` to `end`; undefined to leave it. */
  replace(opcode: number, start: number, end: number): Uint8Array | undefined;
}

/**
 * The contents of the code section from `start` to `end`, edited, in pieces.
 * @param appended bodies of more functions, whole with their sizes
 * @throws MalformedModule
 */
export function rewriteBodies(
  module: Uint8Array,
  start: number,
  end: number,
  edit: Edit,
  appended: readonly Uint8Array[] = [],
): Uint8Array[] {
  const reader = new Reader(module, start, end);
  const count = reader.count();
  const pieces: Uint8Array[] = [];
  let unchangedFrom = start;
  if (appended.length > 0) {
    pieces.push(Uint8Array.from(encodeU32(count + appended.length)));
    unchangedFrom = reader.offset;
  }
  let suspect = -1;
  for (let left = count; left > 0; left -= 1) {
    const bodyStart = reader.offset;
    const size = reader.u32();
    const contents = reader.skip(size);
    if (suspect < contents) suspect = findSuspect(module, contents, end, edit);
    if (suspect >= contents + size) continue;
    const body = rewriteBody(module, contents, contents + size, edit);
    if (body === undefined) continue;
    pieces.push(module.subarray(unchangedFrom, bodyStart), ...body);
    unchangedFrom = contents + size;
  }
  pieces.push(module.subarray(unchangedFrom, end), ...appended);
  return pieces;
}

/** Offset of the first suspect from `start` on, else `end`. Most bodies hold none and need not be read. */
function findSuspect(module: Uint8Array, start: number, end: number, edit: Edit): number {
  for (let at = start; at < end; at += 1) {
    if (edit.isSuspect(module[at] ?? 0, module[at + 1] ?? 0)) return at;
  }
  return end;
}

/**
 * The body from `start` to `end`, edited, with its size before it; undefined when nothing changes.
 * @throws MalformedModule
 */
export function rewriteBody(
  module: Uint8Array,
  start: number,
  end: number,
  edit: Edit,
): Uint8Array[] | undefined {
  const reader = new Reader(module, start, end);
  for (let groups = reader.count(); groups > 0; groups -= 1) {
    reader.skipLeb();
    reader.skipLeb();
  }
  const pieces: Uint8Array[] = [];
  let from = start;
  while (!reader.atEnd) {
    const at = reader.offset;
    const replacement = edit.replace(stepOver(reader), at, reader.offset);
    if (replacement === undefined) continue;
    pieces.push(module.subarray(from, at), replacement);
    from = reader.offset;
  }
  if (pieces.length === 0) return undefined;
  pieces.push(module.subarray(from, end));
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return [Uint8Array.from(encodeU32(size)), ...pieces];
}
