// Guest stderr: what fits the limit is passed on, the rest only counted.

import type { ByteSink } from '../wasi/process.js';
import type { RunClock } from './clock.js';

/** Longest piece that is passed on at once: a log line or a few. */
const BUFFER_BYTES = 8 * 1024;

export class StderrSink implements ByteSink {
  readonly #clock: RunClock;
  readonly #reached: (limit: 'stderrBytes') => void;
  readonly #send: (chunk: Uint8Array<ArrayBuffer>) => void;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #leftBytes = 0;
  #droppedBytes = 0;

  constructor(
    clock: RunClock,
    reached: (limit: 'stderrBytes') => void,
    send: (chunk: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#clock = clock;
    this.#reached = reached;
    this.#send = send;
  }

  begin(limitBytes: number): void {
    this.#used = 0;
    this.#leftBytes = limitBytes;
    this.#droppedBytes = 0;
  }

  write(bytes: Uint8Array): void {
    this.#clock.check();
    const taken = bytes.subarray(0, Math.min(bytes.length, this.#leftBytes));
    if (taken.length < bytes.length) this.#reached('stderrBytes');
    this.#leftBytes -= taken.length;
    this.#droppedBytes += bytes.length - taken.length;
    for (let offset = 0; offset < taken.length;) {
      const count = Math.min(taken.length - offset, BUFFER_BYTES - this.#used);
      this.#buffer.set(taken.subarray(offset, offset + count), this.#used);
      this.#used += count;
      offset += count;
      if (this.#used === BUFFER_BYTES) this.flush();
    }
  }

  flush(): void {
    const rest = this.#takeUsed();
    if (rest !== undefined) this.#send(rest);
  }

  offer(): void {
    this.flush();
  }

  /** What was not sent yet, with one line that counts what was dropped. */
  takeRest(): Uint8Array<ArrayBuffer> | undefined {
    const rest = this.#takeUsed();
    if (this.#droppedBytes === 0) return rest;
    const note = `\n[${this.#droppedBytes} more bytes of stderr were dropped]\n`;
    return new Uint8Array(Buffer.concat([rest ?? Buffer.alloc(0), Buffer.from(note)]));
  }

  #takeUsed(): Uint8Array<ArrayBuffer> | undefined {
    const rest = this.#used === 0 ? undefined : this.#buffer.slice(0, this.#used);
    this.#used = 0;
    return rest;
  }
}
