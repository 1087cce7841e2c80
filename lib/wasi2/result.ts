// The results of WIT, and file calls as such.

import { errnoName } from './errors.js';

/** A result of WIT. */
export type Result<Value, Failure> =
  | { readonly tag: 'ok'; readonly value: Value }
  | { readonly tag: 'error'; readonly value: Failure };

export function ok<Value>(value: Value): Result<Value, never> {
  return { tag: 'ok', value };
}

export function failed<Failure>(value: Failure): Result<never, Failure> {
  return { tag: 'error', value };
}

/** What a file call answers: its value, or the error-code of wasi:filesystem. All else is thrown on. */
export function attempt<Value>(call: () => Value): Result<Value, string> {
  try {
    return ok(call());
  } catch (thrown) {
    return failed(errnoName(thrown));
  }
}
