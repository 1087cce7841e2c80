// The end of a run as the guest's thread sees it: deadline, stop word, and the one stop that counts.

import { type ControlWords, WORD, waitUntil } from '../channel/control.js';
import type { Outcome } from '../run.js';
import { GuestStop } from '../wasi/process.js';

/** One per thread; `begin` makes it the clock of the next run. */
export class RunClock {
  readonly #words: ControlWords;
  #run = 0;
  #begunMs = 0;
  #deadlineMs = 0;
  #stopped: GuestStop | undefined;

  constructor(words: ControlWords) {
    this.#words = words;
  }

  begin(run: number, timeoutMs: number): void {
    this.#run = run;
    this.#begunMs = performance.now();
    this.#deadlineMs = this.#begunMs + timeoutMs;
    this.#stopped = undefined;
  }

  /** How long the run has been going on. */
  get ageMs(): number {
    return performance.now() - this.#begunMs;
  }

  /** Why the run was stopped from this side, if it was: whatever the guest made of the exception. */
  get stopped(): Outcome | undefined {
    return this.#stopped?.outcome;
  }

  /** Ends the run. A guest's catch_all may swallow the exception, so every later `check` throws it again. */
  stop(outcome: Outcome): never {
    this.#stopped ??= new GuestStop(outcome);
    throw this.#stopped;
  }

  /** @throws GuestStop when the run is to end; called by every read and write */
  check(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
    if (Atomics.load(this.#words, WORD.STOP) === this.#run) this.stop({ kind: 'aborted' });
  }

  /**
   * Waits until `ready`, at most `timeoutMs`.
   * @returns whether it was ready
   * @throws GuestStop at the deadline or when the run was stopped
   */
  wait(ready: () => boolean, timeoutMs = Infinity): boolean {
    const giveUpMs = performance.now() + timeoutMs;
    return waitUntil(this.#words, ready, () => {
      this.check();
      const nowMs = performance.now();
      if (nowMs >= this.#deadlineMs) this.stop({ kind: 'timeout' });
      return Math.min(this.#deadlineMs, giveUpMs) - nowMs;
    });
  }
}
