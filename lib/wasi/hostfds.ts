// The host descriptors of one run: every one is opened and closed here, so that none outlives it.

import { closeSync, openSync } from 'node:fs';

export class HostFds {
  readonly #open = new Set<number>();

  get size(): number {
    return this.#open.size;
  }

  /** @throws the system error of open(2) */
  open(path: string | Buffer, flags: number): number {
    const fd = openSync(path, flags, 0o666);
    this.#open.add(fd);
    return fd;
  }

  close(fd: number): void {
    if (this.#open.delete(fd)) closeSync(fd);
  }

  closeAll(): void {
    for (const fd of this.#open) {
      try {
        closeSync(fd);
      } catch {
        // The kernel has let go of it all the same (EIO of a network file system), and the run is over.
      }
    }
    this.#open.clear();
  }
}
