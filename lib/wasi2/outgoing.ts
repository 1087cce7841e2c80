// What a component makes to be sent: responses, and requests that nobody will see.

import type { ByteSink } from '../wasi/process.js';
import type { Fields } from './fields.js';
import type { Held } from './held.js';

export class OutgoingBody {
  isTaken = false;
  isFinished = false;
  #bytes = 0n;
  #held: Uint8Array[] = [];
  #sink: ByteSink | undefined;

  /** @param length what Content-Length promises */
  constructor(readonly length: bigint | undefined) {}

  get bytes(): bigint {
    return this.#bytes;
  }

  write(held: Held, bytes: Uint8Array): void {
    this.#bytes += BigInt(bytes.length);
    if (this.#sink !== undefined) return this.#sink.write(bytes);
    held.add(bytes.length);
    this.#held.push(bytes.slice());
  }

  flush(): void {
    this.#sink?.flush();
  }

  /** Its response is set: what was written goes to the client now, and so does all that follows. */
  attach(sink: ByteSink): void {
    this.#sink = sink;
    for (const bytes of this.#held) sink.write(bytes);
    this.#held = [];
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
    this.#body = new OutgoingBody(lengthOf(this.headers));
    return this.#body;
  }
}

/** A variant of strings, as the WIT has it for methods and schemes. */
export type Named = { readonly tag: string; readonly value?: string };

/** What a handler asks others for: it can be made, and not be sent. */
export class OutgoingRequest {
  method: Named = { tag: 'get' };
  path: string | undefined;
  scheme: Named | undefined;
  authority: string | undefined;
  #hasBody = false;

  constructor(readonly headers: Fields) {
    headers.isMutable = false;
  }

  takeBody(): OutgoingBody | undefined {
    if (this.#hasBody) return undefined;
    this.#hasBody = true;
    return new OutgoingBody(lengthOf(this.headers));
  }
}

function lengthOf(headers: Fields): bigint | undefined {
  const [value] = headers.get('content-length');
  const text = value === undefined ? '' : Buffer.from(value).toString('latin1');
  return /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}
