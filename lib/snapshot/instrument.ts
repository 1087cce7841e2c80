// Makes a module one whose stack can be put away and taken up again at a host call (Binaryen's Asyncify).

import { appendEntries } from '../module/append.js';
import { countImported, readExport, readVector } from '../module/inspect.js';
import { readTableType } from '../module/limits.js';
import { Reader, encodeS32, encodeU32 } from '../module/reader.js';
import { SECTION, type Section, readSections, sectionsById } from '../module/sections.js';
import type { Asyncify } from './asyncify.js';
import { type Asyncified, type Sections, countIn, readAsyncified, typesOf } from './asyncified.js';
import { nameOf, hollowOthers } from './hollow.js';
import { type Places, placesOf } from './tables.js';

export interface Instrumented {
  readonly bytes: Uint8Array;
  /**
   * Indices of two mutable globals of ours: what Asyncify does now (0 nothing, 1 unwind, 2 rewind), and
   * where its stack lies. While that one is not 0, calls go to the clones.
   */
  readonly state: number;
  readonly data: number;
  /** The function that a function on the stack was cloned from; undefined: it is none of ours. */
  readonly cloneOf: (index: number) => number | 'trampoline' | undefined;
  /** Clones that are not worth to be optimized: it takes V8 hundreds of megabytes. */
  readonly large: readonly number[];
}

/**
 * Of a body, bytes. Python's main loop has 650,000 as a clone, in which nothing is done but what was on
 * the stack. Others are small, and some of them loops in which all of a program goes on.
 */
const LARGE_BYTES = 131_072;
const I32 = 0x7f;
/** What answers a place in a table to a place in it. */
const PLACE_TYPE = [0x60, 1, I32, 1, I32];

/**
 * Gives each of `functions` an instrumented clone, behind all functions that there are. Those stay byte
 * for byte what they were, and so does their speed: until the request has been read, and while the
 * stack is taken up, clones call clones; then they call what is called by everybody else.
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
  const sections = sectionsById(bytes);
  const imported = countImported(bytes, sections, 'function');
  const globals = countImported(bytes, sections, 'global');
  const asyncified = readAsyncified(changed, listed, {
    imported,
    globals: globals + countIn(bytes, sections, SECTION.global),
  });
  return addClones(bytes, sections, imported, listed, asyncified);
}

function addClones(
  bytes: Uint8Array,
  sections: Sections,
  imported: number,
  listed: readonly number[],
  asyncified: Asyncified,
): Instrumented {
  const { state, data } = asyncified;
  const types = typesOf(bytes, sections);
  const tables = placesOf(bytes, sections.get(SECTION.element), new Set(listed));
  // Behind the functions that there are: the clones, the trampolines, and one function for each table.
  const first = imported + countIn(bytes, sections, SECTION.function);
  const order = new Map(listed.map((index, place) => [index, place]));
  const cloneOf = (index: number): number => first + (order.get(index) ?? 0);
  const byTable = new Map(
    [...tables.keys()].map((table, place) => [table, first + 2 * listed.length + place]),
  );
  const bodies = asyncified.bodies(types.length, {
    call: (index) => (order.has(index) ? cloneOf(index) + listed.length : undefined),
    place: (table) => byTable.get(table),
  });
  const own = readVector(bytes, sections.get(SECTION.function), (reader) => reader.u32());
  const typeOf = (index: number): number => own[index - imported] ?? 0;
  const clones = listed.map((index) => bodies.get(index) ?? new Uint8Array());
  const trampolines = listed.map((index) =>
    trampoline(types[typeOf(index)] ?? [], data, cloneOf(index), index),
  );
  const sizes = tableSizes(bytes, sections);
  const moves = [...tables].map(([table, places]) => moveOf(places, sizes[table] ?? 0, data));
  const placeType = types.length + asyncified.types.length;
  const typesOfAll = [...listed, ...listed].map(typeOf).concat(moves.map(() => placeType));
  const zero = [I32, 0x01, 0x41, 0x00, 0x0b];
  const section = (id: number): Section | undefined => sections.get(id);
  const added = new Map<number, Uint8Array>([
    [
      SECTION.type,
      appendEntries(bytes, SECTION.type, section(SECTION.type), [...asyncified.types, PLACE_TYPE]),
    ],
    [
      SECTION.function,
      appendEntries(bytes, SECTION.function, section(SECTION.function), typesOfAll.map(encodeU32)),
    ],
    [SECTION.global, appendEntries(bytes, SECTION.global, section(SECTION.global), [zero, zero])],
    [
      SECTION.export,
      exportsTo(bytes, section(SECTION.export), (i) => (order.has(i) ? cloneOf(i) : i)),
    ],
    [SECTION.code, withBodies(bytes, section(SECTION.code), [...clones, ...trampolines, ...moves])],
  ]);
  if (tables.size > 0) {
    added.set(SECTION.table, largerTables(bytes, section(SECTION.table), tables));
    const segments = [...tables].map(([table, places]) =>
      segmentOf(table, sizes[table] ?? 0, [...places.values()].map(cloneOf)),
    );
    added.set(
      SECTION.element,
      appendEntries(bytes, SECTION.element, section(SECTION.element), segments),
    );
  }
  return {
    bytes: assembled(bytes, added),
    state,
    data,
    cloneOf: (index) =>
      index >= first + listed.length && index < first + 2 * listed.length
        ? 'trampoline'
        : listed[index - first],
    large: clones.flatMap(({ length }, place) => (length > LARGE_BYTES ? [first + place] : [])),
  };
}

/** The sections of `bytes`, those in `added` instead of their own. */
function assembled(bytes: Uint8Array, added: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const sections = readSections(bytes);
  const hasGlobals = sections.some(({ id }) => id === SECTION.global);
  const pieces = [bytes.subarray(0, 8)];
  for (const { id, start, end } of sections) {
    // Exports stand right behind the globals, which there may be none of.
    if (id === SECTION.export && !hasGlobals)
      pieces.push(added.get(SECTION.global) ?? new Uint8Array());
    pieces.push(added.get(id) ?? bytes.subarray(start, end));
  }
  return Buffer.concat(pieces);
}

