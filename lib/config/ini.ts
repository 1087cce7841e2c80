// wasm-fcgi.ini -> values with the line they stand on, or every fault in it.

import { parse } from 'ini';
import { OPTIONS } from './options.js';
import { type OptionRow, type OptionValue, parseOption } from './option.js';

export interface IniContent {
  /** By option name, in the order of the file. */
  readonly values: ReadonlyMap<string, readonly OptionValue[]>;
  /** Options that stand in the file, also those whose value is a fault. */
  readonly mentioned: ReadonlySet<string>;
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

/**
 * Reads an ini text. Sections `[server]`, `[limits]`, `[trust]`; `key = value`; comments with `;`
 * or `#`; values may be quoted. A repeatable option may stand several times, with or without `[]`.
 *
 * The ini library is given one line at a time: it knows no line numbers, nests `[a.b]`, and lets
 * the last duplicate win in silence, none of which it can do with a single line.
 * @param file how to call it in faults
 */
export function parseIni(text: string, file: string): IniContent {
  const values = new Map<string, OptionValue[]>();
  const lineOf = new Map<string, number>();
  const faults: string[] = [];
  let section: string | undefined;
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const at = `${file}:${index + 1}:`;
    const line = parseLine(raw);
    if (line.kind === 'fault') faults.push(`${at} neither [section] nor option = value`);
    if (line.kind === 'section') {
      section = line.name;
      if (!SECTIONS.has(section)) {
        faults.push(`${at} unknown section [${section}], there are ${names(SECTIONS)}`);
      }
    }
    if (line.kind !== 'option') return;
    if (section === undefined) {
      faults.push(`${at} ${line.key} stands before any section`);
      return;
    }
    // The section is the fault; what it holds cannot be judged.
    if (!SECTIONS.has(section)) return;
    const row = rowOf(section, line.key);
    if (row === undefined) {
      faults.push(`${at} ${unknownOption(section, line.key)}`);
      return;
    }
    const first = lineOf.get(row.name);
    lineOf.set(row.name, first ?? index + 1);
    if (first !== undefined && row.repeatable !== true) {
      faults.push(`${at} [${section}] ${row.name} was given in line ${first} already`);
      return;
    }
    const parsed = parseOption(row, line.value);
    if ('value' in parsed) values.set(row.name, [...(values.get(row.name) ?? []), parsed.value]);
    else {
      const got = JSON.stringify(line.value);
      faults.push(`${at} [${section}] ${row.name} must be ${parsed.expected}, not ${got}`);
    }
  });
  return { values, mentioned: new Set(lineOf.keys()), faults };
}

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

function rowOf(section: string, key: string): OptionRow | undefined {
  const isList = key.endsWith('[]');
  const name = isList ? key.slice(0, -2) : key;
  const row = OPTIONS.find((option) => option.section === section && option.name === name);
  return isList && row?.repeatable !== true ? undefined : row;
}

function unknownOption(section: string, key: string): string {
  const elsewhere = OPTIONS.find(({ name }) => name === key);
  if (elsewhere?.section !== undefined)
    return `${key} belongs in [${elsewhere.section}], not [${section}]`;
  if (elsewhere !== undefined) return `${key} can be given on the command line only`;
  return `[${section}] has no option ${JSON.stringify(key)}`;
}

function names(sections: Iterable<string>): string {
  return [...sections].map((name) => `[${name}]`).join(', ');
}
