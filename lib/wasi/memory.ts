// The guest's memory. Every pointer is checked here, once, before anything is read or written.

import { VECTORS_MAX } from './abi.js';
import { Fault } from './errno.js';

const IOVEC_BYTES = 8;
const PAGE_BYTES = 65_536;
/** Most bytes that one system call takes (MAX_RW_COUNT of Linux, and below Node's limit). */
const TRANSFER_MAX = 0x7ffff000;
const PATH_BYTES_MAX = 4096;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class GuestMemory {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  #memory: WebAssembly.Memory | undefined;
  #pages: WebAssembly.Global | undefined;
  /** So large it is at least: within a run it only grows. */
  #size = 0;

  /**
   * @param pages what the guest takes for its size, where more is there (lib/module/growth.ts)
   * @throws Error for a shared memory: another thread could change what was checked
   */
  bind(memory: WebAssembly.Memory, pages?: WebAssembly.Global): void {
    if (!(memory.buffer instanceof ArrayBuffer)) throw new Error('the memory must not be shared');
    this.#memory = memory;
    this.#pages = pages;
    this.#size = 0;
    this.refresh();
  }

  /** Views die when a memory grows; called at the start of every call. */
  refresh(): void {
    const buffer = this.#memory?.buffer;
    if (buffer === undefined || buffer === this.bytes.buffer) return;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** The offset of `size` bytes at a guest pointer. @throws Fault EFAULT when not all lie inside */
  at(pointer: number, size: number): number {
    const start = pointer >>> 0;
    const end = start + (size >>> 0);
    if (end > this.#size && end > this.#measure()) throw new Fault('EFAULT');
    return start;
  }

  #measure(): number {
    const { length } = this.bytes;
    const own = this.#pages === undefined ? length : Number(this.#pages.value) * PAGE_BYTES;
    return (this.#size = Math.min(own, length));
  }

  slice(pointer: number, size: number): Uint8Array {
    const start = this.at(pointer, size);
    return this.bytes.subarray(start, start + (size >>> 0));
  }

  setU32(pointer: number, value: number): void {
    this.view.setUint32(this.at(pointer, 4), value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.view.setBigUint64(this.at(pointer, 8), value, true);
  }

  /**
   * The buffers of an iovec array, empty ones left out, together at most 2 GiB.
   * @throws Fault EINVAL over 1,024 iovecs, EFAULT
   */
  vectors(pointer: number, count: number): Uint8Array[] {
    if (count >>> 0 > VECTORS_MAX) throw new Fault('EINVAL');
    const start = this.at(pointer, count * IOVEC_BYTES);
    const vectors: Uint8Array[] = [];
    let room = TRANSFER_MAX;
    for (let i = 0; i < count; i++) {
      const entry = start + i * IOVEC_BYTES;
      const vector = this.slice(
        this.view.getUint32(entry, true),
        this.view.getUint32(entry + 4, true),
      );
      if (vector.length === 0 || room === 0) continue;
      vectors.push(vector.length > room ? vector.subarray(0, room) : vector);
      room -= Math.min(room, vector.length);
    }
    return vectors;
  }

  /**
   * A path argument.
   * @throws Fault ENOENT empty, ENAMETOOLONG over 4,096 bytes, EINVAL with a NUL, EILSEQ not UTF-8,
   *   EFAULT
   */
  path(pointer: number, length: number): string {
    const bytes = this.slice(pointer, length);
    checkPath(bytes);
    try {
      return UTF8.decode(bytes);
    } catch {
      throw new Fault('EILSEQ');
    }
  }
}

/** @throws Fault ENOENT, ENAMETOOLONG, EINVAL for what no path may be, whatever lies there */
export function checkPath(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new Fault('ENOENT');
  if (bytes.length > PATH_BYTES_MAX) throw new Fault('ENAMETOOLONG');
  if (bytes.includes(0)) throw new Fault('EINVAL');
}
