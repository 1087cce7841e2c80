// wasm-fcgi.ini -> values with the line they stand on, or every fault in it.

import { parse } from 'ini';
import { OPTIONS } from './options.js';
import { type OptionRow, type OptionValue, parseOption } from './option.js';

/** Options that somebody gave. */
export interface Given {
  /** By option name, in the order they came. */
  readonly values: ReadonlyMap<string, readonly OptionValue[]>;
  /** Also those whose value is a fault. */
  readonly mentioned: ReadonlySet<string>;
}

/** A section `[pool NAME]`. */
export interface PoolSection extends Given {
  /** Where it begins. */
  readonly line: number;
}

export interface IniContent extends Given {
  /** By name, in the order of the file. */
  readonly pools: ReadonlyMap<string, PoolSection>;
  /** `wasm-fcgi.ini:12: [limits] timeout must be 1ms..1h, not "ten"` */
  readonly faults: readonly string[];
}

type Line =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'option'; readonly key: string; readonly value: string }
  | { readonly kind: 'fault' };

const SECTIONS: ReadonlySet<string> = new Set(
  OPTIONS.flatMap(({ section }) => (section === undefined ? [] : [section])),
);
const POOL_SECTION = /^pool(?:\s+(.*))?$/;
/** What a WasmPool of the Apache module can be called, too. */
const POOL_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/**
 * Reads an ini text. Sections `[server]`, `[limits]`, `[trust]`, and `[pool NAME]` with options of all
 * three; `key = value`; comments with `;` or `#`; values may be quoted. A repeatable option may stand
 * several times, with or without `[]`.
 *
 * The ini library is given one line at a time: it knows no line numbers, nests `[a.b]`, and lets
 * the last duplicate win in silence, none of which it can do with a single line.
 * @param file how to call it in faults
 */
export function parseIni(text: string, file: string): IniContent {
  const reader = new IniReader(file);
  text.split(/\r\n|\n|\r/).forEach((raw, index) => reader.read(raw, index + 1));
  return reader.content();
}

/** Where options go while their section lasts. */
class Gathered implements PoolSection {
  readonly values = new Map<string, OptionValue[]>();
  readonly lineOf = new Map<string, number>();
  constructor(readonly line: number) {}

  get mentioned(): ReadonlySet<string> {
    return new Set(this.lineOf.keys());
  }
}

interface Section {
  readonly name: string;
  /** Undefined: the section is the fault, and what it holds cannot be judged. */
  readonly into: Gathered | undefined;
}

class IniReader {
  readonly #file: string;
  readonly #server = new Gathered(0);
  readonly #pools = new Map<string, Gathered>();
  readonly #faults: string[] = [];
  #section: Section | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  content(): IniContent {
    const { values, mentioned } = this.#server;
    return { values, mentioned, pools: this.#pools, faults: this.#faults };
  }

  read(raw: string, number: number): void {
    const line = parseLine(raw);
    if (line.kind === 'fault') this.#fault(number, 'neither [section] nor option = value');
    if (line.kind === 'section') {
      this.#section = { name: line.name, into: this.#sectionOf(line.name, number) };
    }
    if (line.kind !== 'option') return;
    if (this.#section === undefined) this.#fault(number, `${line.key} stands before any section`);
    else if (this.#section.into !== undefined) {
      this.#option(line.key, line.value, this.#section.name, this.#section.into, number);
    }
  }

  #sectionOf(name: string, line: number): Gathered | undefined {
    if (SECTIONS.has(name)) return this.#server;
    const [isPool, pool = ''] = POOL_SECTION.exec(name) ?? [];
    if (isPool === undefined) {
      this.#fault(line, `unknown section [${name}], there are ${SECTION_NAMES}`);
      return undefined;
    }
    const before = this.#pools.get(pool);
    if (!POOL_NAME.test(pool)) this.#fault(line, `[${name}]: ${POOL_NAME_FAULT}`);
    else if (before !== undefined) {
      this.#fault(line, `[${name}] was defined in line ${before.line} already`);
    } else {
      const section = new Gathered(line);
      this.#pools.set(pool, section);
      return section;
    }
    return undefined;
  }

  #option(key: string, text: string, section: string, into: Gathered, line: number): void {
    const row = rowOf(section, key);
    if (row === undefined) return this.#fault(line, unknownOption(section, key));
    const first = into.lineOf.get(row.name);
    into.lineOf.set(row.name, first ?? line);
    if (first !== undefined && row.repeatable !== true) {
      return this.#fault(line, `[${section}] ${row.name} was given in line ${first} already`);
    }
    const parsed = parseOption(row, text);
    if ('value' in parsed) {
      into.values.set(row.name, [...(into.values.get(row.name) ?? []), parsed.value]);
    } else {
      const got = JSON.stringify(text);
      this.#fault(line, `[${section}] ${row.name} must be ${parsed.expected}, not ${got}`);
    }
  }

  #fault(line: number, fault: string): void {
    this.#faults.push(`${this.#file}:${line}: ${fault}`);
  }
}

const SECTION_NAMES = [...SECTIONS, 'pool NAME'].map((name) => `[${name}]`).join(', ');
const POOL_NAME_FAULT =
  'a name has 1 to 32 letters, digits, - and _, and starts with a letter or digit';

/** What the library makes of one line. */
function parseLine(raw: string): Line {
  const line = raw.trim();
  if (line === '' || line.startsWith(';') || line.startsWith('#')) return { kind: 'nothing' };
  // The library would take `[a] b` for a key; a section may be followed by a comment alone.
  const section = /^\[([^\]]*)\]\s*(?:[;#].*)?$/.exec(line);
  if (section !== null) return { kind: 'section', name: (section[1] ?? '').trim() };
  if (line.startsWith('[')) return { kind: 'fault' };
  const [entry] = Object.entries<unknown>(parse(line));
  if (entry === undefined || !line.includes('=')) return { kind: 'fault' };
  const [key, value] = entry;
  const isList = Array.isArray(value);
  const single: unknown = isList ? value[0] : value;
  if (typeof single === 'object' && single !== null) return { kind: 'fault' };
  return { kind: 'option', key: isList ? `${key}[]` : key, value: String(single) };
}

/** Whether an option may stand in a section; a pool takes those of all three. */
function belongsIn(row: OptionRow, section: string): boolean {
  if (SECTIONS.has(section)) return row.section === section;
  return row.section !== undefined && row.wholeServer !== true;
}

function rowOf(section: string, key: string): OptionRow | undefined {
  const isList = key.endsWith('[]');
  const name = isList ? key.slice(0, -2) : key;
  const row = OPTIONS.find((option) => option.name === name && belongsIn(option, section));
  return isList && row?.repeatable !== true ? undefined : row;
}

function unknownOption(section: string, key: string): string {
  const elsewhere = OPTIONS.find(({ name }) => name === key);
  if (elsewhere?.section !== undefined)
    return `${key} belongs in [${elsewhere.section}], not [${section}]`;
  if (elsewhere !== undefined) return `${key} can be given on the command line only`;
  return `[${section}] has no option ${JSON.stringify(key)}`;
}
