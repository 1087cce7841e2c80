// WASM_* params one by one: each is read strictly and once, and none may be left over.

import { RequestError } from '../errors.js';
import { type OptionRow, type OptionValue, parseOption } from './option.js';
import { normalized } from './paths.js';
import type { Entry } from './signature.js';

/** Items of one list; more is a mistake or an attack. */
const MAX_ITEMS = 1_000;

/** The WASM_* params of a request while they are read. Every fault is a RequestError 500 `BAD_PARAMS`. */
export class AuthorityParams {
  readonly #values: ReadonlyMap<string, string>;
  readonly #left: Set<string>;

  constructor(entries: readonly Entry[]) {
    this.#values = new Map(entries);
    this.#left = new Set(this.#values.keys());
    for (const [name, value] of entries) {
      if (value.includes('\0')) throw badParams(`${name} must not contain NUL`);
    }
  }

  optional(name: string): string | undefined {
    this.#left.delete(name);
    return this.#values.get(name);
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw badParams(`${name} is missing`);
    return value;
  }

  /** `1` is true; `0` and no param are false. */
  flag(name: string): boolean {
    const value = this.optional(name) ?? '0';
    if (value !== '0' && value !== '1')
      throw badParams(`${name} must be 0 or 1, not ${quote(value)}`);
    return value === '1';
  }

  /** A whole number; undefined without the param. */
  integer(name: string, min: number, max: number): number | undefined {
    const value = this.optional(name);
    if (value === undefined) return undefined;
    const number = /^(?:0|[1-9]\d{0,14})$/.test(value) ? Number(value) : NaN;
    if (number >= min && number <= max) return number;
    throw badParams(`${name} must be ${min}..${max}, not ${quote(value)}`);
  }

  /** What an option of this row could be: `30s`, `64MiB`; undefined without the param. */
  option(name: string, row: OptionRow): OptionValue | undefined {
    const text = this.optional(name);
    if (text === undefined) return undefined;
    const parsed = parseOption(row, text);
    if ('value' in parsed) return parsed.value;
    throw badParams(`${name} must be ${parsed.expected}, not ${quote(text)}`);
  }

  /** An absolute path without `..`, in its shortest form. */
  path(name: string): string {
    const value = this.required(name);
    const path = normalized(value);
    if (path === undefined)
      throw badParams(`${name} must be an absolute path without .., not ${quote(value)}`);
    return path;
  }

  optionalPath(name: string): string | undefined {
    return this.#values.has(name) ? this.path(name) : undefined;
  }

  /** The items 0..WASM_`list`_COUNT-1, each read by its prefix `WASM_ARG_7`. No COUNT is none. */
  list<T>(list: string, read: (prefix: string) => T): T[] {
    const count = this.integer(`WASM_${list}_COUNT`, 0, MAX_ITEMS) ?? 0;
    return Array.from({ length: count }, (_, index) => read(`WASM_${list}_${index}`));
  }

  /** A param that nobody reads may be a restriction that this version does not know: refuse it. */
  finish(): void {
    const [name] = this.#left;
    if (name !== undefined) throw badParams(`${quote(name)} is unknown, or beyond its count`);
  }
}

/** The module or another front end sent something that contradicts the contract. */
export function badParams(message: string): RequestError {
  return new RequestError('BAD_PARAMS', 500, message);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
