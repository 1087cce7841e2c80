// The body of a request on its way to the guest, in memory that two threads share: the main thread fills
// it, the guest's thread empties it. No buffer is made for it, and nothing is posted.

/** What it holds. A power of two: positions count on modulo 2^32. */
export const PIPE_BYTES = 256 * 1024;
/** As much is free before a writer that waits is told: rarely enough to be cheap, and it never runs dry. */
const ROOM_BYTES = PIPE_BYTES / 2;

/** 32-bit words in front of the bytes. The first two are positions; each is written by one side alone. */
const HEAD = { written: 0, taken: 1, ended: 2, awaited: 3 };
const HEAD_BYTES = 4 * Object.keys(HEAD).length;

export type PipeMemory = SharedArrayBuffer;

export function createPipeMemory(): PipeMemory {
  return new SharedArrayBuffer(HEAD_BYTES + PIPE_BYTES);
}

// Why no writer waits for ever. It says that it waits (M1), then looks for room (M2). The reader makes
// room (W1), then looks whether somebody waits (W2). Either M1 is before W2, and the reader sees it; or W2
// is before M1, so W1 is before M2, and the writer finds the room. If both see each other, one exchange
// decides who acts.

abstract class PipeEnd {
  protected readonly head: Int32Array<SharedArrayBuffer>;
  protected readonly bytes: Buffer<SharedArrayBuffer>;

  constructor(memory: PipeMemory) {
    this.head = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.bytes = Buffer.from(memory, HEAD_BYTES, PIPE_BYTES);
  }

  /** Bytes that are written and not taken. */
  get available(): number {
    return (Atomics.load(this.head, HEAD.written) - Atomics.load(this.head, HEAD.taken)) | 0;
  }

  /** Whether room is awaited and there is some now: true to one side, once for each `await`. */
  claimRoom(): boolean {
    if (Atomics.load(this.head, HEAD.awaited) === 0) return false;
    if (PIPE_BYTES - this.available < ROOM_BYTES) return false;
    return Atomics.exchange(this.head, HEAD.awaited, 0) === 1;
  }
}

/** The main thread's. */
export class PipeWriter extends PipeEnd {
  /** For the next body. What is left of the one before is dropped: nobody reads it any more. */
  begin(): void {
    for (const word of Object.values(HEAD)) Atomics.store(this.head, word, 0);
  }

  /** @returns how many bytes, from the first on, there was room for */
  write(chunk: Uint8Array): number {
    const count = Math.min(chunk.length, PIPE_BYTES - this.available);
    const position = Atomics.load(this.head, HEAD.written);
    for (let done = 0; done < count;) {
      const at = (position + done) & (PIPE_BYTES - 1);
      const length = Math.min(count - done, PIPE_BYTES - at);
      copy(this.bytes, at, chunk.subarray(done, done + length));
      done += length;
    }
    Atomics.store(this.head, HEAD.written, (position + count) | 0);
    return count;
  }

  /** All of it is written. */
  end(): void {
    Atomics.store(this.head, HEAD.ended, 1);
  }

  /** Asks the reader to ring as soon as there is room. There may be some already: `claimRoom` tells. */
  await(): void {
    Atomics.store(this.head, HEAD.awaited, 1);
  }

  /** Neither side has found room since `await`. */
  get isAwaited(): boolean {
    return Atomics.load(this.head, HEAD.awaited) === 1;
  }
}

/** The worker's. */
export class PipeReader extends PipeEnd {
  /** All of it was written and taken. */
  get isOver(): boolean {
    // In this order: nothing is written after the end.
    return Atomics.load(this.head, HEAD.ended) === 1 && this.available === 0;
  }

  /** Takes what is there. @returns how many bytes */
  read(target: Uint8Array): number {
    const count = Math.min(target.length, this.available);
    const into = Buffer.from(target.buffer, target.byteOffset, count);
    const position = Atomics.load(this.head, HEAD.taken);
    for (let done = 0; done < count;) {
      const at = (position + done) & (PIPE_BYTES - 1);
      const length = Math.min(count - done, PIPE_BYTES - at);
      copy(into, done, this.bytes.subarray(at, at + length));
      done += length;
    }
    Atomics.store(this.head, HEAD.taken, (position + count) | 0);
    return count;
  }
}

/**
 * `into.set(from, at)`, which goes byte by byte where one of them is shared and they do not begin at the
 * same place of a word: 18 µs instead of 2 for 64 KiB. This is memcpy. `from` is not empty.
 */
function copy(into: Buffer, at: number, from: Uint8Array): void {
  into.fill(from, at, at + from.length);
}
