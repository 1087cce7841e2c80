// What a module is, wants and offers, read from its bytes without compiling it.

import { type MemoryType, type TableType, readMemoryType, readTableType } from './limits.js';
import { Reader } from './reader.js';
import { SECTION, type Section, binaryKind, readSections } from './sections.js';

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
}

export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  /** Of a function, where it is known: its type as `(i32 i64) -> (i32)`. */
  readonly type?: string;
}

type ExternKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

/**
 * `command` exports `_start`, `reactor` exports `_initialize` and not `_start`, a `component` is of
 * WASI 0.2 and not looked into, `other` is a core module that is neither.
 */
type ModuleKind = 'command' | 'reactor' | 'component' | 'other';

export interface Inspection {
  readonly kind: ModuleKind;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  /** Memories and tables of its own, not imported ones. Pages of 64 KiB; elements. */
  readonly memories: readonly MemoryType[];
  readonly tables: readonly TableType[];
}

const EXTERN_KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global', 'tag'];
const VALUE_TYPES = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
  [0x70, 'funcref'],
  [0x6f, 'externref'],
]);

/** V8's own limit for types and functions, the largest of its limits. */
const MOST_ENTRIES = 1_000_000;
/** Each is kept as long as the module is. V8 takes 100,000; clang, with all its symbols, has 1,861. */
const MOST_NAMED = 20_000;
/** A type of more values is not spelled out. */
const MOST_SPELLED = 32;

const MOST_NAMED_SECTIONS: ReadonlySet<number> = new Set([SECTION.import, SECTION.export]);

/** Of one kind. @throws MalformedModule */
export function countImported(
  bytes: Uint8Array,
  sections: ReadonlyMap<number, Section>,
  kind: ExternKind,
): number {
  const imports = readVector(bytes, sections.get(SECTION.import), readImport);
  return imports.filter((one) => one.kind === kind).length;
}

/**
 * Inspects a whole file. Bytes that V8 would refuse may pass: only what is reported here is read.
 * @throws MalformedModule when it is not Wasm, or what is read here breaks the format
 */
export function inspect(bytes: Uint8Array): Inspection {
  const binary = binaryKind(bytes);
  if (binary === 'component') {
    return { kind: 'component', imports: [], exports: [], memories: [], tables: [] };
  }
  if (binary === 'unknown') new Reader(bytes).fail('is no WebAssembly binary');
  const sections = new Map(readSections(bytes).map((section) => [section.id, section]));
  const typeTexts = readVector(bytes, sections.get(SECTION.type), readTypeText);
  const imports = readVector(bytes, sections.get(SECTION.import), readImport);
  const own = readVector(bytes, sections.get(SECTION.function), (reader) => reader.u32());
  const functionTypes = [...imports.flatMap(({ typeIndex }) => typeIndex ?? []), ...own];
  const exports = readVector(bytes, sections.get(SECTION.export), readExport).map((one) => {
    const type = one.kind === 'function' ? typeTexts[functionTypes[one.index] ?? -1] : undefined;
    const { name, kind } = one;
    return type === undefined ? { name, kind } : { name, kind, type };
  });
  return {
    kind: kindOf(exports),
    imports: imports.map(({ module, name, kind }) => ({ module, name, kind })),
    exports,
    memories: readVector(bytes, sections.get(SECTION.memory), readMemoryType),
    tables: readVector(bytes, sections.get(SECTION.table), readTableType),
  };
}

function kindOf(exports: readonly Export[]): ModuleKind {
  const functions = new Set(exports.flatMap(({ name, kind }) => (kind === 'function' ? name : [])));
  if (functions.has('_start')) return 'command';
  return functions.has('_initialize') ? 'reactor' : 'other';
}

/** All entries of a section; none when there is no such section. */
export function readVector<Entry>(
  bytes: Uint8Array,
  section: Section | undefined,
  readEntry: (reader: Reader) => Entry,
): Entry[] {
  const most = MOST_NAMED_SECTIONS.has(section?.id ?? -1) ? MOST_NAMED : MOST_ENTRIES;
  if (section === undefined) return [];
  const reader = new Reader(bytes, section.contents, section.end);
  const entries: Entry[] = [];
  const count = reader.count();
  if (count > most) reader.fail(`section ${section.id} has ${count} entries, the limit is ${most}`);
  for (let left = count; left > 0; left -= 1) entries.push(readEntry(reader));
  return entries;
}

function readTypeText(reader: Reader): string {
  const form = reader.byte();
  if (form !== 0x60) reader.fail(`type form ${form} is not known`);
  const parameters = readValueTypes(reader);
  return `(${parameters}) -> (${readValueTypes(reader)})`;
}

function readValueTypes(reader: Reader): string {
  const names: string[] = [];
  const count = reader.count();
  if (count > MOST_SPELLED) {
    reader.skip(count);
    return `${count} values`;
  }
  for (let left = count; left > 0; left -= 1) {
    const type = reader.byte();
    names.push(VALUE_TYPES.get(type) ?? reader.fail(`value type ${type} is not known`));
  }
  return names.join(' ');
}

export function readImport(reader: Reader): Import & { readonly typeIndex: number | undefined } {
  const module = reader.name();
  const name = reader.name();
  const kind = readKind(reader);
  let typeIndex: number | undefined;
  if (kind === 'function') typeIndex = reader.u32();
  else if (kind === 'table') readTableType(reader);
  else if (kind === 'memory') readMemoryType(reader);
  else reader.skip(kind === 'global' ? 2 : 1);
  if (kind === 'tag') reader.u32();
  return { module, name, kind, typeIndex };
}

export function readExport(reader: Reader): Export & { readonly index: number } {
  const name = reader.name();
  const kind = readKind(reader);
  return { name, kind, index: reader.u32() };
}

function readKind(reader: Reader): ExternKind {
  const code = reader.byte();
  return EXTERN_KINDS[code] ?? reader.fail(`kind ${code} of an import or export is not known`);
}
