// Which modules a thread has: the main thread's half of a memory that both sides keep in step.

/** More than the modules one server serves at a time; each costs its thread an import table. */
const MOST_MODULES = 32;

export class KnownModules {
  /** In order of last use. */
  readonly #keys = new Set<string>();

  /** What the thread has to be told before it can run `key`. */
  use(key: string): { readonly isNew: boolean; readonly forget: string | undefined } {
    if (this.#keys.delete(key)) {
      this.#keys.add(key);
      return { isNew: false, forget: undefined };
    }
    this.#keys.add(key);
    if (this.#keys.size <= MOST_MODULES) return { isNew: true, forget: undefined };
    const [forget] = this.#keys;
    if (forget !== undefined) this.#keys.delete(forget);
    return { isNew: true, forget };
  }
}
