// The body of one run on its way to the guest: gathered while the run waits, then posted with credit.

import { WINDOW_COST, chunkCost, ownChunk } from '../channel/credit.js';

type Chunk = Uint8Array<ArrayBuffer>;

/** Takes the next chunk, or `undefined` for the end. */
export type PostBody = (chunk: Chunk | undefined) => void;

export class BodyStream {
  readonly #wanted: () => void;
  #post: PostBody | undefined;
  #gathered: Chunk[] = [];
  #ended = false;
  #onTheWayCost = 0;
  #held = false;

  /** @param wanted called when a `give` that answered false may go on */
  constructor(wanted: () => void) {
    this.#wanted = wanted;
  }

  /** All of it was given, or nobody wants more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** There is no body, and none will come. */
  get isEmpty(): boolean {
    return this.#ended && this.#gathered.length === 0;
  }

  /** @returns whether more may be given now */
  give(chunk: Chunk): boolean {
    if (this.#ended) return true;
    if (chunk.length > 0) {
      const own = ownChunk(chunk);
      this.#onTheWayCost += chunkCost(own);
      if (this.#post === undefined) this.#gathered.push(own);
      else this.#post(own);
    }
    this.#held = this.#onTheWayCost >= WINDOW_COST;
    return !this.#held;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#post?.(undefined);
  }

  /** The run begins: answers what was gathered; from now on everything goes through `post`. */
  open(post: PostBody): { readonly body: readonly Chunk[]; readonly bodyEnded: boolean } {
    this.#post = post;
    const body = this.#gathered;
    this.#gathered = [];
    return { body, bodyEnded: this.#ended };
  }

  /** The guest has taken chunks of this cost. */
  taken(cost: number): void {
    this.#onTheWayCost -= cost;
    if (!this.#held || this.#onTheWayCost > WINDOW_COST / 2) return;
    this.#held = false;
    this.#wanted();
  }

  /** Nobody reads the rest: it is taken from the giver, so that it can read on, and dropped. */
  close(): void {
    const wasHeld = this.#held;
    this.#ended = true;
    this.#held = false;
    this.#gathered = [];
    if (wasHeld) this.#wanted();
  }
}
