// Between a guest that writes and a receiver that may be slow: a bounded amount waits here.

import { chunkCost } from '../channel/credit.js';

/** What one run may leave here before its guest is held back, as cost. */
export const SPOOL_COST = 1024 * 1024;

export class Spool {
  readonly #receive: (chunk: Uint8Array<ArrayBuffer>) => boolean;
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #held = false;
  #arrivedCost = 0;
  #deliveredCost = 0;

  /** @param receive takes a chunk; false: deliver no more before `drained` */
  constructor(receive: (chunk: Uint8Array<ArrayBuffer>) => boolean) {
    this.#receive = receive;
  }

  /** Everything that arrived was delivered. */
  get empty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Cost of the chunks that count as taken: the guest may be this far, plus its window. */
  get takenCost(): number {
    return Math.min(this.#arrivedCost, this.#deliveredCost + SPOOL_COST);
  }

  push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#arrivedCost += chunkCost(chunk);
    this.#chunks.push(chunk);
    this.#deliver();
  }

  /** The receiver can take more. */
  drained(): void {
    this.#held = false;
    this.#deliver();
  }

  /** The receiver may call `drained` or `discard` from within: every turn looks again. */
  #deliver(): void {
    while (!this.#held) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) return;
      this.#deliveredCost += chunkCost(chunk);
      // Held first, so that a `drained` from within the call is not undone by its answer.
      this.#held = true;
      if (this.#receive(chunk)) this.#held = false;
    }
  }

  /** Nobody wants the rest. */
  discard(): void {
    this.#chunks.length = 0;
  }
}
