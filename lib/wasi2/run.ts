// One run of a component: the state that preview1 has as well, and what of it has an owner of its own.

import { Trap } from '../component/handles.js';
import type { HttpExchange } from './exchange.js';
import { Guest } from '../wasi/guest.js';
import type { GuestProcess } from '../wasi/process.js';

/** What the host keeps for a program in all, besides what has limits of its own. */
const MOST_HELD_BYTES = 4_194_304;

export class Run extends Guest {
  #heldBytes = 0;

  /** @param http the request, where the component is a handler of such */
  constructor(
    process: GuestProcess,
    readonly http: HttpExchange | undefined,
  ) {
    super(process);
  }

  /**
   * The host is to keep so much more until the run is over: header fields, a body that has no response yet.
   * @throws Trap when that is too much in all
   */
  hold(bytes: number): void {
    this.#heldBytes += bytes;
    if (this.#heldBytes > MOST_HELD_BYTES)
      throw new Trap(`the host keeps more than ${MOST_HELD_BYTES} bytes for the program`);
  }
}
