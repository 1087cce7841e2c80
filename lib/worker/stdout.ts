// Guest stdout: gathered in one buffer, sent in chunks as far as the main thread gave credit.

import { type ControlWords, WORD } from '../channel/control.js';
import { CHUNK_BYTES, WINDOW_COST, chunkCost } from '../channel/credit.js';
import type { ByteSink } from '../wasi/process.js';
import type { RunClock } from './clock.js';

/** Where output lies for the main thread to take, should the run go on (lib/channel/mailbox.ts). */
export interface Offers {
  /** @returns false when it is too large, or better sent */
  put(bytes: Uint8Array): boolean;
  /** @returns false when the main thread has them */
  takeBack(bytes: number): boolean;
}

export class StdoutSink implements ByteSink {
  readonly #clock: RunClock;
  readonly #words: ControlWords;
  readonly #send: (chunk: Uint8Array<ArrayBuffer>) => void;
  readonly #offers: Offers;
  #buffer = new Uint8Array(CHUNK_BYTES);
  #used = 0;
  /** Of those, the first so many lie there. */
  #offered = 0;
  #leftBytes = Infinity;
  #limitBytes = Infinity;
  /** Of all runs, modulo 2^32, as STDOUT_TAKEN is: their difference is right across the wrap. */
  #sentCost = 0;

  /** @param send posts a chunk; one as large as its buffer is transferred and gone */
  constructor(
    clock: RunClock,
    words: ControlWords,
    send: (chunk: Uint8Array<ArrayBuffer>) => void,
    offers: Offers,
  ) {
    this.#clock = clock;
    this.#words = words;
    this.#send = send;
    this.#offers = offers;
  }

  begin(limitBytes: number): void {
    this.#used = 0;
    this.#limitBytes = limitBytes;
    this.#leftBytes = limitBytes;
  }

  write(bytes: Uint8Array): void {
    this.#clock.check();
    const fits = bytes.length <= this.#leftBytes;
    const taken = fits ? bytes : bytes.subarray(0, this.#leftBytes);
    this.#leftBytes -= taken.length;
    for (let offset = 0; offset < taken.length;) {
      // Sent when more comes and not when full, so that 64 KiB in all still end in one message.
      if (this.#used === CHUNK_BYTES) this.#sendFull();
      const count = Math.min(taken.length - offset, CHUNK_BYTES - this.#used);
      this.#buffer.set(taken.subarray(offset, offset + count), this.#used);
      this.#used += count;
      offset += count;
    }
    if (fits) return;
    const message = `the guest wrote more than ${this.#limitBytes} bytes to stdout`;
    this.#clock.stop({ kind: 'limit', limit: 'outputBytes', message });
  }

  /** The whole answer of a quick run still goes with its end, in one message or none. */
  offer(): void {
    this.#clock.check();
    this.#settle();
    if (this.#used === 0) return;
    if (this.#offers.put(this.#buffer.subarray(0, this.#used))) this.#offered = this.#used;
    else this.flush();
  }

  flush(): void {
    this.#clock.check();
    this.#settle();
    if (this.#used === 0) return;
    if (this.#used === CHUNK_BYTES) this.#sendFull();
    else this.#post(this.#buffer.slice(0, this.#used));
    this.#used = 0;
  }

  /** What was not sent yet, to go with the end of the run; no credit is asked for that. */
  takeRest(): Uint8Array<ArrayBuffer> | undefined {
    this.#settle();
    const rest = this.#used === 0 ? undefined : this.#buffer.slice(0, this.#used);
    this.#used = 0;
    return rest;
  }

  /** Takes back what was offered, or finds that it has gone. */
  #settle(): void {
    const offered = this.#offered;
    if (offered === 0) return;
    this.#offered = 0;
    if (this.#offers.takeBack(offered)) return;
    this.#buffer.copyWithin(0, offered, this.#used);
    this.#used -= offered;
    this.#sentCost = (this.#sentCost + chunkCost({ length: offered })) | 0;
  }

  #sendFull(): void {
    this.#settle();
    if (this.#used < CHUNK_BYTES) return;
    this.#post(this.#buffer);
    this.#buffer = new Uint8Array(CHUNK_BYTES);
    this.#used = 0;
  }

  #post(chunk: Uint8Array<ArrayBuffer>): void {
    const cost = chunkCost(chunk);
    this.#clock.wait(() => this.#onTheWay() + cost <= WINDOW_COST);
    this.#sentCost = (this.#sentCost + cost) | 0;
    this.#send(chunk);
  }

  #onTheWay(): number {
    return (this.#sentCost - Atomics.load(this.#words, WORD.STDOUT_TAKEN)) | 0;
  }
}
