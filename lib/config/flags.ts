// The command line's options: what yargs needs to know of them, and what it found.

import { resolve } from 'node:path';
import { type OptionRow, type OptionValue, parseOption } from './option.js';
import { OPTIONS } from './options.js';

/** One option as `yargs.options()` takes it. All are text: the table does the reading. */
export interface FlagOption {
  readonly type: 'string';
  readonly array?: true;
  readonly nargs?: 1;
  readonly description: string;
  readonly defaultDescription?: string;
}

/** The options of `serve` for `yargs.options(commandLineOptions())`. */
export function commandLineOptions(): Record<string, FlagOption> {
  return Object.fromEntries(OPTIONS.map((row) => [row.name, flagOption(row)]));
}

function flagOption(row: OptionRow): FlagOption {
  const shown = row.default ?? row.defaultNote;
  return {
    // Of its own type yargs would take `--flag=on` for false.
    type: 'string',
    // nargs 1: `--listen a b` must not swallow b. A flag may stand alone.
    ...(row.type === 'flag' ? {} : { nargs: 1 }),
    ...(row.repeatable === true ? { array: true } : {}),
    description: row.description,
    ...(shown === undefined ? {} : { defaultDescription: shown }),
  };
}

export interface FlagContent {
  readonly values: ReadonlyMap<string, readonly OptionValue[]>;
  /** Options that were given, also those whose value is a fault. */
  readonly mentioned: ReadonlySet<string>;
  readonly faults: readonly string[];
}

/**
 * Reads what the command line gave, `{'queue-timeout': '5s', listen: ['fd:0']}`. Names that are no
 * option (yargs adds some) are passed over: refusing unknown ones is yargs' part. A relative path
 * is taken from the current directory, as every command does.
 */
export function parseFlags(flags: Readonly<Record<string, unknown>>): FlagContent {
  const values = new Map<string, OptionValue[]>();
  const mentioned = new Set<string>();
  const faults: string[] = [];
  for (const row of OPTIONS) {
    const given: unknown = flags[row.name];
    if (given === undefined) continue;
    mentioned.add(row.name);
    const texts = (Array.isArray(given) ? given : [given]).map(String);
    if (texts.length > 1 && row.repeatable !== true) {
      faults.push(`--${row.name} was given ${texts.length} times, it can be given once`);
      continue;
    }
    for (const text of texts) {
      const parsed = parseOption(row, textOf(row, text));
      if ('value' in parsed) values.set(row.name, [...(values.get(row.name) ?? []), parsed.value]);
      else faults.push(`--${row.name} must be ${parsed.expected}, not ${JSON.stringify(text)}`);
    }
  }
  return { values, mentioned, faults };
}

function textOf(row: OptionRow, given: string): string {
  if (row.type === 'flag' && given === '') return 'on';
  return row.type === 'path' && given !== '' ? resolve(given) : given;
}
