// The body of one run on its way to the guest: gathered while the run waits, then written to the pipe.

import { WINDOW_COST, chunkCost } from '../channel/credit.js';
import type { PipeWriter } from '../channel/pipe.js';
import type { Intake } from './intake.js';

export class BodyStream {
  readonly #wanted: () => void;
  #intake: Intake | undefined;
  /** What is not in the pipe: all of it while the run waits, later what the pipe had no room for. */
  #gathered: Uint8Array[] = [];
  #gatheredCost = 0;
  #ended = false;
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

  /** @param chunk is copied @returns whether more may be given now */
  give(chunk: Uint8Array): boolean {
    if (this.#ended) return true;
    const written = this.#gathered.length === 0 ? (this.#intake?.pipe.write(chunk) ?? 0) : 0;
    if (written < chunk.length) {
      const rest = new Uint8Array(chunk.subarray(written));
      this.#gathered.push(rest);
      this.#gatheredCost += chunkCost(rest);
    }
    if (this.#intake === undefined) this.#held = this.#gatheredCost >= WINDOW_COST;
    else this.#held = !this.#write(this.#intake.pipe);
    this.#intake?.wakeSoon();
    return !this.#held;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#gathered.length > 0) return;
    this.#intake?.pipe.end();
    this.#intake?.wakeSoon();
  }

  /** The run begins, and may read what was gathered; all that comes later goes to the pipe. */
  open(intake: Intake): void {
    const { pipe } = intake;
    this.#intake = intake;
    pipe.begin();
    if (this.#write(pipe) && this.#held) pipe.await();
  }

  /** The guest may have made room. */
  roomCame(): void {
    const intake = this.#intake;
    if (!this.#held || intake === undefined || intake.pipe.isAwaited) return;
    const isWritten = this.#write(intake.pipe);
    intake.wakeSoon();
    if (!isWritten) return;
    this.#held = false;
    this.#wanted();
  }

  /** Nobody reads the rest: it is taken from the giver, so that it can read on, and dropped. */
  close(): void {
    const wasHeld = this.#held;
    this.#ended = true;
    this.#held = false;
    this.#gathered = [];
    this.#intake = undefined;
    if (wasHeld) this.#wanted();
  }

  /** @returns whether all is in the pipe; else its reader rings when there is room for more */
  #write(pipe: PipeWriter): boolean {
    for (;;) {
      const [first] = this.#gathered;
      if (first === undefined) {
        if (this.#ended) pipe.end();
        return true;
      }
      const written = pipe.write(first);
      if (written === first.length) this.#gathered.shift();
      else {
        this.#gathered[0] = first.subarray(written);
        pipe.await();
        if (!pipe.claimRoom()) return false;
      }
    }
  }
}
