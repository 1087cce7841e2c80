// Output that waits for slow receivers, on disk: files without a name, bounded together and each.

import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** No single answer may take more than this part of the whole. */
const SHARES = 16;

/** A piece of a StoredFile. */
export interface Stored {
  readonly at: number;
  readonly length: number;
}

/** The disk that all runs share. A file that cannot be made or filled is no fault: output waits in memory then. */
export class Store {
  #usedBytes = 0;

  /**
   * @param directory where the files are made; they lose their names at once
   * @param bytes the most that all of them hold; 0 for none at all
   */
  constructor(
    readonly directory: string,
    readonly bytes: number,
  ) {}

  get usedBytes(): number {
    return this.#usedBytes;
  }

  open(): StoredFile {
    return new StoredFile(this);
  }

  /** @returns whether a file of `length` bytes may grow by `more` */
  claim(length: number, more: number): boolean {
    if (length + more > this.bytes / SHARES || this.#usedBytes + more > this.bytes) return false;
    this.#usedBytes += more;
    return true;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}

/** One run's file: written at its end, read in order, empty again once all was read. */
class StoredFile {
  readonly #store: Store;
  #fd: number | undefined;
  #endBytes = 0;
  #unreadBytes = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @returns where it lies now; undefined when there is no room, which the caller has to stand */
  write(chunk: Uint8Array): Stored | undefined {
    if (!this.#store.claim(this.#endBytes, chunk.length)) return undefined;
    try {
      this.#fd ??= openUnnamed(this.#store.directory);
      writeAll(this.#fd, chunk, this.#endBytes);
    } catch {
      this.#store.release(chunk.length);
      return undefined;
    }
    const stored = { at: this.#endBytes, length: chunk.length };
    this.#endBytes += chunk.length;
    this.#unreadBytes += chunk.length;
    return stored;
  }

  /** The bytes of a piece, which is gone from then on. */
  read({ at, length }: Stored): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let got = 0; got < length && this.#fd !== undefined;) {
      const count = readSync(this.#fd, bytes, got, length - got, at + got);
      if (count === 0) throw new Error('output that was stored is not there any more');
      got += count;
    }
    this.#unreadBytes -= length;
    if (this.#unreadBytes === 0) this.#empty();
    return bytes;
  }

  close(): void {
    this.#empty();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #empty(): void {
    this.#store.release(this.#endBytes);
    this.#endBytes = 0;
    this.#unreadBytes = 0;
  }
}

export type { StoredFile };

function openUnnamed(directory: string): number {
  const path = join(directory, `wasm-fcgi-${randomUUID()}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}

function writeAll(fd: number, bytes: Uint8Array, from: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at, bytes.length - at, from + at);
  }
}
