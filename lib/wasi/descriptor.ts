// What a guest's fd stands for. Every operation fails until a kind of descriptor overrides it.

import { FileType, Right } from './abi.js';
import type { OpenedPicture } from '../picture.js';
import { Fault } from './errno.js';
import { CHANGING_RIGHTS } from './rights.js';
import type { FileStat } from './stat.js';
import type { FileTimes } from './times.js';

/** How a guest came by a descriptor that it was not given. */
export interface Origin extends OpenedPicture {
  readonly directory: Descriptor;
}

export abstract class Descriptor {
  readonly fileType: number = FileType.UNKNOWN;
  /** FdFlag bits. */
  flags = 0;
  /** Of the next read or write, where there is such a thing. */
  position = 0;
  origin: Origin | undefined;

  /** @param readOnly it lies in a read-only preopen, which is why rights are missing */
  constructor(
    public rights: number,
    public inheriting: number,
    readonly readOnly: boolean,
  ) {}

  /** @throws Fault when one of `rights` is missing: EROFS, EBADF (reading, writing), ENOTCAPABLE */
  need(rights: number): void {
    const missing = rights & ~this.rights;
    if (missing === 0) return;
    if (this.readOnly && (missing & CHANGING_RIGHTS) !== 0) throw new Fault('EROFS');
    throw new Fault((missing & (Right.FD_READ | Right.FD_WRITE)) === 0 ? 'ENOTCAPABLE' : 'EBADF');
  }

  /** Reads at the descriptor's own position into buffers that are not empty. */
  read(_into: readonly Uint8Array[]): number {
    throw new Fault('EBADF');
  }
  write(_from: readonly Uint8Array[]): number {
    throw new Fault('EBADF');
  }
  readAt(_into: readonly Uint8Array[], _position: bigint): number {
    throw new Fault('ESPIPE');
  }
  writeAt(_from: readonly Uint8Array[], _position: bigint): number {
    throw new Fault('ESPIPE');
  }
  /** @param whence by preview1's numbers; @returns the new position */
  seek(_offset: bigint, _whence: number): bigint {
    throw new Fault('ESPIPE');
  }
  /** Node has no posix_fadvise; advice may be ignored. */
  advise(): void {}
  sync(): void {
    throw new Fault('EINVAL');
  }
  dataSync(): void {
    this.sync();
  }
  setFlags(flags: number): void {
    this.flags = flags;
  }
  setSize(_bytes: bigint): void {
    throw new Fault('EINVAL');
  }
  allocate(_offset: bigint, _bytes: bigint): void {
    throw new Fault('ESPIPE');
  }
  /** Nothing can be changed by way of it. */
  get isReadOnlyUse(): boolean {
    return true;
  }
  /** What it is a descriptor of: the same later means the same file, unchanged. */
  get identity(): string {
    return '';
  }
  abstract stat(): FileStat;
  setTimes(_times: FileTimes): void {
    throw new Fault('EPERM');
  }
  /** Bytes that a read gives at once; undefined when it would wait. */
  readable(): number | undefined {
    return 0;
  }
  close(): void {}
}
