// What one option is, and how its text becomes a value.

import { HOST_FORMS, parseHostRule } from './hosts.js';
import { LISTEN_FORMS, parseListen } from './listen.js';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantity.js';

type OptionType =
  | 'text'
  | 'path'
  | 'listen'
  | 'host'
  | 'integer'
  | 'duration'
  | 'size'
  | 'flag'
  | 'mode'
  | 'choice';

export interface OptionRow {
  /** As in `--name` and in the ini. */
  readonly name: string;
  readonly type: OptionType;
  /** Of the ini file; without one the option exists on the command line only. */
  readonly section?: 'server' | 'limits' | 'trust';
  /** In the form a person would write. Without it the option has no value unless given. */
  readonly default?: string;
  /** Said in place of a default that is computed. */
  readonly defaultNote?: string;
  /** Least and greatest value of integer (as it is), duration (ms) and size (bytes). */
  readonly min?: number;
  readonly max?: number;
  /** The value must be a multiple of this. */
  readonly step?: number;
  /** Of type choice. */
  readonly choices?: readonly string[];
  /** `unlimited` is a value too: Infinity. */
  readonly unlimited?: boolean;
  /** May be given more than once; all values count, in order. */
  readonly repeatable?: boolean;
  /** No section of a pool can say it. */
  readonly wholeServer?: boolean;
  /** Of a limit: what the client, or the program, gets when it is passed. */
  readonly over?: string;
  /** One sentence or a few, for help and reference. Required: an option nobody can look up is none. */
  readonly description: string;
}

export type OptionValue = string | number | boolean;

/** A value, or what would have been right, to end a sentence `… must be`. */
export type Parsed = { readonly value: OptionValue } | { readonly expected: string };

interface TypeRules {
  /** Undefined for text that is no value. Gets it without blanks around it. */
  readonly read: (text: string, row: OptionRow) => OptionValue | undefined;
  /** What is accepted, to end a sentence `… must be`. */
  readonly expected: (row: OptionRow) => string;
  /** Text that reads back as this value; without it the value is its own text. */
  readonly write?: (value: number) => string;
}

const TYPES: Readonly<Record<OptionType, TypeRules>> = {
  text: {
    read: (text) => (isPlain(text) ? text : undefined),
    expected: () => 'a text without control characters',
  },
  path: {
    read: (text) => (isPlain(text) && isAbsolute(text) ? text : undefined),
    expected: () => 'an absolute path without ..',
  },
  listen: {
    read: (text) => (isPlain(text) && parseListen(text) !== undefined ? text : undefined),
    expected: () => LISTEN_FORMS,
  },
  host: {
    read: (text) => (parseHostRule(text) === undefined ? undefined : text),
    expected: () => HOST_FORMS,
  },
  flag: {
    read: (text) => FLAGS.get(text.toLowerCase()),
    expected: () => 'on or off',
  },
  mode: {
    read: (text) => (/^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : undefined),
    expected: () => 'an octal mode such as 0660',
    write: (mode) => mode.toString(8).padStart(4, '0'),
  },
  choice: {
    read: (text, row) => (row.choices?.includes(text) === true ? text : undefined),
    expected: (row) => `one of ${(row.choices ?? []).join(', ')}`,
  },
  integer: {
    read: (text, row) => inRange(row, /^\d{1,15}$/.test(text) ? Number(text) : undefined),
    expected: (row) => range(row, String),
  },
  duration: {
    read: (text, row) => inRange(row, parseDuration(text)),
    expected: (row) => range(row, formatDuration),
    write: formatDuration,
  },
  size: {
    read: (text, row) => inRange(row, parseSize(text)),
    expected: (row) => range(row, formatSize),
    write: formatSize,
  },
};

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['yes', true],
  ['1', true],
  ['off', false],
  ['false', false],
  ['no', false],
  ['0', false],
]);

/** Reads one value of an option; the text is as given in the ini or on the command line. */
export function parseOption(row: OptionRow, text: string): Parsed {
  const plain = text.trim();
  const isUnlimited = row.unlimited === true && plain === 'unlimited';
  const value = isUnlimited ? Infinity : TYPES[row.type].read(plain, row);
  return value === undefined ? { expected: expectation(row) } : { value };
}

/** The text of a value, as `parseOption` reads it. */
export function writeOption({ type }: OptionRow, value: OptionValue): string {
  if (value === Infinity) return 'unlimited';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' ? (TYPES[type].write ?? String)(value) : value;
}

/** What an option accepts, in words: `1ms..1h`, `on or off`. */
export function expectation(row: OptionRow): string {
  return `${TYPES[row.type].expected(row)}${row.unlimited === true ? ' or unlimited' : ''}`;
}

/** Neither empty nor with control characters, which no name or path of ours needs. */
function isPlain(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the point is to find control characters
  return text !== '' && !/[\u0000-\u001f\u007f]/.test(text);
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') && !path.split('/').includes('..');
}

function inRange(row: OptionRow, value: number | undefined): number | undefined {
  if (value === undefined || value < (row.min ?? 0) || value > (row.max ?? Infinity)) {
    return undefined;
  }
  return row.step === undefined || value % row.step === 0 ? value : undefined;
}

function range(row: OptionRow, format: (value: number) => string): string {
  const least = format(row.min ?? 0);
  const span = row.max === undefined ? `${least} or more` : `${least}..${format(row.max)}`;
  return row.step === undefined ? span : `${span} in steps of ${format(row.step)}`;
}
