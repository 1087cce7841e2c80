// How long to wait before a responder that ended is started again: as httpd does with its own.

const FAST_MS = 10_000;
const MOST = 5;

/** Counts the ends in a row that came within ten seconds. */
export class FastDeaths {
  #count = 0;

  /**
   * @param livedMs how long it ran
   * @returns ms to wait: 0, 1,000, 2,000, 4,000; undefined at the fifth in a row: give it up
   */
  pauseAfter(livedMs: number): number | undefined {
    if (livedMs > FAST_MS) this.#count = 0;
    this.#count += 1;
    if (this.#count >= MOST) return undefined;
    return this.#count === 1 ? 0 : 1_000 * 2 ** (this.#count - 2);
  }
}
