// Makes a module one whose stack can be put away and taken up again at a host call (Binaryen's Asyncify).

import { appendEntries } from '../module/append.js';
import { rewriteBody } from '../module/bodies.js';
import { readExport, readImport, readVector } from '../module/inspect.js';
import { Reader, encodeU32 } from '../module/reader.js';
import { SECTION, type Section, readSections } from '../module/sections.js';
import type { Asyncify } from './asyncify.js';
import { nameOf, hollowOthers } from './hollow.js';

export interface Instrumented {
  readonly bytes: Uint8Array;
  /** Indices of two mutable globals of ours: what Asyncify does now (0 nothing, 1 unwind, 2 rewind), and where its stack lies. */
  readonly state: number;
  readonly data: number;
}

/**
 * Instruments `functions`, and no other byte of the module changes what it does.
 * @param functions indices of all that stand on the stack at the checkpoint, none of them imported
 * @throws Error when Binaryen does not follow one of the functions; MalformedModule
 */
export async function instrument(
  bytes: Uint8Array,
  functions: readonly number[],
  asyncify: Asyncify,
): Promise<Instrumented> {
  const listed = [...new Set(functions)].toSorted((a, b) => a - b);
  const changed = await asyncify(hollowOthers(bytes, listed), listed.map(nameOf));
  return splice(bytes, changed, listed);
}

type Sections = ReadonlyMap<number, Section>;

function sectionsOf(bytes: Uint8Array): Sections {
  return new Map(readSections(bytes).map((section) => [section.id, section]));
}

function countIn(bytes: Uint8Array, sections: Sections, id: number): number {
  const section = sections.get(id);
  return section === undefined ? 0 : new Reader(bytes, section.contents, section.end).u32();
}

function importedIn(bytes: Uint8Array, sections: Sections, kind: string): number {
  const imports = readVector(bytes, sections.get(SECTION.import), readImport);
  return imports.filter((one) => one.kind === kind).length;
}

/** `bytes` with the bodies of `listed` from `changed`, whose types stand behind its own. */
function splice(bytes: Uint8Array, changed: Uint8Array, listed: readonly number[]): Instrumented {
  const [before, after] = [sectionsOf(bytes), sectionsOf(changed)];
  checkIndices(changed, after, listed, importedIn(bytes, before, 'function'));
  const globals = importedIn(bytes, before, 'global') + countIn(bytes, before, SECTION.global);
  const [state, data] = asyncifyGlobals(changed, after, globals);
  const bodies = bodiesOf(changed, after, listed, countIn(bytes, before, SECTION.type));
  const zero = [0x7f, 0x01, 0x41, 0x00, 0x0b];
  const pieces = [bytes.subarray(0, 8)];
  let hasGlobals = false;
  for (const section of readSections(bytes)) {
    const { id, start, end } = section;
    if (!hasGlobals && id >= SECTION.global) {
      pieces.push(appendEntries(bytes, SECTION.global, before.get(SECTION.global), [zero, zero]));
      hasGlobals = true;
    }
    if (id === SECTION.global) continue;
    if (id === SECTION.type)
      pieces.push(appendEntries(bytes, id, section, typesOf(changed, after)));
    else if (id === SECTION.code)
      pieces.push(replaceBodies(bytes, section, importedIn(bytes, before, 'function'), bodies));
    else pieces.push(bytes.subarray(start, end));
  }
  return { bytes: Buffer.concat(pieces), state, data };
}

/** Binaryen writes functions and globals in the order in which it read them; this holds it to that. */
function checkIndices(
  changed: Uint8Array,
  sections: Sections,
  listed: readonly number[],
  imported: number,
): void {
  const exports = readVector(changed, sections.get(SECTION.export), readExport);
  const places = new Map(exports.map(({ name, index }) => [name, index]));
  const isSame =
    importedIn(changed, sections, 'function') === imported &&
    listed.every((index) => places.get(nameOf(index)) === index);
  if (!isSame) throw new Error('binaryen has changed the order of the functions');
}

