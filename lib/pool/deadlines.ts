// One timer for every deadline of the pool: setting and clearing a timer per request costs more than the rest.

import { FewMap } from '../few.js';

/** Calls back at points in time; late by a few ms, never early. */
export class Deadlines {
  readonly #entries = new FewMap<object, { readonly atMs: number; readonly due: () => void }>();
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;

  /** Calls `due` in `delayMs` unless `clear(owner)` comes first. An owner has one deadline at a time. */
  set(owner: object, delayMs: number, due: () => void): void {
    const atMs = performance.now() + delayMs;
    this.#entries.set(owner, { atMs, due });
    if (atMs < this.#timerAtMs) this.#arm(atMs);
  }

  /** The timer stays as it is: it finds nothing due and is armed for what is left. */
  clear(owner: object): void {
    this.#entries.delete(owner);
  }

  close(): void {
    this.#entries.clear();
    clearTimeout(this.#timer);
    this.#timerAtMs = Infinity;
  }

  #arm(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    // setTimeout takes at most 2^31 - 1 ms; a later deadline is looked at again then.
    const delayMs = Math.min(Math.max(1, Math.ceil(atMs - performance.now())), 0x7fffffff);
    this.#timer = setTimeout(() => this.#tick(), delayMs);
    // What waits for a deadline is kept alive by its thread, not by this timer.
    this.#timer.unref();
  }

  #tick(): void {
    this.#timerAtMs = Infinity;
    const nowMs = performance.now();
    for (const owner of this.#entries.keys().slice()) {
      // One that is due may have cleared or set others.
      const entry = this.#entries.get(owner);
      if (entry === undefined || entry.atMs > nowMs) continue;
      this.#entries.delete(owner);
      entry.due();
    }
    let nextMs = Infinity;
    for (const { atMs } of this.#entries.values()) nextMs = Math.min(nextMs, atMs);
    if (nextMs < this.#timerAtMs) this.#arm(nextMs);
  }
}
