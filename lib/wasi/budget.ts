// How much a run may write into files: a size that no file may pass, and a sum.

import type { Limits } from '../run.js';
import { Fault } from './errno.js';

export class WriteBudget {
  readonly fileBytes: number;
  #left: number;

  constructor(limits: Limits) {
    this.fileBytes = limits.fileBytes;
    this.#left = limits.writtenBytes;
  }

  /**
   * How many of `bytes` may be written at `position`, at least one.
   * @throws Fault EFBIG, ENOSPC when it is none
   */
  allow(position: number, bytes: number): number {
    if (bytes === 0) return 0;
    if (position >= this.fileBytes) throw new Fault('EFBIG');
    if (this.#left === 0) throw new Fault('ENOSPC');
    return Math.min(bytes, this.fileBytes - position, this.#left);
  }

  spend(bytes: number): void {
    this.#left -= bytes;
  }
}
