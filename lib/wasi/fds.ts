// The guest's table of fds: the lowest free number is taken next, as POSIX programs expect.

import type { Descriptor } from './descriptor.js';
import { Directory } from './directory.js';
import { Fault } from './errno.js';

export class FdTable {
  #slots: (Descriptor | undefined)[] = [];
  #count = 0;

  /**
   * @param limit most fds open at once
   * @param reached told whenever one more is refused
   */
  constructor(
    private readonly limit: number,
    private readonly reached: () => void,
  ) {}

  /** @throws Fault EBADF */
  get(fd: number): Descriptor {
    const descriptor = this.#slots[fd];
    if (descriptor === undefined) throw new Fault('EBADF');
    return descriptor;
  }

  /** @throws Fault EBADF, ENOTDIR */
  directory(fd: number): Directory {
    return this.asDirectory(this.get(fd));
  }

  /** To be asked before anything is opened. @throws Fault EMFILE when the table is full */
  needRoom(): void {
    if (this.#count < this.limit) return;
    this.reached();
    throw new Fault('EMFILE');
  }

  /** @throws Fault EMFILE */
  add(descriptor: Descriptor): number {
    this.needRoom();
    let fd = 0;
    while (this.#slots[fd] !== undefined) fd++;
    this.#slots[fd] = descriptor;
    this.#count++;
    return fd;
  }

  close(fd: number): void {
    const descriptor = this.get(fd);
    this.#slots[fd] = undefined;
    this.#count--;
    descriptor.close();
  }

  /** All of them, by fd. */
  slots(): readonly (Descriptor | undefined)[] {
    return this.#slots;
  }

  /** Puts others in their place; none is closed. @throws Fault EMFILE */
  replace(slots: readonly (Descriptor | undefined)[]): void {
    this.#slots = [...slots];
    this.#count = slots.filter((one) => one !== undefined).length;
    if (this.#count > this.limit) throw new Fault('EMFILE');
  }

  /** @throws Fault ENOTDIR */
  asDirectory(descriptor: Descriptor): Directory {
    if (!(descriptor instanceof Directory)) throw new Fault('ENOTDIR');
    return descriptor;
  }

  /** Moves `from` onto the open fd `to`, which is closed. @throws Fault EBADF when one is not open */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from);
    const replaced = this.get(to);
    if (from === to) return;
    this.#slots[to] = descriptor;
    this.#slots[from] = undefined;
    this.#count--;
    replaced.close();
  }
}
