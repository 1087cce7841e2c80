// Header fields of wasi:http: names that are tokens, values that are bytes, several of one name.

import { type Result, failed, ok } from './result.js';
import type { Held } from './held.js';

/** RFC 9110 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 5.5: no control characters but tab; no blank at either end. */
// oxlint-disable-next-line no-control-regex -- these are what is refused
const BAD_VALUE = /[\0-\x08\x0a-\x1f\x7f]|^[\t ]|[\t ]$/;

/** What belongs to the connection, which is httpd's; and what the CGI head would take for its own. */
export const FORBIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'status',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What an entry takes besides its bytes, roughly. */
const ENTRY_BYTES = 256;

type HeaderFault = { readonly tag: 'invalid-syntax' | 'forbidden' | 'immutable' };
type Entry = readonly [name: string, value: Uint8Array];

/** As the guest holds it: its own to change, or somebody else's. */
export class Fields {
  #entries: Entry[];

  /** @param isMutable false for what came with the request, or belongs to a response */
  constructor(
    entries: readonly Entry[] = [],
    public isMutable = true,
  ) {
    this.#entries = [...entries];
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get(name: string): Uint8Array[] {
    const wanted = name.toLowerCase();
    return this.#entries.flatMap(([one, value]) => (one.toLowerCase() === wanted ? [value] : []));
  }

  append(held: Held, name: string, values: readonly Uint8Array[]): Result<undefined, HeaderFault> {
    const fault = this.#faultOf(name, values);
    if (fault !== undefined) return failed({ tag: fault });
    // The bytes lie in the guest's memory, which is its own again after the call.
    for (const value of values) {
      held.add(name.length + value.length + ENTRY_BYTES);
      this.#entries.push([name, value.slice()]);
    }
    return ok(undefined);
  }

  set(held: Held, name: string, values: readonly Uint8Array[]): Result<undefined, HeaderFault> {
    const fault = this.#faultOf(name, values);
    if (fault !== undefined) return failed({ tag: fault });
    this.#remove(name);
    return this.append(held, name, values);
  }

  delete(name: string): Result<undefined, HeaderFault> {
    const fault = this.#faultOf(name, []);
    if (fault !== undefined) return failed({ tag: fault });
    this.#remove(name);
    return ok(undefined);
  }

  clone(held: Held): Fields {
    for (const [name, value] of this.#entries) held.add(name.length + value.length + ENTRY_BYTES);
    return new Fields(this.#entries);
  }

  #remove(name: string): void {
    const unwanted = name.toLowerCase();
    this.#entries = this.#entries.filter(([one]) => one.toLowerCase() !== unwanted);
  }

  #faultOf(name: string, values: readonly Uint8Array[]): HeaderFault['tag'] | undefined {
    if (!this.isMutable) return 'immutable';
    if (!TOKEN.test(name)) return 'invalid-syntax';
    if (values.some((value) => BAD_VALUE.test(Buffer.from(value).toString('latin1'))))
      return 'invalid-syntax';
    return FORBIDDEN.has(name.toLowerCase()) ? 'forbidden' : undefined;
  }
}
