// Sets and maps of the few things that come and go with every request.

/**
 * A Set or Map that is emptied again and again makes a new table every few times. A dead table among
 * V8's old objects names the next one and what is in it, and the collector of young objects, which
 * does not look whether an old one is alive, keeps and copies all of that: whole requests, a third of
 * what they cost (35 -> 22 CPU µs on the main thread). An array leaves nothing behind.
 *
 * Looking up takes a look at each: for hundreds, not for thousands.
 */
export class FewMap<Key, Value> {
  readonly #keys: Key[] = [];
  readonly #values: Value[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get(key: Key): Value | undefined {
    return this.#values[this.#keys.indexOf(key)];
  }

  has(key: Key): boolean {
    return this.#keys.includes(key);
  }

  /** In the order in which they were first set; not to be kept across changes. */
  keys(): readonly Key[] {
    return this.#keys;
  }

  /** In the order of `keys`; not to be kept across changes. */
  values(): readonly Value[] {
    return this.#values;
  }

  set(key: Key, value: Value): void {
    const place = this.#keys.indexOf(key);
    if (place >= 0) this.#values[place] = value;
    else {
      this.#keys.push(key);
      this.#values.push(value);
    }
  }

  /** @returns whether it was there */
  delete(key: Key): boolean {
    const place = this.#keys.indexOf(key);
    if (place < 0) return false;
    // The last one is nearly always the only one, and `splice` makes an array of what it removes.
    if (place === this.#keys.length - 1) {
      this.#keys.pop();
      this.#values.pop();
    } else {
      this.#keys.splice(place, 1);
      this.#values.splice(place, 1);
    }
    return true;
  }

  clear(): void {
    this.#keys.length = 0;
    this.#values.length = 0;
  }
}

/** As FewMap, for the keys alone. */
export class FewSet<Item> {
  readonly #items = new FewMap<Item, undefined>();

  get size(): number {
    return this.#items.size;
  }

  has(item: Item): boolean {
    return this.#items.has(item);
  }

  add(item: Item): void {
    this.#items.set(item, undefined);
  }

  /** @returns whether it was there */
  delete(item: Item): boolean {
    return this.#items.delete(item);
  }

  clear(): void {
    this.#items.clear();
  }

  /** A copy, in the order in which they came. */
  [Symbol.iterator](): IterableIterator<Item> {
    return [...this.#items.keys()].values();
  }
}
