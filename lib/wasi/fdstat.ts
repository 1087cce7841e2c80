// Calls that ask for or change what an fd is: fdstat, filestat, prestat.

import type { Descriptor } from './descriptor.js';
import { FD_FLAGS, Right } from './abi.js';
import { Directory } from './directory.js';
import { Fault } from './errno.js';
import { fileSize } from './fd.js';
import type { Guest } from './guest.js';
import { rightsOf } from './rights.js';
import { type WriteFileStat, writeFileStat } from './stat.js';
import { timesOf } from './times.js';

function preopenName(guest: Guest, fd: number): string {
  const descriptor: Descriptor = guest.fds.get(fd);
  // libc asks from fd 3 on until it is told EBADF.
  if (!(descriptor instanceof Directory) || descriptor.preopen === undefined) {
    throw new Fault('EBADF');
  }
  return descriptor.preopen;
}

/** fd_filestat_get in one of the two layouts. */
export function fdFileStatGet(write: WriteFileStat) {
  return (guest: Guest, fd: number, pointer: number): void => {
    write(guest.memory, pointer, guest.setTimes.refine(guest.fds.get(fd).stat()));
  };
}

export const fdstatCalls = {
  fd_fdstat_get(guest: Guest, fd: number, pointer: number): void {
    const descriptor = guest.fds.get(fd);
    const { memory } = guest;
    const start = memory.at(pointer, 24);
    memory.view.setUint16(start, descriptor.fileType, true);
    memory.view.setUint32(start + 2, descriptor.flags, true);
    memory.view.setUint16(start + 6, 0, true);
    memory.view.setBigUint64(start + 8, BigInt(descriptor.rights), true);
    memory.view.setBigUint64(start + 16, BigInt(descriptor.inheriting), true);
  },

  fd_fdstat_set_flags(guest: Guest, fd: number, flags: number): void {
    const descriptor = guest.fds.get(fd);
    if ((flags & ~FD_FLAGS) !== 0) throw new Fault('EINVAL');
    descriptor.need(Right.FD_FDSTAT_SET_FLAGS);
    descriptor.setFlags(flags);
  },

  fd_fdstat_set_rights(guest: Guest, fd: number, base: bigint, inheriting: bigint): void {
    const descriptor = guest.fds.get(fd);
    const rights = rightsOf(base);
    const inherited = rightsOf(inheriting);
    if ((rights & ~descriptor.rights) !== 0 || (inherited & ~descriptor.inheriting) !== 0) {
      throw new Fault('ENOTCAPABLE');
    }
    descriptor.rights = rights;
    descriptor.inheriting = inherited;
  },

  fd_filestat_get: fdFileStatGet(writeFileStat),

  fd_filestat_set_size(guest: Guest, fd: number, size: bigint): void {
    const descriptor = guest.fds.get(fd);
    descriptor.need(Right.FD_FILESTAT_SET_SIZE);
    descriptor.setSize(fileSize(size));
  },

  fd_filestat_set_times(guest: Guest, fd: number, atim: bigint, mtim: bigint, flags: number): void {
    const descriptor = guest.fds.get(fd);
    descriptor.need(Right.FD_FILESTAT_SET_TIMES);
    const times = timesOf(flags, atim, mtim, () => guest.setTimes.refine(descriptor.stat()));
    descriptor.setTimes(times);
    guest.setTimes.remember(descriptor.stat(), times);
  },

  fd_prestat_get(guest: Guest, fd: number, pointer: number): void {
    const name = preopenName(guest, fd);
    const start = guest.memory.at(pointer, 8);
    guest.memory.view.setUint32(start, 0, true);
    guest.memory.view.setUint32(start + 4, name.length, true);
  },

  fd_prestat_dir_name(guest: Guest, fd: number, pointer: number, length: number): void {
    const name = preopenName(guest, fd);
    if (length >>> 0 < name.length) throw new Fault('ENAMETOOLONG');
    guest.memory.slice(pointer, length).set(Buffer.from(name, 'latin1'));
  },
};
