// What was verified and parsed before, so that a request costs one look-up.

import { RecentlyUsed } from '../recent.js';
import type { Entry } from './signature.js';

interface Verified<T> {
  readonly values: ReadonlyMap<string, string>;
  readonly result: T;
}

/** A signed configuration larger than this is verified each time: what is kept stays bounded. */
const MAX_ENTRY_CHARACTERS = 65_536;

/**
 * Results by signature, the least recently used forgotten first.
 *
 * Sound, because nothing is answered by the signature alone: what was signed is remembered beside
 * it, and the params of the request must be the same, name for name and byte for byte. A request
 * that passes has a message and a signature that `isSignature` has found right together, so doing
 * it again would find the same. An old signature with altered, missing or further params does not
 * pass and is verified anew, which fails. Only verified entries are kept, so a forger can neither
 * fill the memory nor push others out; and he must know a whole signature to find any entry.
 */
export class VerifiedResults<T> {
  readonly #results: RecentlyUsed<Verified<T>>;

  /** @param limit entries kept; at most 65,536 characters each */
  constructor(limit = 1_024) {
    this.#results = new RecentlyUsed(limit);
  }

  get size(): number {
    return this.#results.size;
  }

  find(signature: string, entries: readonly Entry[]): T | undefined {
    const known = this.#results.find(signature);
    if (known === undefined || !isSame(known.values, entries)) return undefined;
    this.#results.use(signature);
    return known.result;
  }

  /** To be called for what was verified, and only then. */
  remember(signature: string, entries: readonly Entry[], result: T): void {
    const characters = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (characters > MAX_ENTRY_CHARACTERS) return;
    this.#results.add(copied(signature), {
      values: new Map(entries.map(([name, value]) => [name, copied(value)])),
      result,
    });
  }
}

/** The entries of a request have no name twice, so equal count and equal values mean equal sets. */
function isSame(values: ReadonlyMap<string, string>, entries: readonly Entry[]): boolean {
  return (
    entries.length === values.size && entries.every(([name, value]) => values.get(name) === value)
  );
}

/** A param is a slice of all params of its request, and would keep them all in memory. */
function copied(param: string): string {
  return Buffer.from(param, 'latin1').toString('latin1');
}
