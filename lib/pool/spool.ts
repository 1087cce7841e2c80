// Between a guest that writes and a receiver that may be slow: a bounded amount waits here.

import { chunkCost } from '../channel/credit.js';
import type { Store, Stored, StoredFile } from './store.js';

type Chunk = Uint8Array<ArrayBuffer>;

/** What one run may leave here in memory before its guest is held back, as cost. */
export const SPOOL_COST = 1024 * 1024;
/** What stays in memory of a run that spills: enough for the receiver while the disk is read. */
const KEPT_COST = 256 * 1024;

export class Spool {
  readonly #receive: (chunk: Chunk) => boolean;
  readonly #file: StoredFile | undefined;
  readonly #pieces: (Chunk | Stored)[] = [];
  #spills = false;
  #held = false;
  #arrivedCost = 0;
  #deliveredCost = 0;
  /** Of the pieces that lie in `#file`. */
  #storedCost = 0;

  /**
   * @param receive takes a chunk; false: deliver no more before `drained`
   * @param store none: all of it waits in memory
   */
  constructor(receive: (chunk: Chunk) => boolean, store?: Store) {
    this.#receive = receive;
    this.#file = store?.open();
  }

  /** Everything that arrived was delivered. */
  get empty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Cost of the chunks that count as taken: the guest may be this far, plus its window. */
  get takenCost(): number {
    return Math.min(this.#arrivedCost, this.#deliveredCost + this.#storedCost + SPOOL_COST);
  }

  push(chunk: Chunk): void {
    const cost = chunkCost(chunk);
    this.#arrivedCost += cost;
    if (this.#held || this.#pieces.length > 0) {
      this.#pieces.push(this.#placed(chunk));
      this.#deliver();
    } else {
      this.#hand(chunk, cost);
    }
  }

  /** From now on the disk takes what the receiver does not, as far as there is room. */
  spill(): void {
    if (this.#spills) return;
    this.#spills = true;
    let keptCost = 0;
    for (const [index, piece] of this.#pieces.entries()) {
      keptCost += piece.length;
      if (piece instanceof Uint8Array && keptCost > KEPT_COST) {
        this.#pieces[index] = this.#stored(piece) ?? piece;
      }
    }
  }

  /** The receiver can take more. */
  drained(): void {
    this.#held = false;
    this.#deliver();
  }

  /** Nobody wants the rest. */
  discard(): void {
    this.#pieces.length = 0;
    this.#file?.close();
  }

  #placed(chunk: Chunk): Chunk | Stored {
    const waitingCost = this.#arrivedCost - this.#deliveredCost - this.#storedCost;
    if (!this.#spills || waitingCost <= KEPT_COST) return chunk;
    return this.#stored(chunk) ?? chunk;
  }

  #stored(chunk: Chunk): Stored | undefined {
    const stored = this.#file?.write(chunk);
    if (stored !== undefined) this.#storedCost += chunkCost(chunk);
    return stored;
  }

  /** The receiver may call `drained` or `discard` from within: every turn looks again. */
  #deliver(): void {
    while (!this.#held) {
      const piece = this.#pieces.shift();
      if (piece === undefined) return;
      const chunk = this.#loaded(piece);
      this.#hand(chunk, chunkCost(chunk));
    }
  }

  #hand(chunk: Chunk, cost: number): void {
    this.#deliveredCost += cost;
    // Held first, so that a `drained` from within the call is not undone by its answer.
    this.#held = true;
    if (this.#receive(chunk)) this.#held = false;
  }

  #loaded(piece: Chunk | Stored): Chunk {
    if (piece instanceof Uint8Array || this.#file === undefined) {
      return piece instanceof Uint8Array ? piece : new Uint8Array();
    }
    const chunk = this.#file.read(piece);
    this.#storedCost -= chunkCost(chunk);
    return chunk;
  }
}
