// Where functions stand in a module's tables, by its active element segments.

import { stepOver } from '../module/instructions.js';
import { Reader } from '../module/reader.js';
import type { Section } from '../module/sections.js';

/** Of one table: which function stands at which place. */
export type Places = ReadonlyMap<number, number>;

const PASSIVE = 1;
const EXPLICIT = 2;
const EXPRESSIONS = 4;
const I32_CONST = 0x41;
const REF_FUNC = 0xd2;
const END = 0x0b;

/**
 * By table. Passive and declared segments put nothing anywhere in a module that `isResettable`.
 * @param section of elements; undefined when there is none
 * @param functions that are looked for
 * @throws MalformedModule when a segment stands where only instantiation tells
 */
export function placesOf(
  bytes: Uint8Array,
  section: Section | undefined,
  functions: ReadonlySet<number>,
): ReadonlyMap<number, Places> {
  const found = new Map<number, Map<number, number>>();
  if (section === undefined) return found;
  const reader = new Reader(bytes, section.contents, section.end);
  for (let left = reader.count(); left > 0; left -= 1) {
    const flags = reader.u32();
    const isActive = (flags & PASSIVE) === 0;
    const table = isActive && (flags & EXPLICIT) !== 0 ? reader.u32() : 0;
    const at = isActive ? readOffset(reader) : 0;
    if ((flags & (PASSIVE | EXPLICIT)) !== 0) reader.byte();
    const places = found.get(table) ?? new Map<number, number>();
    found.set(table, places);
    const count = reader.count();
    for (let place = at; place < at + count; place += 1) {
      const index = (flags & EXPRESSIONS) === 0 ? reader.u32() : readReference(reader);
      if (!isActive) continue;
      // A later segment may stand over an earlier one.
      if (index !== undefined && functions.has(index)) places.set(place, index);
      else places.delete(place);
    }
  }
  return new Map([...found].filter(([, places]) => places.size > 0));
}

/** No table is so large that its offset would be a negative number. */
function readOffset(reader: Reader): number {
  if (reader.byte() !== I32_CONST) reader.fail('a segment of a table has no constant offset');
  const offset = reader.u32();
  if (reader.byte() !== END) reader.fail('a segment of a table has no constant offset');
  return offset;
}

/** Index of the function; undefined for anything else. */
function readReference(reader: Reader): number | undefined {
  if (reader.peek() !== REF_FUNC) {
    while (stepOver(reader) !== END);
    return undefined;
  }
  reader.byte();
  const index = reader.u32();
  if (reader.byte() !== END) reader.fail('a reference to a function goes on');
  return index;
}
