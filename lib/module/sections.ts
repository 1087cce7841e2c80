// The outermost shape of a Wasm binary: preamble, then sections (core specification 5.5).

import { Reader } from './reader.js';

export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

export interface Section {
  readonly id: number;
  /** Offset of the id byte. */
  readonly start: number;
  /** Offsets of the contents. */
  readonly contents: number;
  readonly end: number;
}

/** Far more than any toolchain writes; each one costs us an object. */
const MOST_SECTIONS = 10_000;

/** `core` and `component` by their version and layer; anything else is not Wasm. */
export type BinaryKind = 'core' | 'component' | 'unknown';

const MAGIC = '0061736d';
const CORE = '01000000';
const COMPONENT_LAYER = '0100';

/** Tells by the first eight bytes. */
export function binaryKind(bytes: Uint8Array): BinaryKind {
  if (hex(bytes, 0, 4) !== MAGIC) return 'unknown';
  if (hex(bytes, 4, 8) === CORE) return 'core';
  // The version before the layer is still a preview's: 0d 00 in WASI 0.2.
  return hex(bytes, 6, 8) === COMPONENT_LAYER ? 'component' : 'unknown';
}

/** Bytes as hex, for messages. */
export function hex(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('hex');
}

/**
 * The sections of a core module, in order.
 * @throws MalformedModule
 */
export function readSections(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes, 8);
  const sections: Section[] = [];
  while (!reader.atEnd) {
    if (sections.length === MOST_SECTIONS) reader.fail(`has more than ${MOST_SECTIONS} sections`);
    const start = reader.offset;
    const id = reader.byte();
    // Custom sections, of id 0, may repeat. Of others the first and the last would not be the same.
    if (id !== 0 && sections.some((one) => one.id === id))
      reader.fail(`section ${id} stands twice`);
    const size = reader.u32();
    const contents = reader.skip(size);
    sections.push({ id, start, contents, end: contents + size });
  }
  return sections;
}

/** The same by id; custom ones are of no use there. @throws MalformedModule */
export function sectionsById(bytes: Uint8Array): ReadonlyMap<number, Section> {
  return new Map(readSections(bytes).map((section) => [section.id, section]));
}
