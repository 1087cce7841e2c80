// One open request: the Exchange that a handler sees, and its state.

import type { Exchange } from './exchange.js';
import { ParamsDecoder } from './params.js';
import { Stdin } from './stdin.js';

/** What a request needs of its connection. */
export interface RequestWire {
  /** Sends STDOUT. False when more than the high-water mark is unsent. */
  sendStdout(id: number, chunk: Uint8Array): boolean;
  /** Sends the end; the id is free again when this returns. */
  finish(request: Request, appStatus: number, lastChunk: Uint8Array | undefined): void;
  /** Closes the connection under the request. */
  giveUp(request: Request): void;
  /** A reader has taken or refused bytes: pause or resume the socket accordingly. */
  balance(): void;
}

/**
 * - params: they are not complete
 * - complete: they are, and the handler is about to be called
 * - open: the handler has it
 * - ended: by the handler, or refused before it had one
 * - aborted: by the peer
 */
type RequestState = 'params' | 'complete' | 'open' | 'ended' | 'aborted';

const NO_PARAMS: ReadonlyMap<string, string> = new Map();

export class Request implements Exchange {
  params = NO_PARAMS;
  readonly stdin = new Stdin();
  onDrain: (() => void) | undefined = undefined;
  onAbort: ((reason: string) => void) | undefined = undefined;
  #state: RequestState = 'params';
  #needsDrain = false;
  #decoder: ParamsDecoder | undefined;

  /**
   * @param keep false when the web server asked to close the connection after the answer
   * @param begunAt `performance.now()` of BEGIN_REQUEST
   */
  constructor(
    readonly requestId: number,
    readonly keep: boolean,
    readonly begunAt: number,
    readonly wire: RequestWire,
    paramsBytes: number,
  ) {
    this.#decoder = new ParamsDecoder(paramsBytes);
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  get bodyComplete(): boolean {
    return this.stdin.complete;
  }

  get awaitsParams(): boolean {
    return this.#state === 'params';
  }

  /** True once the peer has sent all of it, and the handler has it. */
  get isWhole(): boolean {
    return this.#state === 'open' && this.stdin.complete;
  }

  /** @throws RequestError, see ParamsDecoder */
  pushParams(bytes: Buffer, start: number, end: number): void {
    this.#decoder?.push(bytes, start, end);
  }

  /** @throws RequestError, see ParamsDecoder */
  finishParams(): void {
    if (this.#decoder === undefined) return; // a second end of the stream
    this.params = this.#decoder.finish();
    this.#decoder = undefined;
    this.#state = 'complete';
  }

  /** From here on the handler has it. True once, when the params were complete before. */
  handOver(): boolean {
    if (this.#state !== 'complete') return false;
    this.#state = 'open';
    return true;
  }

  readBody(onChunk: (chunk: Uint8Array) => void, onEnd: () => void): void {
    this.stdin.read(onChunk, onEnd);
    this.wire.balance();
  }

  pauseBody(): void {
    this.stdin.pause();
  }

  resumeBody(): void {
    this.stdin.resume();
    this.wire.balance();
  }

  write(chunk: Uint8Array): boolean {
    if (!this.open) return true;
    const below = this.wire.sendStdout(this.requestId, chunk);
    if (!below) this.#needsDrain = true;
    return below;
  }

  end(appStatus: number, lastChunk?: Uint8Array): void {
    if (!this.open) return;
    this.close();
    this.wire.finish(this, appStatus, lastChunk);
  }

  destroy(): void {
    if (!this.open) return;
    this.close();
    this.wire.giveUp(this);
  }

  /** The connection's unsent bytes are gone. */
  drained(): void {
    if (!this.#needsDrain || !this.open) return;
    this.#needsDrain = false;
    this.onDrain?.();
  }

  /** Ends the request without a word to its handler. */
  close(): void {
    this.#state = 'ended';
    this.#decoder = undefined;
    this.stdin.drop();
  }

  /** Ends the request for the peer's reasons and tells its handler, if it has one. */
  abort(reason: string): void {
    const known = this.open;
    this.#state = 'aborted';
    this.#decoder = undefined;
    this.stdin.drop();
    if (known) this.onAbort?.(reason);
  }
}
