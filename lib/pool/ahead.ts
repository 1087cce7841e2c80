// The runs that lie in one thread's mailbox beforehand, and who has which of its slots.

import { MAILBOX_SLOTS, type Mailbox } from '../channel/mailbox.js';
import type { PooledRun } from './pooled-run.js';

/** A run with a place in a thread's mailbox. */
export interface Given {
  /** Of the run within its thread. */
  readonly number: number;
  readonly slot: number;
  readonly moduleKey: string;
  /** How long runs of its module take this thread; Infinity when that is not known. */
  readonly micros: number;
  /** `undefined` when it ended after the thread had begun it. */
  run: PooledRun | undefined;
}

export class Ahead {
  readonly #mailbox: Mailbox;
  readonly #freeSlots = Array.from({ length: MAILBOX_SLOTS }, (_, index) => index);
  /** In the order in which they are begun. */
  readonly #given: Given[] = [];

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  get isEmpty(): boolean {
    return this.#given.length === 0;
  }

  get runs(): readonly PooledRun[] {
    return this.#given.flatMap(({ run }) => run ?? []);
  }

  get moduleKeys(): readonly string[] {
    return this.#given.map(({ moduleKey }) => moduleKey);
  }

  /** What all of them together take. */
  get micros(): number {
    return this.#given.reduce((sum, { micros }) => sum + micros, 0);
  }

  /** Takes a slot for a run, if there is one. */
  takeSlot(): number | undefined {
    return this.#freeSlots.pop();
  }

  freeSlot(slot: number): void {
    this.#freeSlots.push(slot);
  }

  /** It has been asked. */
  add(given: Given): void {
    this.#given.push(given);
  }

  /** The thread begins this one next, or has begun it. */
  shift(): Given | undefined {
    return this.#given.shift();
  }

  /** Takes back what is not begun, in order. */
  takeBack(): PooledRun[] {
    const taken: PooledRun[] = [];
    for (;;) {
      const last = this.#given.at(-1);
      if (last === undefined || !this.#withdraw(last)) return taken;
      if (last.run !== undefined) taken.unshift(last.run);
    }
  }

  /** `run` is over. @returns whether it was here, and its number when the thread has begun it */
  drop(run: PooledRun): { readonly begun: number | undefined } | undefined {
    const given = this.#given.find((one) => one.run === run);
    if (given === undefined) return undefined;
    if (this.#withdraw(given)) return { begun: undefined };
    given.run = undefined;
    return { begun: given.number };
  }

  #withdraw(given: Given): boolean {
    if (!this.#mailbox.withdraw(given.slot, given.number)) return false;
    this.#given.splice(this.#given.indexOf(given), 1);
    this.freeSlot(given.slot);
    return true;
  }
}
