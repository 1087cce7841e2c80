// The limits of a run by the names that people write: in the ini, in WasmLimit, in params and logs.

import type { Limits } from '../run.js';
import { LIMIT_ROWS } from './limitrows.js';
import type { Settings } from './options.js';
import { formatDuration, formatSize } from './quantity.js';

export type SomeLimits = Readonly<Partial<Limits>>;

type Row = (typeof LIMIT_ROWS)[number];
const FORMATS = { duration: formatDuration, size: formatSize, integer: String };

/** Of a run that asks for nothing else. */
export function limitsOf(settings: Settings): Limits {
  return everyLimit(({ name }) => settings[name]);
}

/**
 * The most that params get.
 * @param given the options that somebody gave: without a `max-<name>` of theirs, params that nobody
 *   signed only lower a limit
 */
export function ceilingsOf(
  settings: Settings,
  given: ReadonlySet<string>,
): { readonly signed: Limits; readonly unsigned: Limits } {
  const signed = everyLimit(({ name }) => settings[`max-${name}`]);
  const unsigned = everyLimit(({ name, limit }) =>
    given.has(`max-${name}`) ? signed[limit] : settings[name],
  );
  return Object.freeze({ signed, unsigned });
}

/** `limits`, each as low as the lowest of `others`. */
export function lowered(limits: Limits, ...others: readonly SomeLimits[]): Limits {
  return everyLimit(({ limit }) =>
    Math.min(limits[limit], ...others.map((other) => other[limit] ?? Infinity)),
  );
}

/** As people write it: `cpu-time 500ms`, `output unlimited`. */
export function formatLimit(limits: Limits, wanted: keyof Limits): string {
  const row = LIMIT_ROWS.find(({ limit }) => limit === wanted);
  if (row === undefined) return wanted;
  const value = limits[wanted];
  return `${row.name} ${value === Infinity ? 'unlimited' : FORMATS[row.type](value)}`;
}

/** A value for each limit; frozen. The type holds that no limit is without a row. */
function everyLimit(value: (row: Row) => number): Limits {
  const entries = LIMIT_ROWS.map((row) => [row.limit, value(row)]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made of every row of the table
  return Object.freeze(Object.fromEntries(entries)) as Readonly<Record<Row['limit'], number>>;
}
