// What the building process says on its standard output: whether the program runs, and at last its report.

import { writeSync } from 'node:fs';

const RUNS = 'runs\n';
const STOPPED = 'stopped\n';
/** Far more than a report takes. */
const MOST_CHARACTERS = 4_194_304;

/** Builder's process: says so at once, since the program may never give the thread back. */
export function sayWhetherItRuns(doesRun: boolean): void {
  writeSync(1, doesRun ? RUNS : STOPPED);
}

/** The other side. */
export class Dialogue {
  readonly #changed: (doesRun: boolean) => void;
  #rest = '';

  /** @param changed the program begins to run, or has stopped */
  constructor(changed: (doesRun: boolean) => void) {
    this.#changed = changed;
  }

  /** Takes what was said, in pieces of any shape. */
  hear(text: string): void {
    if (this.#rest.length < MOST_CHARACTERS) this.#rest += text;
    for (let end; (end = this.#rest.indexOf('\n') + 1) > 0;) {
      this.#changed(this.#rest.slice(0, end) === RUNS);
      this.#rest = this.#rest.slice(end);
    }
  }

  /** What came last, and is no word of these; '' when nothing did. */
  get report(): string {
    return this.#rest;
  }
}
