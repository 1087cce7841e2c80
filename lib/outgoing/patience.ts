// How long one request may wait for its next event.

import type { ErrorCode } from '../channel/outgoing.js';

/** What a timer of Node can hold. */
const MOST_MS = 2_147_483_647;

export class Patience {
  readonly #over: (code: ErrorCode, reason: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #ms = 0;
  #code: ErrorCode | undefined;

  /** @param over called when a wait was too long, with what it was given */
  constructor(over: (code: ErrorCode, reason: string) => void) {
    this.#over = over;
  }

  /** Begins to wait anew, at most `ms`. */
  wait(ms: number, code: ErrorCode): void {
    if (this.#timer !== undefined && ms === this.#ms && code.tag === this.#code?.tag) {
      this.#timer.refresh();
      return;
    }
    this.rest();
    this.#ms = ms;
    this.#code = code;
    this.#timer = setTimeout(
      () => this.#over(code, `nothing happened for ${Math.round(ms)} ms`),
      Math.min(ms, MOST_MS),
    );
  }

  /** Waits for nothing. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
