// How much a run may write into files: a size that no file may pass, and a sum.

import type { Limits } from '../run.js';
import { Fault } from './errno.js';

export class WriteBudget {
  readonly fileBytes: number;
  readonly #reached: (limit: keyof Limits) => void;
  #left: number;
  /** Bytes in all. */
  spent = 0;

  /** @param reached told whenever a write is refused or cut */
  constructor(limits: Limits, reached: (limit: keyof Limits) => void) {
    this.fileBytes = limits.fileBytes;
    this.#left = limits.writtenBytes;
    this.#reached = reached;
  }

  /**
   * How many of `bytes` may be written at `position`, at least one.
   * @throws Fault EFBIG, ENOSPC when it is none
   */
  allow(position: number, bytes: number): number {
    if (bytes === 0) return 0;
    this.needSize(position + 1);
    if (bytes > this.#left) this.#reached('writtenBytes');
    if (this.#left === 0) throw new Fault('ENOSPC');
    const allowed = Math.min(bytes, this.fileBytes - position, this.#left);
    if (bytes > this.fileBytes - position) this.#reached('fileBytes');
    return allowed;
  }

  /** @throws Fault EFBIG when no file may be so long */
  needSize(bytes: number | bigint): void {
    if (bytes <= this.fileBytes) return;
    this.#reached('fileBytes');
    throw new Fault('EFBIG');
  }

  spend(bytes: number): void {
    this.#left -= bytes;
    this.spent += bytes;
  }
}
