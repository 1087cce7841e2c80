// Calls on names: create, remove, link, rename, read a link, attributes.

import * as fs from 'node:fs';
import { LOOKUP_SYMLINK_FOLLOW, Right } from './abi.js';
import type { Walk } from './beneath.js';
import { Fault } from './errno.js';
import type { Guest } from './guest.js';
import { type FileStat, fileStatOf, type WriteFileStat, writeFileStat } from './stat.js';
import { timesOf } from './times.js';

/** Walks to the last component of a path argument. @throws Fault when fd lacks one of `rights` */
function walkTo(
  guest: Guest,
  walk: Walk,
  fd: number,
  rights: number,
  pointer: number,
  length: number,
): Walk {
  const directory = guest.fds.directory(fd);
  const path = guest.memory.path(pointer, length);
  directory.need(rights);
  return walk.start(directory, path);
}

/** Goes on through last symlinks when asked to. Returns the attributes of what is there. */
function settle(walk: Walk, lookup: number): FileStat {
  for (;;) {
    if (walk.slash) walk.enter();
    // Programs look for many files that are not there: no exception of Node's for those.
    const stat = fs.lstatSync(walk.place, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) throw new Fault('ENOENT');
    if (!stat.isSymbolicLink() || (lookup & LOOKUP_SYMLINK_FOLLOW) === 0) return fileStatOf(stat);
    walk.follow();
  }
}

/** After a call that can take a directory away: the next walk must not find it still there. */
function release(guest: Guest): void {
  guest.walk.release();
  guest.secondWalk.release();
}

/** For calls that act on a name: `name/` must be a directory. */
function needDirectoryIfSlash(walk: Walk): void {
  if (walk.slash && !fs.lstatSync(walk.place).isDirectory()) throw new Fault('ENOTDIR');
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
    const walk = walkTo(guest, guest.walk, fd, Right.PATH_FILESTAT_GET, pointer, length);
    write(guest.memory, stat, guest.setTimes.refine(settle(walk, lookup)));
  };
}

export const pathCalls = {
  path_create_directory(guest: Guest, fd: number, pointer: number, length: number): void {
    walkTo(guest, guest.walk, fd, Right.PATH_CREATE_DIRECTORY, pointer, length);
    fs.mkdirSync(guest.walk.place, 0o777);
  },

  path_remove_directory(guest: Guest, fd: number, pointer: number, length: number): void {
    walkTo(guest, guest.walk, fd, Right.PATH_REMOVE_DIRECTORY, pointer, length);
    fs.rmdirSync(guest.walk.place);
    release(guest);
  },

  path_unlink_file(guest: Guest, fd: number, pointer: number, length: number): void {
    const walk = walkTo(guest, guest.walk, fd, Right.PATH_UNLINK_FILE, pointer, length);
    needDirectoryIfSlash(walk);
    fs.unlinkSync(walk.place);
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
    const from = walkTo(guest, guest.walk, fd, Right.PATH_RENAME_SOURCE, pointer, length);
    const right = Right.PATH_RENAME_TARGET;
    const to = walkTo(guest, guest.secondWalk, newFd, right, newPointer, newLength);
    needDirectoryIfSlash(from);
    if (to.slash && !fs.lstatSync(from.place).isDirectory()) throw new Fault('ENOTDIR');
    fs.renameSync(from.place, to.place);
    release(guest);
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
    const from = walkTo(guest, guest.walk, fd, Right.PATH_LINK_SOURCE, pointer, length);
    const right = Right.PATH_LINK_TARGET;
    const to = walkTo(guest, guest.secondWalk, newFd, right, newPointer, newLength);
    settle(from, lookup);
    if (to.slash) throw new Fault('ENOENT');
    fs.linkSync(from.place, to.place);
  },

  /**
   * Where the right is not granted, EPERM says as on file systems without symlinks. A relative text
   * may lead anywhere: whoever walks by it is held, and until then it is text.
   */
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
    if ((directory.rights & Right.PATH_SYMLINK) === 0) {
      throw new Fault(directory.readOnly ? 'EROFS' : 'EPERM');
    }
    // Could not be followed, and would only show other programs a way.
    if (text.startsWith('/')) throw new Fault('EPERM');
    const walk = guest.walk.start(directory, path);
    needDirectoryIfSlash(walk);
    fs.symlinkSync(text, walk.place);
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
    const walk = walkTo(guest, guest.walk, fd, Right.PATH_READLINK, pointer, length);
    guest.memory.at(used, 4);
    const target = guest.memory.slice(buffer, bufferLength);
    if (walk.slash) walk.enter();
    const text = fs.readlinkSync(walk.place, { encoding: 'buffer' });
    // An absolute one cannot be followed, and would only show the host's layout.
    if (text[0] === 0x2f) throw new Fault('EPERM');
    const shown = text.subarray(0, target.length);
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
    const walk = walkTo(guest, guest.walk, fd, Right.PATH_FILESTAT_SET_TIMES, pointer, length);
    const stat = settle(walk, lookup);
    const times = timesOf(flags, atim, mtim, () => guest.setTimes.refine(stat));
    fs.lutimesSync(walk.place, times.accessed, times.modified);
    guest.setTimes.remember(settle(walk, 0), times);
  },
};
