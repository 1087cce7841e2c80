// What a component makes to be sent: responses, and requests to others.

import type { Call } from './calls.js';
import type { Fields } from './fields.js';
import type { Held } from './held.js';

/** Most bytes that a body without a receiver takes at a time. */
const PIECE_BYTES = 65_536;

/** Where a body goes. */
interface BodySink {
  write(bytes: Uint8Array): void;
  /** It is to leave soon. */
  offer?(): void;
  /** The body has come to its end. */
  end?(): void;
  /** It will never come to its end. */
  close?(): void;
}

export class OutgoingBody {
  isTaken = false;
  isFinished = false;
  #isDropped = false;
  #bytes = 0n;
  #held: Uint8Array[] = [];
  #sink: BodySink | undefined;

  /** @param length what Content-Length promises */
  constructor(
    readonly kind: 'request' | 'response',
    readonly length: bigint | undefined,
  ) {}

  get bytes(): bigint {
    return this.#bytes;
  }

  /** Where its bytes go, if that is a request. */
  call: Call | undefined;

  get room(): number {
    return this.call?.room ?? PIECE_BYTES;
  }

  write(held: Held, bytes: Uint8Array): void {
    this.#bytes += BigInt(bytes.length);
    if (this.#sink !== undefined) return this.#sink.write(bytes);
    held.add(bytes.length);
    this.#held.push(bytes.slice());
  }

  flush(): void {
    this.#sink?.offer?.();
  }

  finish(): void {
    this.isFinished = true;
    this.#sink?.end?.();
  }

  /** Its response is set, or its request sent: what was written goes there now, and so does all that follows. */
  attach(sink: BodySink): void {
    this.#sink = sink;
    for (const bytes of this.#held) sink.write(bytes);
    this.#held = [];
    if (this.isFinished) sink.end?.();
    else if (this.#isDropped) sink.close?.();
  }

  /** The guest has dropped it. */
  close(): void {
    this.#isDropped = true;
    if (!this.isFinished) this.#sink?.close?.();
  }
}

export class OutgoingResponse {
  status = 200;
  #body: OutgoingBody | undefined;

  constructor(readonly headers: Fields) {
    headers.isMutable = false;
  }

  get body(): OutgoingBody | undefined {
    return this.#body;
  }

  /** @returns the body, once */
  takeBody(): OutgoingBody | undefined {
    if (this.#body !== undefined) return undefined;
    this.#body = new OutgoingBody('response', lengthOf(this.headers));
    return this.#body;
  }
}

/** A variant of strings, as the WIT has it for methods and schemes. */
export type Named = { readonly tag: string; readonly value?: string };

export class OutgoingRequest {
  method: Named = { tag: 'get' };
  path: string | undefined;
  scheme: Named | undefined;
  authority: string | undefined;
  #body: OutgoingBody | undefined;

  constructor(readonly headers: Fields) {
    headers.isMutable = false;
  }

  get body(): OutgoingBody | undefined {
    return this.#body;
  }

  /** @returns the body, once */
  takeBody(): OutgoingBody | undefined {
    if (this.#body !== undefined) return undefined;
    this.#body = new OutgoingBody('request', lengthOf(this.headers));
    return this.#body;
  }
}

function lengthOf(headers: Fields): bigint | undefined {
  const [value] = headers.get('content-length');
  const text = value === undefined ? '' : Buffer.from(value).toString('latin1');
  return /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}
