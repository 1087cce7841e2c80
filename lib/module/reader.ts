// Reads the primitives of the Wasm binary format; every step is checked against the end of the bytes.

/** The bytes are not what the format allows; `offset` is where. */
export class MalformedModule extends Error {
  override readonly name = 'MalformedModule';
  constructor(
    readonly offset: number,
    fault: string,
  ) {
    super(`byte ${offset}: ${fault}`);
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  /** Reads `bytes` from `start` up to `end`. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get offset(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  fail(fault: string): never {
    throw new MalformedModule(this.#at, fault);
  }

  byte(): number {
    const value = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (value === undefined) this.fail('ends too early');
    this.#at += 1;
    return value;
  }

  /** The next byte, which is still to be read. */
  peek(): number {
    const value = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    return value ?? this.fail('ends too early');
  }

  /** Passes over `count` bytes and answers where they began. */
  skip(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) this.fail(`wants ${count} bytes, has ${this.#end - start}`);
    this.#at = start + count;
    return start;
  }

  /** Unsigned LEB128 of 32 bits (core specification 5.2.2). */
  u32(): number {
    const value = this.#leb(5);
    if (value > 0xffffffff) this.fail('a number is over 32 bits');
    return value;
  }

  /** Unsigned LEB128 of 64 bits; above 2^53 only the size is right, not the digits. */
  u64(): number {
    return this.#leb(10);
  }

  /** Passes over a LEB128 number of any size and sign. */
  skipLeb(): void {
    for (let count = 0; count < 10; count += 1) if (this.byte() < 0x80) return;
    this.fail('a number is too long');
  }

  #leb(mostBytes: number): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < mostBytes; count += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return this.fail('a number is too long');
  }

  /** A count of things that take at least `leastBytes` each: more than can follow is refused at once. */
  count(leastBytes = 1): number {
    const value = this.u32();
    if (value * leastBytes > this.#end - this.#at) this.fail(`counts ${value} entries`);
    return value;
  }

  /** A name, as a string for people and for comparison. */
  name(): string {
    const length = this.u32();
    const start = this.skip(length);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, length).toString('utf8');
  }
}

/** Unsigned LEB128 bytes of a 32-bit number. */
export function encodeU32(value: number): number[] {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Signed LEB128 of a number of 32 bits that is not negative: bit 6 of the last byte is the sign. */
export function encodeS32(value: number): number[] {
  const bytes = encodeU32(value);
  const last = bytes.at(-1) ?? 0;
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
}
