// Tells V8 which functions not to optimize, by a section of an early proposal that it still reads.

import { encodeName } from './append.js';
import { countImported } from './inspect.js';
import { Reader, encodeU32 } from './reader.js';
import { SECTION, type Section, readSections, sectionsById } from './sections.js';

const NAME = 'compilationHints';
const CUSTOM = 0;
/** Compiled at its first call (1) by the baseline compiler (1 << 2), and never again (1 << 4). */
const BASELINE = 0x15;
const AS_EVER = 0;

/** Whether it is such a section, which nobody else has a say in: a program's own is left out. */
export function isHints(bytes: Uint8Array, { id, contents, end }: Section): boolean {
  if (id !== CUSTOM) return false;
  const reader = new Reader(bytes, contents, end);
  return reader.name() === NAME;
}

/**
 * `bytes` with a word to V8 that these functions are not worth to be optimized. V8 heeds it where
 * lib/module/engine.ts has switched that on; elsewhere it says nothing.
 * @param functions by index
 * @param bytes with all functions that the module will have
 */
export function withoutOptimizing(bytes: Uint8Array, functions: readonly number[]): Uint8Array {
  if (functions.length === 0) return bytes;
  const sections = sectionsById(bytes);
  const { contents = 0, end = 0 } = sections.get(SECTION.function) ?? {};
  const count = new Reader(bytes, contents, end).u32();
  const hints = new Uint8Array(count).fill(AS_EVER);
  const imported = countImported(bytes, sections, 'function');
  for (const index of functions) hints[index - imported] = BASELINE;
  const head = Uint8Array.from([...encodeName(NAME), ...encodeU32(count)]);
  const size = Uint8Array.of(CUSTOM, ...encodeU32(head.length + count));
  const pieces = readSections(bytes).flatMap(({ id, start, end: sectionEnd }) => {
    const section = bytes.subarray(start, sectionEnd);
    return id === SECTION.code ? [size, head, hints, section] : [section];
  });
  return Buffer.concat([bytes.subarray(0, 8), ...pieces]);
}
