// What was used most recently, up to a number of things, by name.

/**
 * A use is written down, and not kept by moving the entry to the end of a Map: each few moves leave a
 * dead table behind, and V8's collector of young objects keeps alive what a dead one among the old
 * ones names: measured, a quarter of all that requests left.
 */
export class RecentlyUsed<Value> {
  readonly #entries = new Map<string, { readonly value: Value; usedAt: number }>();
  #uses = 0;

  /** @param limit of entries, 1 or more */
  constructor(readonly limit: number) {}

  get size(): number {
    return this.#entries.size;
  }

  values(): Value[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }

  /** Finding is not using. */
  find(name: string): Value | undefined {
    return this.#entries.get(name)?.value;
  }

  /** As `find`, and the entry is now the one used last. */
  use(name: string): Value | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    entry.usedAt = this.#uses += 1;
    return entry.value;
  }

  /** Adds or replaces an entry. @returns the name that had to be forgotten: the one longest unused */
  add(name: string, value: Value): string | undefined {
    const isFull = this.#entries.size >= this.limit && !this.#entries.has(name);
    const forgotten = isFull ? this.forgetOldest() : undefined;
    this.#entries.set(name, { value, usedAt: (this.#uses += 1) });
    return forgotten;
  }

  /** @returns whether it was there */
  delete(name: string): boolean {
    return this.#entries.delete(name);
  }

  /** @returns the name of the entry longest unused, which is gone now */
  forgetOldest(): string | undefined {
    let oldest: string | undefined;
    let oldestUse = Infinity;
    for (const [name, { usedAt }] of this.#entries) {
      if (usedAt >= oldestUse) continue;
      oldest = name;
      oldestUse = usedAt;
    }
    if (oldest !== undefined) this.#entries.delete(oldest);
    return oldest;
  }
}
