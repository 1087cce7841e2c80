// Which modules a thread has: the main thread's half of a memory that both sides keep in step.

import { RecentlyUsed } from '../recent.js';

/** More than the modules one server serves at a time; each costs its thread an import table. */
const MOST_MODULES = 256;

export class KnownModules {
  readonly #modules = new RecentlyUsed<{ micros: number }>(MOST_MODULES);

  /** How long its last run took the thread, as far as is known; Infinity when it is not. */
  microsOf(key: string): number {
    return this.#modules.find(key)?.micros ?? Infinity;
  }

  took(key: string, micros: number): void {
    const known = this.#modules.find(key);
    if (known !== undefined) known.micros = micros;
  }

  /** What the thread has to be told before it can run the module. */
  use(key: string): { readonly isNew: boolean; readonly forget: string | undefined } {
    if (this.#modules.use(key) !== undefined) return { isNew: false, forget: undefined };
    return { isNew: true, forget: this.#modules.add(key, { micros: Infinity }) };
  }

  /** It is to have it no longer. @returns whether it had it */
  drop(key: string): boolean {
    return this.#modules.delete(key);
  }
}
