// One piece of work at a time: who comes while another is at it waits, in the order of coming.

export class Turns {
  readonly #most: number;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param most that wait, the one at work not counted */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Does `work` once all that came before is over.
   * @param work never throws
   * @returns how many are before it; 'full' when it was not taken, for as many as may wait do
   */
  take(work: () => Promise<void>): number | 'full' {
    const before = this.#waiting;
    if (before > this.#most) return 'full';
    this.#waiting += 1;
    this.#last = this.#last.then(work).finally(() => (this.#waiting -= 1));
    return before;
  }

  /** Resolves once nobody is at work. */
  async over(): Promise<void> {
    for (let last; last !== this.#last;) await (last = this.#last);
  }
}
