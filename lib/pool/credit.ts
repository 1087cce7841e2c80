// How much of its stdout a thread is told to have been taken: it counts over all of its runs.

import { type ControlWords, WORD, setWord } from '../channel/control.js';

export class StdoutCredit {
  readonly #words: ControlWords;
  /** Cost of the stdout of all earlier runs, and of what came of this one. */
  #earlier = 0;
  #posted = 0;
  #taken = 0;

  constructor(words: ControlWords) {
    this.#words = words;
  }

  /** The next run begins. */
  begin(): void {
    this.#earlier += this.#posted;
    this.#posted = 0;
    this.#taken = 0;
  }

  posted(cost: number): void {
    this.#posted += cost;
  }

  /** @param cost of all that was taken of this run */
  grant(cost: number): void {
    if (cost === this.#taken) return;
    this.#taken = cost;
    setWord(this.#words, WORD.STDOUT_TAKEN, (this.#earlier + cost) | 0);
  }

  /** The run is over: what it wrote counts as taken. */
  end(): void {
    if (this.#posted === 0) return;
    setWord(this.#words, WORD.STDOUT_TAKEN, (this.#earlier + this.#posted) | 0);
  }
}
