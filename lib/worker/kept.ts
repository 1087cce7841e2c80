// How much memory one thread keeps between runs, for all of its programs together.

/** Some six PHPs; a program beyond that has fresh memory for each run. */
const MOST_KEPT_BYTES = 128 * 1024 * 1024;

export class KeptBytes {
  readonly #held = new Map<object, number>();
  #total = 0;

  /** @param limitBytes of all together */
  constructor(readonly limitBytes = MOST_KEPT_BYTES) {}

  /** `holder` wants to keep so much in all. @returns whether it may; if not, it holds what it had */
  hold(holder: object, bytes: number): boolean {
    const before = this.#held.get(holder) ?? 0;
    if (bytes === before) return true;
    if (this.#total - before + bytes > this.limitBytes) return false;
    this.#total += bytes - before;
    this.#held.set(holder, bytes);
    return true;
  }

  release(holder: object): void {
    this.#total -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }
}
