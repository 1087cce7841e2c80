// FCGI_PARAMS: a stream of name-value pairs (section 3.4), cut into records at any byte.

import { RequestError } from '../errors.js';

/** A length of 4 bytes is marked by the high bit of the first. */
const LONG = 0x80;
const FIRST_PENDING_BYTES = 256;

/**
 * Decodes one request's params. A pair is read where it lies; only a pair that is cut is copied,
 * once, into `#cut`, which grows by doubling: one byte per record costs no more than one record.
 */
export class ParamsDecoder {
  readonly #params = new Map<string, string>();
  #cut: Buffer | undefined;
  #cutBytes = 0;
  #receivedBytes = 0;

  /** @param limitBytes of the whole stream, lengths included */
  constructor(readonly limitBytes: number) {}

  /**
   * Takes `bytes[start..end)`, the next bytes of the stream; they are not kept.
   * @throws RequestError PARAMS_TOO_LARGE, also when only an announced length is too large
   */
  push(bytes: Buffer, start: number, end: number): void {
    this.#receivedBytes += end - start;
    if (this.#receivedBytes > this.limitBytes) throw this.#tooLarge(this.#receivedBytes);
    if (this.#cutBytes === 0) {
      const rest = this.#decode(bytes, start, end);
      if (rest < end) this.#append(bytes, rest, end);
      return;
    }
    const cut = this.#append(bytes, start, end);
    const rest = this.#decode(cut, 0, this.#cutBytes);
    cut.copyWithin(0, rest, this.#cutBytes);
    this.#cutBytes -= rest;
  }

  /**
   * All pairs, names and values as byte strings; of a repeated name the last value counts.
   * @throws RequestError PARAMS_MALFORMED when the stream ends within a pair
   */
  finish(): ReadonlyMap<string, string> {
    this.#cut = undefined;
    if (this.#cutBytes === 0) return this.#params;
    throw new RequestError(
      'PARAMS_MALFORMED',
      400,
      `FCGI_PARAMS end within a pair, ${this.#cutBytes} bytes after its begin`,
    );
  }

  /** Reads whole pairs and returns where the first one that is cut begins, or `end`. */
  #decode(bytes: Buffer, start: number, end: number): number {
    let text: string | undefined;
    let pair = start;
    while (pair < end) {
      let at = pair;
      let nameBytes = bytes[at++] ?? 0;
      if (nameBytes >= LONG) {
        if (at + 3 > end) return pair;
        nameBytes = bytes.readUInt32BE(at - 1) & 0x7fffffff;
        at += 3;
      }
      if (at >= end) return pair;
      let valueBytes = bytes[at++] ?? 0;
      if (valueBytes >= LONG) {
        if (at + 3 > end) return pair;
        valueBytes = bytes.readUInt32BE(at - 1) & 0x7fffffff;
        at += 3;
      }
      if (nameBytes + valueBytes > this.limitBytes) throw this.#tooLarge(nameBytes + valueBytes);
      const valueAt = at + nameBytes;
      const next = valueAt + valueBytes;
      if (next > end) return pair;
      // One conversion for all pairs, then slices: much faster than one for each string. Not before
      // a pair is whole, or one byte per record would convert a long value once for every byte.
      text ??= bytes.toString('latin1', start, end);
      this.#params.set(
        text.slice(at - start, valueAt - start),
        text.slice(valueAt - start, next - start),
      );
      pair = next;
    }
    return pair;
  }

  #append(bytes: Buffer, start: number, end: number): Buffer {
    const needed = this.#cutBytes + end - start;
    let cut = this.#cut;
    if (cut === undefined || cut.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(needed, FIRST_PENDING_BYTES, 2 * this.#cutBytes));
      cut?.copy(larger, 0, 0, this.#cutBytes);
      this.#cut = cut = larger;
    }
    bytes.copy(cut, this.#cutBytes, start, end);
    this.#cutBytes = needed;
    return cut;
  }

  #tooLarge(gotBytes: number): RequestError {
    return new RequestError(
      'PARAMS_TOO_LARGE',
      431,
      `over the limit params-size ${this.limitBytes}: the FCGI_PARAMS have ${gotBytes} bytes`,
    );
  }
}
