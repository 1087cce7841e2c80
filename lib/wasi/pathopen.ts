// path_open.

import { constants, fstatSync } from 'node:fs';
import { FD_FLAGS, LOOKUP_SYMLINK_FOLLOW, OPEN_FLAGS, OpenFlag, Right } from './abi.js';
import type { Walk } from './beneath.js';
import type { Descriptor } from './descriptor.js';
import { Directory } from './directory.js';
import { codeOf, Fault } from './errno.js';
import type { Guest } from './guest.js';
import { hostFlagsOf, RegularFile } from './regular.js';
import { RequestDirectory } from './request.js';
import { DIRECTORY_RIGHTS, FILE_RIGHTS, rightsOf, WRITING_RIGHTS } from './rights.js';

/** Never the target of a last symlink, never a wait for the other end of a FIFO, never a terminal. */
const CAREFUL = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** How a guest wants to open a name. */
export interface OpenRequest {
  readonly follow: boolean;
  /** OpenFlag bits. */
  readonly openFlags: number;
  /** FdFlag bits. */
  readonly fdFlags: number;
  readonly rights: number;
  readonly inheriting: number;
}

/** Opens a name beneath `directory`; it is the caller's to put into the table of fds. */
export function openAt(
  guest: Guest,
  directory: Directory,
  path: string,
  { follow, openFlags, fdFlags, rights, inheriting }: OpenRequest,
): Descriptor {
  if ((openFlags & ~OPEN_FLAGS) !== 0 || (fdFlags & ~FD_FLAGS) !== 0) throw new Fault('EINVAL');
  const flags = flagsOf(directory, openFlags, rights);
  guest.fds.needRoom();
  if (directory instanceof RequestDirectory) {
    return directory.openBeneath(path, (openFlags & OpenFlag.DIRECTORY) !== 0);
  }
  guest.walk.start(directory, path);
  const hostFd = open(guest, guest.walk, flags | hostFlagsOf(fdFlags), follow);
  const descriptor = describe(guest, hostFd, flags, {
    rights: rights & directory.inheriting,
    inheriting: inheriting & directory.inheriting,
    readOnly: directory.readOnly,
  });
  descriptor.flags = fdFlags;
  return descriptor;
}

export const pathOpenCalls = {
  path_open(
    guest: Guest,
    fd: number,
    lookup: number,
    pointer: number,
    length: number,
    openFlags: number,
    rightsBase: bigint,
    rightsInheriting: bigint,
    fdFlags: number,
    opened: number,
  ): void {
    const directory = guest.fds.directory(fd);
    const path = guest.memory.path(pointer, length);
    guest.memory.at(opened, 4);
    const how = {
      path,
      follow: (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0,
      openFlags,
      fdFlags,
      rights: rightsOf(rightsBase),
      inheriting: rightsOf(rightsInheriting),
      directory,
    };
    const descriptor = openAt(guest, directory, path, how);
    descriptor.origin = how;
    guest.process.opened?.(descriptor);
    guest.memory.setU32(opened, guest.fds.add(descriptor));
  },
};

/** Flags of open(2). @throws Fault when the directory does not grant what they mean */
function flagsOf(directory: Directory, openFlags: number, wanted: number): number {
  directory.need(Right.PATH_OPEN);
  const asked = wanted & (WRITING_RIGHTS | Right.FD_READ);
  const refused = asked & ~directory.inheriting;
  if (refused !== 0) {
    const writing = (refused & WRITING_RIGHTS) !== 0;
    throw new Fault(writing && directory.readOnly ? 'EROFS' : 'ENOTCAPABLE');
  }
  const reads = (wanted & (Right.FD_READ | Right.FD_READDIR)) !== 0;
  let flags: number = constants.O_RDONLY;
  if ((wanted & WRITING_RIGHTS) !== 0) flags = reads ? constants.O_RDWR : constants.O_WRONLY;
  if ((openFlags & OpenFlag.CREAT) !== 0) {
    if ((openFlags & OpenFlag.DIRECTORY) !== 0) throw new Fault('EINVAL');
    directory.need(Right.PATH_CREATE_FILE);
    flags |= constants.O_CREAT;
  }
  if ((openFlags & OpenFlag.TRUNC) !== 0) {
    directory.need(Right.PATH_FILESTAT_SET_SIZE);
    flags |= constants.O_TRUNC;
  }
  if ((openFlags & OpenFlag.EXCL) !== 0) flags |= constants.O_EXCL;
  if ((openFlags & OpenFlag.DIRECTORY) !== 0) flags |= constants.O_DIRECTORY;
  return flags;
}

/** Opens where the walk stands, following last symlinks by further walking. */
function open(guest: Guest, walk: Walk, flags: number, follow: boolean): number {
  for (;;) {
    if (walk.slash && (flags & constants.O_CREAT) !== 0) throw new Fault('EISDIR');
    if (walk.slash || (follow && (flags & constants.O_DIRECTORY) !== 0)) {
      walk.enter();
      flags |= constants.O_DIRECTORY;
    }
    try {
      return guest.hostFds.open(walk.place, flags | CAREFUL);
    } catch (error) {
      const code = codeOf(error);
      // A socket, or a FIFO that nobody reads.
      if (code === 'ENXIO') throw new Fault('EACCES');
      if (code !== 'ELOOP' || !follow) throw error;
    }
    walk.follow();
  }
}

/** Only regular files and directories pass: a device or FIFO could block or act when touched. */
function describe(
  guest: Guest,
  hostFd: number,
  flags: number,
  grant: { rights: number; inheriting: number; readOnly: boolean },
): Descriptor {
  const { hostFds, listings, budget } = guest;
  const stat = fstatSync(hostFd);
  if (stat.isDirectory()) {
    const rights = grant.rights & DIRECTORY_RIGHTS;
    return new Directory(hostFds, listings, hostFd, { ...grant, rights });
  }
  if (!stat.isFile()) {
    hostFds.close(hostFd);
    throw new Fault('EACCES');
  }
  const access = flags & (constants.O_WRONLY | constants.O_RDWR);
  const rights = grant.rights & FILE_RIGHTS;
  return new RegularFile(hostFds, hostFd, access, budget, { ...grant, rights });
}
