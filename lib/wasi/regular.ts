// A regular file that is open: its own position, its limits, and the host descriptor beneath.

import * as fs from 'node:fs';
import { FdFlag, FileType, Whence } from './abi.js';
import type { WriteBudget } from './budget.js';
import { Descriptor } from './descriptor.js';
import { Fault } from './errno.js';
import type { HostFds } from './hostfds.js';
import { type FileStat, fileStatOf } from './stat.js';
import type { FileTimes } from './times.js';

/** Positions are doubles on their way through Node; no file is that long. */
const POSITION_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Flags of open(2) for FdFlag bits. */
export function hostFlagsOf(flags: number): number {
  return (
    ((flags & FdFlag.APPEND) === 0 ? 0 : fs.constants.O_APPEND) |
    ((flags & FdFlag.DSYNC) === 0 ? 0 : fs.constants.O_DSYNC) |
    ((flags & (FdFlag.SYNC | FdFlag.RSYNC)) === 0 ? 0 : fs.constants.O_SYNC)
  );
}

export class RegularFile extends Descriptor {
  override readonly fileType = FileType.REGULAR_FILE;

  /** @param access O_RDONLY, O_WRONLY or O_RDWR, as `fd` was opened; owns `fd` */
  constructor(
    private readonly fds: HostFds,
    private fd: number,
    private readonly access: number,
    private readonly budget: WriteBudget,
    grant: { rights: number; inheriting: number; readOnly: boolean },
  ) {
    super(grant.rights, grant.inheriting, grant.readOnly);
  }

  override read(into: readonly Uint8Array[]): number {
    const bytes = readVectors(this.fd, into, this.position);
    this.position += bytes;
    return bytes;
  }

  override readAt(into: readonly Uint8Array[], position: bigint): number {
    return position > POSITION_MAX ? 0 : readVectors(this.fd, into, Number(position));
  }

  override write(from: readonly Uint8Array[]): number {
    const append = (this.flags & FdFlag.APPEND) !== 0;
    const position = append ? fs.fstatSync(this.fd).size : this.position;
    const bytes = this.#write(this.fd, from, position);
    this.position = position + bytes;
    return bytes;
  }

  override writeAt(from: readonly Uint8Array[], position: bigint): number {
    if (position > POSITION_MAX) throw new Fault('EFBIG');
    if ((this.flags & FdFlag.APPEND) === 0) return this.#write(this.fd, from, Number(position));
    // On Linux pwrite to an appending descriptor appends; POSIX wants the position honoured.
    const plain = this.#reopen(this.flags & ~FdFlag.APPEND);
    try {
      return this.#write(plain, from, Number(position));
    } finally {
      this.fds.close(plain);
    }
  }

  override seek(offset: bigint, whence: number): bigint {
    let from = 0n;
    if (whence === Whence.CUR) from = BigInt(this.position);
    else if (whence === Whence.END) from = BigInt(fs.fstatSync(this.fd).size);
    else if (whence !== Whence.SET) throw new Fault('EINVAL');
    const position = from + offset;
    if (position < 0n) throw new Fault('EINVAL');
    if (position > POSITION_MAX) throw new Fault('EOVERFLOW');
    this.position = Number(position);
    return position;
  }

  override sync(): void {
    fs.fsyncSync(this.fd);
  }

  override dataSync(): void {
    fs.fdatasyncSync(this.fd);
  }

  override setFlags(flags: number): void {
    if (hostFlagsOf(flags) !== hostFlagsOf(this.flags)) {
      const fd = this.#reopen(flags);
      this.fds.close(this.fd);
      this.fd = fd;
    }
    this.flags = flags;
  }

  override setSize(bytes: bigint): void {
    this.budget.needSize(bytes);
    fs.ftruncateSync(this.fd, Number(bytes));
  }

  /** Node has no posix_fallocate: makes the file long enough, without taking the space. */
  override allocate(offset: bigint, bytes: bigint): void {
    if (bytes === 0n) throw new Fault('EINVAL');
    const end = offset + bytes;
    if (end > BigInt(fs.fstatSync(this.fd).size)) this.setSize(end);
  }

  override get isReadOnlyUse(): boolean {
    return this.access === fs.constants.O_RDONLY;
  }

  override get identity(): string {
    const { dev, ino, size, mtimeNs } = fs.fstatSync(this.fd, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs}`;
  }

  override stat(): FileStat {
    return fileStatOf(fs.fstatSync(this.fd, { bigint: true }));
  }

  override setTimes(times: FileTimes): void {
    fs.futimesSync(this.fd, times.accessed, times.modified);
  }

  override readable(): number {
    return Math.max(0, fs.fstatSync(this.fd).size - this.position);
  }

  override close(): void {
    this.fds.close(this.fd);
  }

  /** The same inode with other flags; Node has no fcntl. */
  #reopen(flags: number): number {
    return this.fds.open(`/proc/self/fd/${this.fd}`, this.access | hostFlagsOf(flags));
  }

  #write(fd: number, from: readonly Uint8Array[], position: number): number {
    const bytes = from.reduce((sum, vector) => sum + vector.length, 0);
    const allowed = this.budget.allow(position, bytes);
    if (allowed === 0) return 0;
    const vectors = allowed < bytes ? cut(from, allowed) : from;
    const [first] = vectors;
    const written =
      vectors.length === 1 && first !== undefined
        ? fs.writeSync(fd, first, 0, first.length, position)
        : fs.writevSync(fd, vectors, position);
    this.budget.spend(written);
    return written;
  }
}

function readVectors(fd: number, into: readonly Uint8Array[], position: number): number {
  const [first] = into;
  if (first === undefined) return 0;
  if (into.length === 1) return fs.readSync(fd, first, 0, first.length, position);
  return fs.readvSync(fd, into, position);
}

/** The first `bytes` of the vectors. */
function cut(vectors: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let room = bytes;
  for (const vector of vectors) {
    if (room === 0) break;
    kept.push(vector.subarray(0, room));
    room -= Math.min(room, vector.length);
  }
  return kept;
}