/** `asyncify_get_state` is one global.get: that global is the state, the other new one the data. */
function asyncifyGlobals(
  changed: Uint8Array,
  sections: Sections,
  first: number,
): readonly [state: number, data: number] {
  const all = importedIn(changed, sections, 'global') + countIn(changed, sections, SECTION.global);
  const exports = readVector(changed, sections.get(SECTION.export), readExport);
  const getState = exports.find(({ name }) => name === 'asyncify_get_state')?.index ?? -1;
  const [body] = bodiesOf(changed, sections, [getState], 0).values();
  const reader = new Reader(body ?? new Uint8Array());
  const [, locals, opcode] = [reader.u32(), reader.u32(), reader.byte()];
  const state = reader.u32();
  const isKnown =
    all === first + 2 &&
    locals === 0 &&
    opcode === 0x23 &&
    (state === first || state === first + 1);
  if (!isKnown) throw new Error('binaryen has written another Asyncify than is known here');
  return [state, state === first ? first + 1 : first];
}

function typesOf(bytes: Uint8Array, sections: Sections): number[][] {
  return readVector(bytes, sections.get(SECTION.type), (reader) => {
    const start = reader.offset;
    if (reader.byte() !== 0x60) reader.fail('a type is not that of a function');
    reader.skip(reader.count());
    reader.skip(reader.count());
    return [...bytes.subarray(start, reader.offset)];
  });
}

/** Bodies by function, whole with their sizes, the types in them moved by `typesBefore`. */
function bodiesOf(
  bytes: Uint8Array,
  sections: Sections,
  listed: readonly number[],
  typesBefore: number,
): Map<number, Uint8Array> {
  const bodies = new Map<number, Uint8Array>();
  const code = sections.get(SECTION.code);
  if (code === undefined) return bodies;
  const wanted = new Set(listed);
  const imported = importedIn(bytes, sections, 'function');
  eachBody(bytes, code, (place, start, contents, end) => {
    const index = place + imported;
    if (!wanted.has(index)) return;
    const moved = rewriteBody(bytes, contents, end, {
      isSuspect: () => true,
      replace: (opcode, at, after) => moveType(bytes, opcode, at, after, typesBefore),
    });
    bodies.set(index, moved === undefined ? bytes.subarray(start, end) : Buffer.concat(moved));
  });
  return bodies;
}

/** The instruction with its type index, if it has one, raised. */
function moveType(
  bytes: Uint8Array,
  opcode: number,
  at: number,
  end: number,
  by: number,
): Uint8Array | undefined {
  const reader = new Reader(bytes, at + 1, end);
  if (opcode === 0x11 || opcode === 0x13) {
    const type = encodeU32(reader.u32() + by);
    return Uint8Array.from([opcode, ...type, ...bytes.subarray(reader.offset, end)]);
  }
  if (opcode !== 0x02 && opcode !== 0x03 && opcode !== 0x04 && opcode !== 0x06) return undefined;
  // A block type is a signed number: a negative one is no index.
  const isOneByte = end - at === 2;
  if (isOneByte && ((bytes[at + 1] ?? 0) & 0x40) !== 0) return undefined;
  return Uint8Array.from([opcode, ...encodeS33(reader.u32() + by)]);
}

/** Of a number that is not negative: bit 6 of the last byte is the sign. */
function encodeS33(value: number): number[] {
  const all = encodeU32(value);
  const last = all.at(-1) ?? 0;
  return last < 0x40 ? all : [...all.slice(0, -1), last | 0x80, 0];
}

function replaceBodies(
  bytes: Uint8Array,
  section: Section,
  imported: number,
  bodies: ReadonlyMap<number, Uint8Array>,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let unchangedFrom = section.contents;
  eachBody(bytes, section, (place, start, _contents, end) => {
    const body = bodies.get(place + imported);
    if (body === undefined) return;
    pieces.push(bytes.subarray(unchangedFrom, start), body);
    unchangedFrom = end;
  });
  pieces.push(bytes.subarray(unchangedFrom, section.end));
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Uint8Array.from([section.id, ...encodeU32(size)]), ...pieces]);
}

function eachBody(
  bytes: Uint8Array,
  section: Section,
  visit: (place: number, start: number, contents: number, end: number) => void,
): void {
  const reader = new Reader(bytes, section.contents, section.end);
  const count = reader.count();
  for (let place = 0; place < count; place += 1) {
    const start = reader.offset;
    const size = reader.u32();
    const contents = reader.skip(size);
    visit(place, start, contents, contents + size);
  }
}
