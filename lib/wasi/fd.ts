// Calls that move bytes or a position: fd_read, fd_write, fd_seek and their kin.

import { Right } from './abi.js';
import { Fault } from './errno.js';
import type { Guest } from './guest.js';

const POSITION_LIMIT = 1n << 63n;
const ADVICES = 6;

/** A filesize that off_t can hold. @throws Fault EINVAL */
export function fileSize(value: bigint): bigint {
  const size = BigInt.asUintN(64, value);
  if (size >= POSITION_LIMIT) throw new Fault('EINVAL');
  return size;
}

export const fdCalls = {
  fd_read(guest: Guest, fd: number, iovecs: number, count: number, size: number): void {
    const descriptor = guest.fds.get(fd);
    descriptor.need(Right.FD_READ);
    // Checked before anything is read: what is read once must not be lost.
    guest.memory.at(size, 4);
    guest.memory.setU32(size, descriptor.read(guest.memory.vectors(iovecs, count)));
  },

  fd_write(guest: Guest, fd: number, iovecs: number, count: number, size: number): void {
    const descriptor = guest.fds.get(fd);
    descriptor.need(Right.FD_WRITE);
    guest.memory.at(size, 4);
    guest.memory.setU32(size, descriptor.write(guest.memory.vectors(iovecs, count)));
  },

  fd_pread(
    guest: Guest,
    fd: number,
    iovecs: number,
    count: number,
    offset: bigint,
    size: number,
  ): void {
    const descriptor = guest.fds.get(fd);
    descriptor.need(Right.FD_READ);
    guest.memory.at(size, 4);
    const into = guest.memory.vectors(iovecs, count);
    guest.memory.setU32(size, descriptor.readAt(into, fileSize(offset)));
  },

  fd_pwrite(
    guest: Guest,
    fd: number,
    iovecs: number,
    count: number,
    offset: bigint,
    size: number,
  ): void {
    const descriptor = guest.fds.get(fd);
    descriptor.need(Right.FD_WRITE);
    guest.memory.at(size, 4);
    const from = guest.memory.vectors(iovecs, count);
    guest.memory.setU32(size, descriptor.writeAt(from, fileSize(offset)));
  },

  fd_seek(guest: Guest, fd: number, offset: bigint, whence: number, position: number): void {
    const descriptor = guest.fds.get(fd);
    guest.memory.at(position, 8);
    guest.memory.setU64(position, descriptor.seek(offset, whence));
  },

  fd_tell(guest: Guest, fd: number, position: number): void {
    fdCalls.fd_seek(guest, fd, 0n, 1, position);
  },

  fd_close(guest: Guest, fd: number): void {
    guest.fds.close(fd);
  },

  fd_renumber(guest: Guest, from: number, to: number): void {
    guest.fds.renumber(from, to);
  },

  fd_sync(guest: Guest, fd: number): void {
    guest.fds.get(fd).sync();
  },

  fd_datasync(guest: Guest, fd: number): void {
    guest.fds.get(fd).dataSync();
  },

  fd_advise(guest: Guest, fd: number, offset: bigint, length: bigint, advice: number): void {
    guest.fds.get(fd).advise();
    fileSize(offset);
    fileSize(length);
    if (advice >>> 0 >= ADVICES) throw new Fault('EINVAL');
  },

  fd_allocate(guest: Guest, fd: number, offset: bigint, length: bigint): void {
    const descriptor = guest.fds.get(fd);
    descriptor.need(Right.FD_ALLOCATE);
    descriptor.allocate(fileSize(offset), fileSize(length));
  },
};
