// What can be done to a name beneath a directory that a guest holds: by the capability walk, for both
// WASI interfaces. A directory without the right, and every fault of the system, is thrown.

import * as fs from 'node:fs';
import { Right } from './abi.js';
import type { Walk } from './beneath.js';
import type { Directory } from './directory.js';
import { Fault } from './errno.js';
import type { Guest } from './guest.js';
import { RequestDirectory } from './request.js';
import { type FileStat, fileStatOf } from './stat.js';
import type { FileTimes } from './times.js';

/** A name as a guest gives it: a directory and a relative path. */
export interface At {
  readonly directory: Directory;
  readonly path: string;
}

/** Walks to the last component. @throws Fault when the directory lacks one of `rights` */
function walkTo(walk: Walk, { directory, path }: At, rights: number): Walk {
  directory.need(rights);
  return walk.start(directory, path);
}

/** Goes on through last symlinks when asked to. Returns the attributes of what is there. */
function settle(walk: Walk, follow: boolean): FileStat {
  for (;;) {
    if (walk.slash) walk.enter();
    // Programs look for many files that are not there: no exception of Node's for those.
    const stat = fs.lstatSync(walk.place, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) throw new Fault('ENOENT');
    if (!stat.isSymbolicLink() || !follow) return fileStatOf(stat);
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

export function createDirectory(guest: Guest, at: At): void {
  fs.mkdirSync(walkTo(guest.walk, at, Right.PATH_CREATE_DIRECTORY).place, 0o777);
}

export function removeDirectory(guest: Guest, at: At): void {
  fs.rmdirSync(walkTo(guest.walk, at, Right.PATH_REMOVE_DIRECTORY).place);
  release(guest);
}

export function unlinkFile(guest: Guest, at: At): void {
  const walk = walkTo(guest.walk, at, Right.PATH_UNLINK_FILE);
  needDirectoryIfSlash(walk);
  fs.unlinkSync(walk.place);
}

export function rename(guest: Guest, old: At, renamed: At): void {
  const from = walkTo(guest.walk, old, Right.PATH_RENAME_SOURCE);
  const to = walkTo(guest.secondWalk, renamed, Right.PATH_RENAME_TARGET);
  needDirectoryIfSlash(from);
  if (to.slash && !fs.lstatSync(from.place).isDirectory()) throw new Fault('ENOTDIR');
  fs.renameSync(from.place, to.place);
  release(guest);
}

export function link(guest: Guest, old: At, follow: boolean, made: At): void {
  const from = walkTo(guest.walk, old, Right.PATH_LINK_SOURCE);
  const to = walkTo(guest.secondWalk, made, Right.PATH_LINK_TARGET);
  settle(from, follow);
  if (to.slash) throw new Fault('ENOENT');
  fs.linkSync(from.place, to.place);
}

/**
 * Where the right is not granted, EPERM says as on file systems without symlinks. A relative text may
 * lead anywhere: whoever walks by it is held, and until then it is text.
 */
export function symlink(guest: Guest, text: string, { directory, path }: At): void {
  if ((directory.rights & Right.PATH_SYMLINK) === 0) {
    throw new Fault(directory.readOnly ? 'EROFS' : 'EPERM');
  }
  // Could not be followed, and would only show other programs a way.
  if (text.startsWith('/')) throw new Fault('EPERM');
  const walk = guest.walk.start(directory, path);
  needDirectoryIfSlash(walk);
  fs.symlinkSync(text, walk.place);
}

/** The text of a symlink. */
export function readLink(guest: Guest, at: At): Buffer {
  const walk = walkTo(guest.walk, at, Right.PATH_READLINK);
  if (walk.slash) walk.enter();
  const text = fs.readlinkSync(walk.place, { encoding: 'buffer' });
  // An absolute one cannot be followed, and would only show the host's layout.
  if (text[0] === 0x2f) throw new Fault('EPERM');
  return text;
}

export function statAt(guest: Guest, at: At, follow: boolean): FileStat {
  if (at.directory instanceof RequestDirectory) return at.directory.statBeneath(at.path);
  const walk = walkTo(guest.walk, at, Right.PATH_FILESTAT_GET);
  return guest.setTimes.refine(settle(walk, follow));
}

/** @param timesFor what to set, by the attributes that are there */
export function setTimesAt(
  guest: Guest,
  at: At,
  follow: boolean,
  timesFor: (stat: FileStat) => FileTimes,
): void {
  const walk = walkTo(guest.walk, at, Right.PATH_FILESTAT_SET_TIMES);
  const times = timesFor(settle(walk, follow));
  fs.lutimesSync(walk.place, times.accessed, times.modified);
  guest.setTimes.remember(settle(walk, false), times);
}
