// An HTTP request of node:http as the Exchange that the handler knows.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Exchange } from '../fcgi/exchange.js';

const HEAD_END = '\r\n\r\n';

export class HttpExchange implements Exchange {
  readonly requestId = 1;
  onDrain: (() => void) | undefined = undefined;
  onAbort: ((reason: string) => void) | undefined = undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #open = true;
  /** Bytes of the body that are to come; without end where the head does not say. */
  #rest = Infinity;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    readonly params: ReadonlyMap<string, string>,
  ) {
    this.#request = request;
    this.#response = response;
    response.on('drain', () => this.onDrain?.());
    response.on('close', () => {
      if (!this.#open || this.#response.writableEnded) return;
      this.#open = false;
      this.onAbort?.('the client went away');
    });
    // A client that breaks off; `close` follows.
    request.on('error', () => {});
    response.on('error', () => {});
  }

  get open(): boolean {
    return this.#open;
  }

  get bodyComplete(): boolean {
    return this.#request.complete;
  }

  readBody(onChunk: (chunk: Uint8Array) => void, onEnd: () => void): void {
    this.#request.on('data', (chunk: Buffer) => {
      if (this.#open) onChunk(chunk);
    });
    this.#request.on('end', () => {
      if (this.#open) onEnd();
    });
  }

  pauseBody(): void {
    this.#request.pause();
  }

  resumeBody(): void {
    this.#request.resume();
  }

  write(chunk: Uint8Array): boolean {
    if (!this.#open) return true;
    const body = this.#response.headersSent ? chunk : this.#begin(chunk);
    this.#rest -= body.length;
    // The client has all that it was told of, and may leave before the program has ended.
    if (this.#rest <= 0) this.#finish(body);
    return body.length === 0 || this.#response.writableEnded || this.#response.write(body);
  }

  end(_appStatus: number, lastChunk: Uint8Array = new Uint8Array()): void {
    if (!this.#open) return;
    this.#open = false;
    const body = this.#response.headersSent ? lastChunk : this.#begin(lastChunk);
    this.#finish(body);
    // What nobody read of the body is let go; the connection may serve another request.
    this.#request.resume();
  }

  destroy(): void {
    this.#open = false;
    this.#response.destroy();
  }

  #finish(body: Uint8Array): void {
    if (!this.#response.writableEnded) this.#response.end(body);
  }

  /** The first bytes are a whole head, which the reply has made: `Status:` first, one line each. */
  #begin(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const end = bytes.indexOf(HEAD_END);
    const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const [, status, reason = ''] = /^Status: (\d{3}) ?(.*)$/.exec(first) ?? [];
    const headers = lines.flatMap((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
    this.#response.writeHead(Number(status), reason, headers);
    const [, length] =
      lines.map((line) => /^content-length: (\d+)$/i.exec(line)).find(Boolean) ?? [];
    if (this.#request.method === 'HEAD') this.#rest = 0;
    else if (length !== undefined) this.#rest = Number(length);
    return bytes.subarray(end + HEAD_END.length);
  }
}
