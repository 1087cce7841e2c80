// Where a thread's bodies come in: its pipe, and the waking of the guest that waits for more.

import { type ControlWords, wake } from '../channel/control.js';
import { PipeWriter, createPipeMemory } from '../channel/pipe.js';

export class Intake {
  readonly memory = createPipeMemory();
  readonly pipe = new PipeWriter(this.memory);
  readonly #words: ControlWords;
  #isDue = false;

  /** @param words of the thread */
  constructor(words: ControlWords) {
    this.#words = words;
  }

  /** Once for all that comes in this turn: a guest reads it in less time than it takes to wake it. */
  wakeSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#wake);
  }

  readonly #wake = (): void => {
    this.#isDue = false;
    wake(this.#words);
  };
}
