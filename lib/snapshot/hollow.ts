// A module cut down to the few functions that are to be instrumented: Binaryen needs a second for it,
// and a minute for the whole of Python.

import { appendEntries, encodeName } from '../module/append.js';
import { readImport, readVector } from '../module/inspect.js';
import { Reader, encodeU32 } from '../module/reader.js';
import { SECTION, type Section, readSections } from '../module/sections.js';

/** No locals, unreachable, end: valid whatever the function's type is. */
const TRAP = [3, 0, 0x00, 0x0b];
/** What an instrumented function can refer to. */
const KEPT: ReadonlySet<number> = new Set([
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.global,
  SECTION.dataCount,
]);
/** A segment that is passive and empty. */
const NO_DATA = [0x01, 0x00];

/** Name of function `index`, as an export and in the name section. */
export function nameOf(index: number): string {
  return `f${index}`;
}

/**
 * `bytes` with nothing in it but what `functions` need: the bodies of all others trap. All indices
 * stay as they are. `functions` are exported and named by `nameOf`.
 * @param functions indices, in order, none of them imported
 * @throws MalformedModule
 */
export function hollowOthers(bytes: Uint8Array, functions: readonly number[]): Uint8Array {
  const pieces = [bytes.subarray(0, 8)];
  const sections = readSections(bytes);
  const importSection = sections.find(({ id }) => id === SECTION.import);
  const imported = readVector(bytes, importSection, readImport).filter(
    ({ kind }) => kind === 'function',
  ).length;
  for (const section of sections) {
    if (section.id === SECTION.code) {
      const entries = functions.map((index) => [
        ...encodeName(nameOf(index)),
        0,
        ...encodeU32(index),
      ]);
      pieces.push(appendEntries(bytes, SECTION.export, undefined, entries));
      pieces.push(hollowCode(bytes, section, imported, new Set(functions)));
    } else if (KEPT.has(section.id)) pieces.push(bytes.subarray(section.start, section.end));
  }
  const dataCount = sections.find(({ id }) => id === SECTION.dataCount);
  if (dataCount !== undefined) pieces.push(emptySegments(bytes, dataCount));
  const names = functions.flatMap((index) => [...encodeU32(index), ...encodeName(nameOf(index))]);
  const map = [...encodeU32(functions.length), ...names];
  pieces.push(sectionOf(0, [...encodeName('name'), 1, ...encodeU32(map.length), ...map]));
  return Buffer.concat(pieces);
}

function hollowCode(
  bytes: Uint8Array,
  section: Section,
  imported: number,
  kept: ReadonlySet<number>,
): Uint8Array {
  const reader = new Reader(bytes, section.contents, section.end);
  const count = reader.count();
  const pieces: Uint8Array[] = [Uint8Array.from(encodeU32(count))];
  const trap = Uint8Array.from(TRAP);
  for (let index = imported; index < imported + count; index += 1) {
    const start = reader.offset;
    const end = reader.u32() + reader.offset;
    reader.skip(end - reader.offset);
    pieces.push(kept.has(index) ? bytes.subarray(start, end) : trap);
  }
  const contents = Buffer.concat(pieces);
  return Buffer.concat([Uint8Array.from([section.id, ...encodeU32(contents.length)]), contents]);
}

/** What memory.init in a kept function names, by its number; what is in it Binaryen need not know. */
function emptySegments(bytes: Uint8Array, { contents, end }: Section): Uint8Array {
  const count = new Reader(bytes, contents, end).u32();
  const segments = Buffer.alloc(count * NO_DATA.length, Uint8Array.from(NO_DATA));
  const head = encodeU32(count);
  const size = encodeU32(head.length + segments.length);
  return Buffer.concat([Uint8Array.from([SECTION.data, ...size, ...head]), segments]);
}

function sectionOf(id: number, contents: readonly number[]): Uint8Array {
  return Uint8Array.from([id, ...encodeU32(contents.length), ...contents]);
}
