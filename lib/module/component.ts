// The outermost shape of a WASI 0.2 component: what it imports and exports by name.

import { Reader } from './reader.js';
import type { Section } from './sections.js';

export interface ComponentNames {
  /** `wasi:cli/environment@0.2.0` */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

const CUSTOM = 0;
const IMPORT = 10;
const EXPORT = 11;
const MOST_SECTIONS = 100_000;

/**
 * Reads the sections of a component (component model, Binary.md); those of its parts are passed over.
 * @throws MalformedModule
 */
export function readComponent(bytes: Uint8Array): {
  readonly names: ComponentNames;
  readonly customs: readonly Section[];
} {
  const reader = new Reader(bytes, 8);
  const imports: string[] = [];
  const exports: string[] = [];
  const customs: Section[] = [];
  for (let count = 0; !reader.atEnd; count += 1) {
    if (count === MOST_SECTIONS) reader.fail(`has more than ${MOST_SECTIONS} sections`);
    const start = reader.offset;
    const id = reader.byte();
    const size = reader.u32();
    const contents = reader.skip(size);
    const section = { id, start, contents, end: contents + size };
    if (id === CUSTOM) customs.push(section);
    if (id === IMPORT) imports.push(...readNames(bytes, section, passExtern));
    if (id === EXPORT) exports.push(...readNames(bytes, section, passExport));
  }
  return { names: { imports, exports }, customs };
}

function readNames(
  bytes: Uint8Array,
  { contents, end }: Section,
  passRest: (reader: Reader) => void,
): string[] {
  const reader = new Reader(bytes, contents, end);
  const names: string[] = [];
  for (let left = reader.count(3); left > 0; left -= 1) {
    const form = reader.byte();
    if (form > 1) reader.fail(`name of form ${form} is not known`);
    names.push(reader.name());
    passRest(reader);
  }
  return names;
}

/** externdesc: what kind of thing it is, and its type. */
function passExtern(reader: Reader): void {
  const kind = reader.byte();
  switch (kind) {
    case 0x00: // core module
      reader.byte();
      return reader.skipLeb();
    case 0x02: // value: equal to one, or of a type
    case 0x03: // type: equal to one, or a resource
      if (reader.byte() === 0 || kind === 0x02) reader.skipLeb();
      return;
    case 0x01: // function, component, instance
    case 0x04:
    case 0x05:
      return reader.skipLeb();
    default:
      reader.fail(`import or export of kind ${kind} is not known`);
  }
}

function passExport(reader: Reader): void {
  if (reader.byte() === 0x00) reader.byte();
  reader.skipLeb();
  if (reader.byte() === 0x01) passExtern(reader);
}
