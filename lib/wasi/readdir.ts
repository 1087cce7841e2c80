// fd_readdir.

import { Right } from './abi.js';
import type { Directory } from './directory.js';
import { Fault } from './errno.js';
import type { Guest } from './guest.js';

const HEAD_BYTES = 24;

export const readdirCalls = {
  /**
   * Cookie 0 reads the directory anew; cookie N is the entry after the first N. The last entry is
   * cut off when the buffer is full, and a buffer not full says that there are no more.
   */
  fd_readdir(
    guest: Guest,
    fd: number,
    buffer: number,
    length: number,
    cookie: bigint,
    used: number,
  ): void {
    const directory: Directory = guest.fds.directory(fd);
    directory.need(Right.FD_READDIR);
    guest.memory.at(used, 4);
    const target = guest.memory.slice(buffer, length);
    const first = Number(BigInt.asUintN(64, cookie));
    if (!Number.isSafeInteger(first)) throw new Fault('EINVAL');
    if (first === 0) directory.list();

    const head = Buffer.alloc(HEAD_BYTES);
    let offset = 0;
    const { entries } = directory;
    for (let index = first; index < entries && offset < target.length; index++) {
      const entry = directory.entry(index);
      if (entry === undefined) continue;
      head.writeBigUInt64LE(BigInt(index + 1), 0);
      head.writeBigUInt64LE(entry.ino, 8);
      head.writeUInt32LE(entry.name.length, 16);
      head.writeUInt32LE(entry.fileType, 20);
      offset = append(target, offset, head);
      offset = append(target, offset, entry.name);
    }
    guest.memory.setU32(used, offset);
  },
};

/** Copies as much as there is room for; returns the new end. */
function append(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  const fitting = bytes.subarray(0, target.length - offset);
  target.set(fitting, offset);
  return offset + fitting.length;
}
