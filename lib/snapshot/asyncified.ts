// What Binaryen's Asyncify has made of a hollow module: its types, its globals, the bodies of its functions.

import { rewriteBody } from '../module/bodies.js';
import { countImported, readExport, readVector } from '../module/inspect.js';
import { Reader, encodeS32, encodeU32 } from '../module/reader.js';
import { SECTION, type Section, sectionsById } from '../module/sections.js';
import { nameOf } from './hollow.js';

/** By id. */
export type Sections = ReadonlyMap<number, Section>;

/** What calls become in the bodies. Each gives the index of a function; undefined: nothing changes. */
interface Redirection {
  /** To be called instead of function `index`. */
  readonly call: (index: number) => number | undefined;
  /** To be given what is the place of a function in table `table`, and to answer another. */
  readonly place: (table: number) => number | undefined;
}

export interface Asyncified {
  /** Types, as they stand in the binary. */
  readonly types: readonly (readonly number[])[];
  /** Indices of its two globals, which stand behind those of before. */
  readonly state: number;
  readonly data: number;
  /** Bodies by function, whole with their sizes, types in them moved by `typesBefore`. */
  bodies(typesBefore: number, redirection: Redirection): ReadonlyMap<number, Uint8Array>;
}

/**
 * @param changed what Binaryen has written
 * @param listed functions that it has instrumented
 * @param before imported functions of the module before, and all of its globals
 * @throws Error when it is not what is known here
 */
export function readAsyncified(
  changed: Uint8Array,
  listed: readonly number[],
  before: { readonly imported: number; readonly globals: number },
): Asyncified {
  const sections = sectionsById(changed);
  checkIndices(changed, sections, listed, before.imported);
  const [state, data] = globalsOf(changed, sections, before.globals);
  return {
    types: typesOf(changed, sections),
    state,
    data,
    bodies: (typesBefore, redirection) =>
      bodiesOf(changed, sections, listed, (opcode, at, end) =>
        moved(new Reader(changed, at + 1, end), opcode, end - at, typesBefore, redirection),
      ),
  };
}

/** Entries of a section that is a vector. */
export function countIn(bytes: Uint8Array, sections: Sections, id: number): number {
  const section = sections.get(id);
  return section === undefined ? 0 : new Reader(bytes, section.contents, section.end).u32();
}

/** As they stand in the binary. */
export function typesOf(bytes: Uint8Array, sections: Sections): number[][] {
  return readVector(bytes, sections.get(SECTION.type), (reader) => {
    const start = reader.offset;
    if (reader.byte() !== 0x60) reader.fail('a type is not that of a function');
    reader.skip(reader.count());
    reader.skip(reader.count());
    return [...bytes.subarray(start, reader.offset)];
  });
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
    countImported(changed, sections, 'function') === imported &&
    listed.every((index) => places.get(nameOf(index)) === index);
  if (!isSame) throw new Error('binaryen has changed the order of the functions');
}

/** `asyncify_get_state` is one global.get: that global is the state, the other new one the data. */
function globalsOf(
  changed: Uint8Array,
  sections: Sections,
  first: number,
): readonly [state: number, data: number] {
  const all =
    countImported(changed, sections, 'global') + countIn(changed, sections, SECTION.global);
  const exports = readVector(changed, sections.get(SECTION.export), readExport);
  const getState = exports.find(({ name }) => name === 'asyncify_get_state')?.index ?? -1;
  const [body] = bodiesOf(changed, sections, [getState], () => undefined).values();
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

function bodiesOf(
  bytes: Uint8Array,
  sections: Sections,
  listed: readonly number[],
  replace: (opcode: number, at: number, end: number) => Uint8Array | undefined,
): Map<number, Uint8Array> {
  const bodies = new Map<number, Uint8Array>();
  const code = sections.get(SECTION.code);
  if (code === undefined) return bodies;
  const wanted = new Set(listed);
  const reader = new Reader(bytes, code.contents, code.end);
  const first = countImported(bytes, sections, 'function');
  const last = first + reader.count();
  for (let index = first; index < last; index += 1) {
    const start = reader.offset;
    const size = reader.u32();
    const contents = reader.skip(size);
    if (!wanted.has(index)) continue;
    const edited = rewriteBody(bytes, contents, contents + size, {
      isSuspect: () => true,
      replace,
    });
    const whole = edited === undefined ? bytes.subarray(start, contents + size) : undefined;
    bodies.set(index, whole ?? Buffer.concat(edited ?? []));
  }
  return bodies;
}

/**
 * An instruction with its type index, if it has one, raised, and a call sent where it is to go.
 * @param reader of what follows the opcode
 * @param size of the instruction
 */
function moved(
  reader: Reader,
  opcode: number,
  size: number,
  typesBefore: number,
  { call, place }: Redirection,
): Uint8Array | undefined {
  switch (opcode) {
    case 0x10: // call, and as a tail call
    case 0x12: {
      const other = call(reader.u32());
      return other === undefined ? undefined : Uint8Array.of(opcode, ...encodeU32(other));
    }
    case 0x11: // call_indirect, and as a tail call
    case 0x13: {
      const type = encodeU32(reader.u32() + typesBefore);
      const table = reader.u32();
      const other = place(table);
      const before = other === undefined ? [] : [0x10, ...encodeU32(other)];
      return Uint8Array.of(...before, opcode, ...type, ...encodeU32(table));
    }
    case 0x02: // block, loop, if, try
    case 0x03:
    case 0x04:
    case 0x06: {
      // A block type is a signed number: a negative one is no index.
      if (size === 2 && (reader.peek() & 0x40) !== 0) return undefined;
      return Uint8Array.of(opcode, ...encodeS32(reader.u32() + typesBefore));
    }
  }
  return undefined;
}
