// Calls on names: create, remove, link, rename, read a link, attributes.

import { LOOKUP_SYMLINK_FOLLOW } from './abi.js';
import type { Guest } from './guest.js';
import * as names from './names.js';
import { type WriteFileStat, writeFileStat } from './stat.js';
import { timesOf } from './times.js';

function at(guest: Guest, fd: number, pointer: number, length: number): names.At {
  const directory = guest.fds.directory(fd);
  return { directory, path: guest.memory.path(pointer, length) };
}

function follows(lookup: number): boolean {
  return (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0;
}

/** path_filestat_get in one of the two layouts. */
export function pathFileStatGet(write: WriteFileStat) {
  return (
    guest: Guest,
    fd: number,
    lookup: number,
    pointer: number,
    length: number,
    stat: number,
  ): void => {
    write(guest.memory, stat, names.statAt(guest, at(guest, fd, pointer, length), follows(lookup)));
  };
}

export const pathCalls = {
  path_create_directory(guest: Guest, fd: number, pointer: number, length: number): void {
    names.createDirectory(guest, at(guest, fd, pointer, length));
  },

  path_remove_directory(guest: Guest, fd: number, pointer: number, length: number): void {
    names.removeDirectory(guest, at(guest, fd, pointer, length));
  },

  path_unlink_file(guest: Guest, fd: number, pointer: number, length: number): void {
    names.unlinkFile(guest, at(guest, fd, pointer, length));
  },

  path_rename(
    guest: Guest,
    fd: number,
    pointer: number,
    length: number,
    newFd: number,
    newPointer: number,
    newLength: number,
  ): void {
    const old = at(guest, fd, pointer, length);
    names.rename(guest, old, at(guest, newFd, newPointer, newLength));
  },

  path_link(
    guest: Guest,
    fd: number,
    lookup: number,
    pointer: number,
    length: number,
    newFd: number,
    newPointer: number,
    newLength: number,
  ): void {
    const old = at(guest, fd, pointer, length);
    names.link(guest, old, follows(lookup), at(guest, newFd, newPointer, newLength));
  },

  path_symlink(
    guest: Guest,
    pointer: number,
    length: number,
    fd: number,
    newPointer: number,
    newLength: number,
  ): void {
    const directory = guest.fds.directory(fd);
    const text = guest.memory.path(pointer, length);
    const path = guest.memory.path(newPointer, newLength);
    names.symlink(guest, text, { directory, path });
  },

  path_readlink(
    guest: Guest,
    fd: number,
    pointer: number,
    length: number,
    buffer: number,
    bufferLength: number,
    used: number,
  ): void {
    const link = at(guest, fd, pointer, length);
    guest.memory.at(used, 4);
    const target = guest.memory.slice(buffer, bufferLength);
    const shown = names.readLink(guest, link).subarray(0, target.length);
    target.set(shown);
    guest.memory.setU32(used, shown.length);
  },

  path_filestat_get: pathFileStatGet(writeFileStat),

  path_filestat_set_times(
    guest: Guest,
    fd: number,
    lookup: number,
    pointer: number,
    length: number,
    atim: bigint,
    mtim: bigint,
    flags: number,
  ): void {
    names.setTimesAt(guest, at(guest, fd, pointer, length), follows(lookup), (stat) =>
      timesOf(flags, atim, mtim, () => guest.setTimes.refine(stat)),
    );
  },
};
