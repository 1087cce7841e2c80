// One run of a component: the state that preview1 has as well, and what of it has an owner of its own.

import type { Calls } from './calls.js';
import type { HttpExchange } from './exchange.js';
import { Held } from './held.js';
import { Guest } from '../wasi/guest.js';
import type { GuestProcess } from '../wasi/process.js';

export class Run extends Guest {
  readonly held = new Held();

  /**
   * @param http the request, where the component is a handler of such
   * @param calls makes requests to others
   */
  constructor(
    process: GuestProcess,
    readonly http: HttpExchange | undefined,
    readonly calls: Calls,
  ) {
    super(process);
  }
}
