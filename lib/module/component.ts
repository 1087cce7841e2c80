// Reads a WASI 0.2 component: its definitions, and where its core modules lie (component model, Binary.md).

import type { ComponentDefinition, Definition, World } from '../component/definition.js';
import {
  readAlias,
  readCanon,
  readCoreInstance,
  readExport,
  readExtern,
  readExternName,
  readInstance,
} from './componentparts.js';
import { readTypeDefinition } from './componenttypes.js';
import { Reader } from './reader.js';
import { type Section, hex } from './sections.js';

/** All that decides what a component is. */
export interface DecodedComponent {
  readonly definition: ComponentDefinition;
  /** The bytes of each core module, in the order in which definitions count them. */
  readonly cores: readonly Uint8Array[];
  /** Custom sections of the outermost component. */
  readonly customs: readonly Section[];
}

/** Version 0d 00 and layer 01 00: WASI 0.2's, and 0.3's too. */
const VERSION = '0d000100';
/** Toolchains write one to ten; linked programs some more. */
const MOST_CORES = 100;
/** Components in components; toolchains write two levels. */
const MOST_DEPTH = 16;
/** Of all components and types of instances together. The largest worlds have some 2,000. */
const MOST_DEFINITIONS = 50_000;

/**
 * Of all sections but core modules and custom ones: what is read here is kept, and read in one go.
 * Those of the largest worlds have 100 KB.
 */
const MOST_BYTES = 1_048_576;

/** @throws MalformedModule for what is damaged, of a later proposal, or over a bound */
export function decodeComponent(bytes: Uint8Array): DecodedComponent {
  const decoder = new Decoder(bytes);
  const definition = decoder.component(0, bytes.length, 0);
  return { definition, cores: decoder.cores, customs: decoder.customs };
}

export interface ComponentNames {
  /** `wasi:cli/environment@0.2.0` */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** What it imports and exports, in order. */
export function namesOf(definition: ComponentDefinition): ComponentNames {
  const named = (kind: 'import' | 'export'): string[] =>
    definition.flatMap((one) => (one.kind === kind && 'name' in one ? one.name : []));
  return { imports: named('import'), exports: named('export') };
}

export function worldOf(definition: ComponentDefinition): World {
  const { exports } = namesOf(definition);
  if (exports.some((name) => HANDLER.test(name))) return 'handler';
  return exports.some((name) => COMMAND.test(name)) ? 'command' : 'other';
}

const COMMAND = /^wasi:cli\/run@0\.2\.\d+$/;
const HANDLER = /^wasi:http\/incoming-handler@0\.2\.\d+$/;

class Decoder {
  readonly cores: Uint8Array[] = [];
  readonly customs: Section[] = [];
  #definitions = 0;
  #bytes = 0;

  constructor(private readonly bytes: Uint8Array) {}

  component(start: number, end: number, depth: number): ComponentDefinition {
    const reader = new Reader(this.bytes, start, end);
    const magic = reader.skip(8);
    const version = hex(this.bytes, magic + 4, magic + 8);
    if (version !== VERSION) reader.fail(`component version ${version}, expected ${VERSION}`);
    if (depth > MOST_DEPTH) reader.fail(`components are nested deeper than ${MOST_DEPTH}`);
    const definitions: Definition[] = [];
    while (!reader.atEnd) {
      const sectionStart = reader.offset;
      const id = reader.byte();
      const size = reader.u32();
      const contents = reader.skip(size);
      const section = { id, start: sectionStart, contents, end: contents + size };
      if (id !== 0) definitions.push(...this.#section(section, depth));
      else if (depth === 0) this.customs.push(section);
    }
    return definitions;
  }

  #section({ id, contents, end }: Section, depth: number): readonly Definition[] {
    const reader = new Reader(this.bytes, contents, end);
    if (id !== 1 && id !== 4) this.#bytes += end - contents;
    if (this.#bytes > MOST_BYTES) reader.fail(`has definitions of more than ${MOST_BYTES} bytes`);
    switch (id) {
      case 1:
        if (this.cores.length === MOST_CORES) reader.fail(`over ${MOST_CORES} core modules`);
        this.#count(reader, 1);
        this.cores.push(this.bytes.subarray(contents, end));
        return [{ kind: 'core module', module: this.cores.length - 1 }];
      case 2:
        return this.#vector(reader, () => readCoreInstance(reader));
      case 3:
        // What modules that are imported have to be: such imports are refused.
        return Array.from({ length: this.#count(reader, reader.count()) }, () => ({
          kind: 'core type',
        }));
      case 4:
        this.#count(reader, 1);
        return [{ kind: 'component', component: this.component(contents, end, depth + 1) }];
      case 5:
        return this.#vector(reader, () => readInstance(reader));
      case 6:
        return this.#vector(reader, () => readAlias(reader));
      case 7:
        return this.#vector(reader, () => this.#type(reader, 0));
      case 8:
        return this.#vector(reader, () => readCanon(reader));
      case 10:
        return this.#vector(reader, () => {
          const name = readExternName(reader);
          return { kind: 'import', name, extern: readExtern(reader) };
        });
      case 11:
        return this.#vector(reader, () => readExport(reader));
      default:
        return reader.fail(`section ${id} is not of WASI 0.2`);
    }
  }

  #vector(reader: Reader, read: () => Definition): Definition[] {
    const count = this.#count(reader, reader.count());
    const entries = Array.from({ length: count }, read);
    if (!reader.atEnd) reader.fail('has bytes behind the last entry of a section');
    return entries;
  }

  #count(reader: Reader, more: number): number {
    this.#definitions += more;
    if (this.#definitions > MOST_DEFINITIONS)
      reader.fail(`has more than ${MOST_DEFINITIONS} definitions`);
    return more;
  }

  #type(reader: Reader, depth: number): Definition {
    const form = reader.byte();
    if (form !== 0x41 && form !== 0x42) {
      return { kind: 'type', type: readTypeDefinition(reader, form) };
    }
    if (depth > MOST_DEPTH) reader.fail(`types are nested deeper than ${MOST_DEPTH}`);
    const count = this.#count(reader, reader.count());
    const declarations = Array.from({ length: count }, () => this.#declaration(reader, depth + 1));
    return {
      kind: 'type',
      type: form === 0x41 ? { kind: 'component' } : { kind: 'instance', declarations },
    };
  }

  #declaration(reader: Reader, depth: number): Definition {
    const form = reader.byte();
    switch (form) {
      case 0x01:
        return this.#type(reader, depth);
      case 0x02:
        return readAlias(reader);
      case 0x03:
      case 0x04: {
        const name = readExternName(reader);
        const kind = form === 0x03 ? 'import' : 'declare';
        return { kind, name, extern: readExtern(reader) };
      }
      default:
        return reader.fail(`declaration of form ${form} is not supported`);
    }
  }
}
