// The answer to a request to somebody else: handed on as it comes, no faster than it is taken.

import type { IncomingMessage } from 'node:http';

import { WINDOW_COST, chunkCost, ownChunk } from '../channel/credit.js';
import type { ErrorCode, OutgoingPeer } from '../channel/outgoing.js';
import type { Patience } from './patience.js';
import { fieldsOf } from './wire.js';

/** What an answer may be. */
export interface AnswerLimits {
  /** Of its body. */
  readonly bytes: number;
  /** Longest pause of the server, ms. */
  readonly idleMs: number;
}

const INCOMPLETE = 'the connection ended before the answer did';

export class Answer {
  readonly #message: IncomingMessage;
  readonly #limits: AnswerLimits;
  readonly #peer: OutgoingPeer;
  readonly #patience: Patience;
  readonly #ended: (code?: ErrorCode, reason?: string) => void;
  #isOver = false;
  #receivedBytes = 0;
  #onTheWayCost = 0;

  /** @param ended is called with what was wrong, or without; again when it has ended again */
  constructor(
    message: IncomingMessage,
    limits: AnswerLimits,
    peer: OutgoingPeer,
    patience: Patience,
    ended: (code?: ErrorCode, reason?: string) => void,
  ) {
    this.#message = message;
    this.#limits = limits;
    this.#peer = peer;
    this.#patience = patience;
    this.#ended = ended;
    peer.tell({ kind: 'head', status: this.status, headers: fieldsOf(message.rawHeaders) });
    this.#waitForMore();
    const cut = (): void => ended({ tag: 'HTTP-response-incomplete' }, INCOMPLETE);
    message.on('data', (chunk: Buffer<ArrayBuffer>) => this.#take(chunk));
    message.on('end', () => {
      if (this.#isOver) return;
      if (!message.complete) return cut();
      peer.tell({ kind: 'ended', trailers: fieldsOf(message.rawTrailers) });
      ended();
    });
    message.on('error', cut);
    message.on('close', cut);
  }

  get status(): number {
    return this.#message.statusCode ?? 0;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The guest has taken so much of it. */
  taken(cost: number): void {
    this.#onTheWayCost -= cost;
    if (!this.#message.isPaused() || this.#onTheWayCost >= WINDOW_COST) return;
    this.#message.resume();
    this.#waitForMore();
  }

  /** Nobody is told of it any more. */
  close(): void {
    this.#isOver = true;
  }

  #waitForMore(): void {
    this.#patience.wait(this.#limits.idleMs, { tag: 'connection-read-timeout' });
  }

  #take(chunk: Buffer<ArrayBuffer>): void {
    if (this.#isOver) return;
    this.#receivedBytes += chunk.length;
    const { bytes: most } = this.#limits;
    if (this.#receivedBytes > most) {
      const code = { tag: 'HTTP-response-body-size', value: BigInt(most) } as const;
      return this.#ended(code, `its answer has more than ${most} bytes`);
    }
    this.#onTheWayCost += chunkCost(chunk);
    this.#peer.tell({ kind: 'chunk', chunk: ownChunk(chunk) });
    if (this.#onTheWayCost < WINDOW_COST) return this.#waitForMore();
    // Now it is the guest who has to do something, and its run has limits of its own.
    this.#message.pause();
    this.#patience.rest();
  }
}
