// Which modules a thread has: the main thread's half of a memory that both sides keep in step.

import { RecentlyUsed } from '../recent.js';

/** More than the modules one server serves at a time; each costs its thread an import table. */
const MOST_MODULES = 256;

export class KnownModules {
  readonly #keys = new RecentlyUsed<true>(MOST_MODULES);

  /** What the thread has to be told before it can run `key`. */
  use(key: string): { readonly isNew: boolean; readonly forget: string | undefined } {
    if (this.#keys.use(key) !== undefined) return { isNew: false, forget: undefined };
    return { isNew: true, forget: this.#keys.add(key, true) };
  }
}
