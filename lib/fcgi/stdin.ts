// One request's FCGI_STDIN between the socket and its reader: held, delivered, dropped.

/**
 * - held: `read` was not called yet
 * - flowing, paused: as the reader wants it
 * - done: the end was delivered, or the request is over and the rest is dropped
 */
type StdinState = 'held' | 'flowing' | 'paused' | 'done';

/** Where pieces are joined that are handed on at once: memory that was never touched costs ten times the copy. */
const joining = new Uint8Array(65_536);

export class Stdin {
  #state: StdinState = 'held';
  /** Pieces of the bytes that are being decoded right now: valid until `flush`. */
  #pieces: Uint8Array[] = [];
  #piecesBytes = 0;
  /** Chunks that wait for the reader; copies of our own. */
  #chunks: Uint8Array[] = [];
  #heldBytes = 0;
  #complete = false;
  #delivering = false;
  #onChunk: ((chunk: Uint8Array) => void) | undefined;
  #onEnd: (() => void) | undefined;

  /** True once the empty STDIN record has come. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Bytes that wait for the reader. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Adds bytes that stay valid until `flush`. What comes after the end is ignored. */
  push(bytes: Buffer, start: number, end: number): void {
    if (this.#state === 'done' || this.#complete) return;
    this.#pieces.push(bytes.subarray(start, end));
    this.#piecesBytes += end - start;
  }

  /** The empty record: `onEnd` follows the last chunk, with the next `flush`. */
  finish(): void {
    this.#complete = true;
  }

  /**
   * Delivers, or holds, what was pushed since the last flush, as one chunk: web servers send records of
   * 8 KB, and more is done for a chunk than for its bytes.
   */
  flush(): void {
    if (this.#piecesBytes > 0) {
      const waits = this.#state !== 'flowing' || this.#chunks.length > 0 || this.#delivering;
      const chunk = this.#joined(waits);
      this.#chunks.push(chunk);
      this.#heldBytes += chunk.length;
    }
    this.#deliver();
  }

  read(onChunk: (chunk: Uint8Array) => void, onEnd: () => void): void {
    if (this.#state !== 'held') return;
    this.#onChunk = onChunk;
    this.#onEnd = onEnd;
    this.#state = 'flowing';
    this.#deliver();
  }

  pause(): void {
    if (this.#state === 'flowing') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'flowing';
    this.#deliver();
  }

  /** The request is over: what is held and what still comes is dropped, nobody is called. */
  drop(): void {
    this.#state = 'done';
    this.#pieces = [];
    this.#piecesBytes = 0;
    this.#chunks = [];
    this.#heldBytes = 0;
    this.#onChunk = undefined;
    this.#onEnd = undefined;
  }

  /** The pieces as one, which is only valid until the next one is joined; what waits is a copy of its own. */
  #joined(waits: boolean): Uint8Array {
    const pieces = this.#pieces;
    const bytes = this.#piecesBytes;
    this.#pieces = [];
    this.#piecesBytes = 0;
    const [first] = pieces;
    if (!waits && first !== undefined && pieces.length === 1) return first;
    const isOwn = waits || bytes > joining.length;
    const chunk = isOwn ? new Uint8Array(bytes) : joining.subarray(0, bytes);
    let at = 0;
    for (const piece of pieces) {
      chunk.set(piece, at);
      at += piece.length;
    }
    return chunk;
  }

  /** The reader may pause, resume or end the request in each call: the state is asked each time. */
  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      while (this.#state === 'flowing') {
        const chunk = this.#chunks.shift();
        if (chunk === undefined) break;
        this.#heldBytes -= chunk.length;
        this.#onChunk?.(chunk);
      }
      if (this.#state !== 'flowing' || !this.#complete || this.#pieces.length > 0) return;
      const onEnd = this.#onEnd;
      this.drop();
      onEnd?.();
    } finally {
      this.#delivering = false;
    }
  }
}