/** A body that passes its parameters on: to `clone` while `data` is not 0, then to `original`. */
function trampoline(
  type: readonly number[],
  data: number,
  clone: number,
  original: number,
): Uint8Array {
  const parameters = new Reader(Uint8Array.from(type), 1).u32();
  const all = Array.from({ length: parameters }, (_, local) => [0x20, ...encodeU32(local)]).flat();
  const toClone = [...all, 0x10, ...encodeU32(clone), 0x0f, 0x0b];
  const toOriginal = [...all, 0x10, ...encodeU32(original), 0x0b];
  return bodyOf([0x23, ...encodeU32(data), 0x04, 0x40, ...toClone, ...toOriginal]);
}

/** A body that answers the place of a clone for that of its original, while `data` is not 0. */
function moveOf(places: Places, size: number, data: number): Uint8Array {
  const each = [...places.keys()].map((place, at) => {
    const isPlace = [0x20, 0, 0x41, ...encodeS32(place), 0x46, 0x04, 0x40];
    return isPlace.concat(0x41, encodeS32(size + at), 0x0f, 0x0b);
  });
  return bodyOf([0x23, ...encodeU32(data), 0x04, 0x40, ...each.flat(), 0x0b, 0x20, 0, 0x0b]);
}

/** Without locals, and with its size before it. */
function bodyOf(instructions: readonly number[]): Uint8Array {
  return Uint8Array.from([...encodeU32(instructions.length + 1), 0, ...instructions]);
}

function tableSizes(bytes: Uint8Array, sections: Sections): number[] {
  return readVector(bytes, sections.get(SECTION.table), readTableType).map(
    ({ minimum }) => minimum,
  );
}

/** With room for one more element for each place. */
function largerTables(
  bytes: Uint8Array,
  section: Section | undefined,
  tables: ReadonlyMap<number, Places>,
): Uint8Array {
  const entries = readVector(bytes, section, readTableType).map(
    ({ element, minimum, maximum }, table) => {
      const more = tables.get(table)?.size ?? 0;
      const least = encodeU32(minimum + more);
      if (maximum === undefined) return [element, 0, ...least];
      return [element, 1, ...least, ...encodeU32(maximum + more)];
    },
  );
  return appendEntries(bytes, SECTION.table, undefined, entries);
}

function segmentOf(table: number, at: number, functions: readonly number[]): number[] {
  const head = [2, ...encodeU32(table), 0x41, ...encodeS32(at), 0x0b, 0];
  return [...head, ...encodeU32(functions.length), ...functions.flatMap(encodeU32)];
}

/** The section with each function of `to`. */
function exportsTo(
  bytes: Uint8Array,
  section: Section | undefined,
  to: (index: number) => number,
): Uint8Array {
  const entries = readVector(bytes, section, (reader) => {
    const start = reader.offset;
    const { kind, index } = readExport(reader);
    const own = bytes.subarray(start, reader.offset);
    if (kind !== 'function' || to(index) === index) return [...own];
    const name = new Reader(own);
    name.skip(name.u32());
    return [...own.subarray(0, name.offset + 1), ...encodeU32(to(index))];
  });
  return appendEntries(bytes, SECTION.export, undefined, entries);
}

function withBodies(
  bytes: Uint8Array,
  section: Section | undefined,
  bodies: readonly Uint8Array[],
): Uint8Array {
  const { contents = 0, end = 0 } = section ?? {};
  const reader = new Reader(bytes, contents, end);
  const count = Uint8Array.from(encodeU32(reader.u32() + bodies.length));
  const all = Buffer.concat([count, bytes.subarray(reader.offset, end), ...bodies]);
  return Buffer.concat([Uint8Array.of(SECTION.code, ...encodeU32(all.length)), all]);
}
