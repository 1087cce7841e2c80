// What the host keeps for a program besides what has limits of its own: header fields, a body that has
// no response yet.

import { Trap } from '../component/handles.js';

/** In all, for one run; what is let go of still counts. */
const MOST_HELD_BYTES = 4_194_304;

export class Held {
  #bytes = 0;

  /** @throws Trap when that is too much */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MOST_HELD_BYTES)
      throw new Trap(`the host keeps more than ${MOST_HELD_BYTES} bytes for the program`);
  }
}
