// The runs that no thread has: those that wait for one, and those whose body is on its way.

import { FewSet } from '../few.js';
import type { PooledRun } from './pooled-run.js';

export class Queue {
  readonly #waiting: PooledRun[] = [];
  /** Wait for their body rather than for a thread. No limit of the queue: each has a connection. */
  readonly #arriving = new FewSet<PooledRun>();

  /** How many wait for a thread. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get size(): number {
    return this.#waiting.length + this.#arriving.size;
  }

  get all(): readonly PooledRun[] {
    return [...this.#waiting, ...this.#arriving];
  }

  add(run: PooledRun): void {
    this.#waiting.push(run);
  }

  /** Before all others: they came earlier. */
  putBack(runs: readonly PooledRun[]): void {
    this.#waiting.unshift(...runs);
  }

  addArriving(run: PooledRun): void {
    this.#arriving.add(run);
  }

  /** The body of a run has come. @returns false when it had a place already */
  arrived(run: PooledRun): boolean {
    return this.#arriving.delete(run);
  }

  get first(): PooledRun | undefined {
    return this.#waiting[0];
  }

  dropFirst(): void {
    this.#waiting.shift();
  }

  /**
   * Takes the first that waits, and only then one whose body is still on its way.
   * @param mayWait whether one may be begun that waits for its body then
   */
  next(mayWait: boolean): PooledRun | undefined {
    const place = this.#waiting.findIndex((run) => mayWait || run.bodyStream.ended);
    if (place >= 0) return this.#waiting.splice(place, 1)[0];
    const [arriving] = mayWait ? this.#arriving : [];
    if (arriving !== undefined) this.#arriving.delete(arriving);
    return arriving;
  }

  /** @returns whether it was there */
  remove(run: PooledRun): boolean {
    const place = this.#waiting.indexOf(run);
    if (place >= 0) this.#waiting.splice(place, 1);
    return place >= 0 || this.#arriving.delete(run);
  }
}
