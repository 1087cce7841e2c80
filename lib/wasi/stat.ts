// File attributes: from the host's stat to the guest's filestat, in both layouts.

import { type BigIntStats, constants } from 'node:fs';
import { FileType } from './abi.js';
import type { GuestMemory } from './memory.js';

export interface FileStat {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly fileType: number;
  readonly nlink: bigint;
  readonly size: bigint;
  /** Times in ns since 1970. */
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

/** What fd_filestat_get says of a stream. */
export const STREAM_STAT: FileStat = {
  dev: 0n,
  ino: 0n,
  fileType: FileType.UNKNOWN,
  nlink: 1n,
  size: 0n,
  atim: 0n,
  mtim: 0n,
  ctim: 0n,
};

const TYPES: ReadonlyMap<number, number> = new Map([
  [constants.S_IFREG, FileType.REGULAR_FILE],
  [constants.S_IFDIR, FileType.DIRECTORY],
  [constants.S_IFLNK, FileType.SYMBOLIC_LINK],
  [constants.S_IFCHR, FileType.CHARACTER_DEVICE],
  [constants.S_IFBLK, FileType.BLOCK_DEVICE],
  [constants.S_IFSOCK, FileType.SOCKET_STREAM],
]);

/** WASI file type of a host mode; a FIFO, which WASI does not know, is UNKNOWN. */
export function fileTypeOf(mode: number): number {
  return TYPES.get(mode & constants.S_IFMT) ?? FileType.UNKNOWN;
}

export function fileStatOf(host: BigIntStats): FileStat {
  return {
    dev: host.dev,
    ino: host.ino,
    fileType: fileTypeOf(Number(host.mode)),
    nlink: host.nlink,
    size: host.size,
    atim: host.atimeNs,
    mtim: host.mtimeNs,
    ctim: host.ctimeNs,
  };
}

/** Writes a filestat at a guest pointer. */
export type WriteFileStat = (memory: GuestMemory, pointer: number, stat: FileStat) => void;

/** The 64 bytes of wasi_snapshot_preview1. @throws Fault EFAULT */
export function writeFileStat(memory: GuestMemory, pointer: number, stat: FileStat): void {
  const start = memory.at(pointer, 64);
  const { view } = memory;
  view.setBigUint64(start, stat.dev, true);
  view.setBigUint64(start + 8, stat.ino, true);
  view.setBigUint64(start + 16, BigInt(stat.fileType), true);
  view.setBigUint64(start + 24, stat.nlink, true);
  view.setBigUint64(start + 32, stat.size, true);
  view.setBigUint64(start + 40, stat.atim, true);
  view.setBigUint64(start + 48, stat.mtim, true);
  view.setBigUint64(start + 56, stat.ctim, true);
}

/** The 56 bytes of wasi_unstable, whose link count has 32 bits. @throws Fault EFAULT */
export function writeUnstableFileStat(memory: GuestMemory, pointer: number, stat: FileStat): void {
  const start = memory.at(pointer, 56);
  const { view } = memory;
  view.setBigUint64(start, stat.dev, true);
  view.setBigUint64(start + 8, stat.ino, true);
  view.setUint32(start + 16, stat.fileType, true);
  view.setUint32(start + 20, Number(BigInt.asUintN(32, stat.nlink)), true);
  view.setBigUint64(start + 24, stat.size, true);
  view.setBigUint64(start + 32, stat.atim, true);
  view.setBigUint64(start + 40, stat.mtim, true);
  view.setBigUint64(start + 48, stat.ctim, true);
}
