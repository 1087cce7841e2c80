// The signature of a request's WASM_* params: what it covers, and whether it is right.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { RequestError } from '../errors.js';

/** Not covered: the signature itself, and the one param that belongs to a request and grants nothing. */
const UNSIGNED: ReadonlySet<string> = new Set(['WASM_SIGNATURE', 'WASM_SCRIPT_FILENAME']);
const PREFIX = 'WASM_';
const NAME = /^WASM_[A-Z0-9_]+$/;

export type Entry = readonly [name: string, value: string];

/** The params that carry authority, in the order they came in. */
export function authorityOf(params: ReadonlyMap<string, string>): Entry[] {
  const entries: Entry[] = [];
  for (const entry of params) {
    if (entry[0].startsWith(PREFIX) && !UNSIGNED.has(entry[0])) entries.push(entry);
  }
  return entries;
}

/**
 * The bytes that are signed: each entry as name, `=`, value, NUL, sorted by the bytes of the name.
 * Two sets of entries have the same message only if they are the same: names have no `=`, values
 * no NUL. So both are refused here, though FastCGI could carry them.
 * @throws RequestError 403 `FORGED`
 */
export function canonicalMessage(entries: readonly Entry[]): Buffer {
  for (const [name, value] of entries) {
    if (!NAME.test(name)) throw forged(`${JSON.stringify(name)} is no name of a param`);
    if (value.includes('\0')) throw forged(`${name} must not contain NUL`);
  }
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(sorted.map(([name, value]) => `${name}=${value}\0`).join(''), 'latin1');
}

/** HMAC-SHA1 (RFC 2104) in lower-case hex. SHA1 because APR has it; HMAC does not need collisions to be hard. */
export function sign(message: Uint8Array, key: Uint8Array): string {
  return createHmac('sha1', key).update(message).digest('hex');
}

/** Compares in a time that does not depend on where the first difference is. */
export function isSignature(given: string, message: Uint8Array, key: Uint8Array): boolean {
  const right = Buffer.from(sign(message, key), 'latin1');
  const wrong = Buffer.from(given, 'latin1');
  return wrong.length === right.length && timingSafeEqual(wrong, right);
}

function forged(message: string): RequestError {
  return new RequestError('FORGED', 403, message);
}
