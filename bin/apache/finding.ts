// What `check --apache` finds: where, what is wrong, and what to write.

import { type Line, placeOf } from './dump.js';

export interface Finding {
  /** `file:line`, or the file alone. */
  readonly place: string;
  readonly wrong: string;
  /** What to write or do instead. */
  readonly write: string;
  /** A hint may be as it is wanted, and is no reason for exit code 1. */
  readonly isHint: boolean;
}

/** @param at the line that is at fault, or a place */
export function finding(at: Line | string, wrong: string, write: string): Finding {
  return { place: typeof at === 'string' ? at : placeOf(at), wrong, write, isHint: false };
}

export function hint(at: Line | string, wrong: string, write: string): Finding {
  return { ...finding(at, wrong, write), isHint: true };
}

/** A line as it can be written again: `WasmMapDir / /srv`. */
export function textOf({ directive, words }: Line): string {
  return [
    directive,
    ...words.map((word) => (/[\s"]|^$/.test(word) ? JSON.stringify(word) : word)),
  ].join(' ');
}
