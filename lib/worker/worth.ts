// Whether a memory that a run has used is worth to be kept for the next.

/** A larger memory is given up: making it as new would cost more than a new one for a modest run. */
const MOST_KEPT_PAGES = 512;
/** Runs in a row that use less than half of a memory, after which it is given up. */
const MOST_MODEST_RUNS = 8;
/** Less than this is not worth to be given up. */
const SMALL_PAGES = 16;

export class Worth {
  #modestRuns = 0;

  /**
   * To be asked once after each run.
   * @param pages what there is
   * @param used by the run
   */
  isKept(pages: number, used: number): boolean {
    if (pages > MOST_KEPT_PAGES) return false;
    this.#modestRuns = pages > 2 * used + SMALL_PAGES ? this.#modestRuns + 1 : 0;
    return this.#modestRuns < MOST_MODEST_RUNS;
  }

  /** Another memory takes its place. */
  forget(): void {
    this.#modestRuns = 0;
  }
}
