// Guest stdin: the body's chunks, taken from the body port as the guest reads.

import type { BodyMessage } from '../channel/contract.js';
import { CHUNK_BYTES, chunkCost } from '../channel/credit.js';
import type { ByteSource } from '../wasi/process.js';
import type { RunClock } from './clock.js';

const NOTHING = new Uint8Array(0);

export class StdinSource implements ByteSource {
  readonly #clock: RunClock;
  readonly #receive: () => BodyMessage | undefined;
  readonly #taken: (cost: number) => void;
  #run = 0;
  #given: readonly Uint8Array[] = [];
  #chunk: Uint8Array = NOTHING;
  #inputEnded = false;
  #endFollows = false;
  #unreportedCost = 0;

  /**
   * @param receive the next message of the body port, without waiting
   * @param taken tells the main thread that it may send chunks of this cost more
   */
  constructor(
    clock: RunClock,
    receive: () => BodyMessage | undefined,
    taken: (cost: number) => void,
  ) {
    this.#clock = clock;
    this.#receive = receive;
    this.#taken = taken;
  }

  /** @param given chunks that came with the start of the run; `ended` when these are all */
  begin(run: number, given: readonly Uint8Array[], ended: boolean): void {
    this.#run = run;
    this.#given = given;
    this.#chunk = NOTHING;
    this.#inputEnded = false;
    this.#endFollows = ended;
    this.#unreportedCost = 0;
  }

  /** Lets go of what the guest did not read; chunks still on their way are dropped by their run number. */
  end(): void {
    this.#given = [];
    this.#chunk = NOTHING;
    while (this.#receive() !== undefined);
  }

  get available(): number {
    this.#fill();
    return this.#chunk.length;
  }

  get ended(): boolean {
    return this.#fill() && this.#inputEnded;
  }

  read(target: Uint8Array): number {
    this.#clock.check();
    if (target.length === 0) return 0;
    if (!this.#fill()) this.#clock.wait(() => this.#fill());
    const count = Math.min(target.length, this.#chunk.length);
    target.set(this.#chunk.subarray(0, count));
    this.#chunk = this.#chunk.subarray(count);
    return count;
  }

  wait(timeoutMs: number): boolean {
    return this.#clock.wait(() => this.#fill(), timeoutMs);
  }

  /** True when there are bytes in `#chunk` or the end is reached; takes the next chunk if it has to. */
  #fill(): boolean {
    while (this.#chunk.length === 0 && !this.#inputEnded) {
      const [first, ...rest] = this.#given;
      if (first !== undefined) {
        this.#given = rest;
        this.#take(first);
      } else if (this.#endFollows) {
        this.#inputEnded = true;
      } else {
        const message = this.#receive();
        if (message === undefined) return false;
        if (message.run !== this.#run) continue;
        if (message.chunk === undefined) this.#inputEnded = true;
        else this.#take(message.chunk);
      }
    }
    return true;
  }

  #take(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#unreportedCost += chunkCost(chunk);
    // A quarter of the window: rare enough to be cheap, often enough that the sender never runs dry.
    if (this.#unreportedCost < CHUNK_BYTES) return;
    this.#taken(this.#unreportedCost);
    this.#unreportedCost = 0;
  }
}
