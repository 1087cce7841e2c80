// What was found in this turn of the event loop. A request that was sent after a file was replaced
// arrives in a later turn than what was read before: so one look at a file serves all requests of a turn.

import { FewMap } from '../few.js';

/** Requests that come further apart are not worth a call at the end of the turn. */
const CLOSE_MS = 0.05;

export class TurnMemory<Key, Value> {
  readonly #found = new FewMap<Key, Value>();
  #askedMs = -Infinity;

  /** What `find` answers, or has answered in this turn; `undefined` is not remembered. */
  find(key: Key, find: () => Value | undefined): Value | undefined {
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = find();
    const nowMs = performance.now();
    if (found !== undefined && nowMs - this.#askedMs < CLOSE_MS) this.#remember(key, found);
    this.#askedMs = nowMs;
    return found;
  }

  #remember(key: Key, found: Value): void {
    if (this.#found.size === 0) setImmediate(() => this.#found.clear());
    this.#found.set(key, found);
  }
}
