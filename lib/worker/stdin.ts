// Guest stdin: the body of its request, taken from the pipe as the guest reads.

import type { PipeReader } from '../channel/pipe.js';
import type { ByteSource } from '../wasi/process.js';
import type { RunClock } from './clock.js';

export class StdinSource implements ByteSource {
  readonly #clock: RunClock;
  readonly #pipe: PipeReader;
  readonly #ring: () => void;
  #hasBody = false;

  /** @param ring tells the main thread that there is room in the pipe, for which it waits */
  constructor(clock: RunClock, pipe: PipeReader, ring: () => void) {
    this.#clock = clock;
    this.#pipe = pipe;
    this.#ring = ring;
  }

  /** @param hasBody false: what is in the pipe is not this run's */
  begin(hasBody: boolean): void {
    this.#hasBody = hasBody;
  }

  get available(): number {
    return this.#hasBody ? this.#pipe.available : 0;
  }

  get ended(): boolean {
    return !this.#hasBody || this.#pipe.isOver;
  }

  read(target: Uint8Array): number {
    this.#clock.check();
    if (target.length === 0) return 0;
    if (!this.#isReady()) this.#clock.wait(() => this.#isReady());
    if (this.available === 0) return 0;
    const count = this.#pipe.read(target);
    if (this.#pipe.claimRoom()) this.#ring();
    return count;
  }

  wait(timeoutMs: number): boolean {
    return this.#clock.wait(() => this.#isReady(), timeoutMs);
  }

  #isReady(): boolean {
    return this.available > 0 || this.ended;
  }
}
