// Which rights a descriptor can have, and which of them change something. Enforced are those that
// guard something; those by which a guest only limits itself (seek, tell, sync, advise, stat of an
// open fd) are reported and kept, not checked.

import { Right } from './abi.js';

/** Taken from everything beneath a read-only preopen. Links and renames from there count: the new
 * name could stand in a writable preopen. */
export const CHANGING_RIGHTS =
  Right.FD_WRITE |
  Right.FD_ALLOCATE |
  Right.FD_FILESTAT_SET_SIZE |
  Right.FD_FILESTAT_SET_TIMES |
  Right.PATH_CREATE_DIRECTORY |
  Right.PATH_CREATE_FILE |
  Right.PATH_LINK_SOURCE |
  Right.PATH_LINK_TARGET |
  Right.PATH_RENAME_SOURCE |
  Right.PATH_RENAME_TARGET |
  Right.PATH_FILESTAT_SET_SIZE |
  Right.PATH_FILESTAT_SET_TIMES |
  Right.PATH_SYMLINK |
  Right.PATH_REMOVE_DIRECTORY |
  Right.PATH_UNLINK_FILE;

/** The rights that make path_open open a file for writing. */
export const WRITING_RIGHTS = Right.FD_WRITE | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE;

export const FILE_RIGHTS =
  Right.FD_DATASYNC |
  Right.FD_READ |
  Right.FD_SEEK |
  Right.FD_FDSTAT_SET_FLAGS |
  Right.FD_SYNC |
  Right.FD_TELL |
  Right.FD_WRITE |
  Right.FD_ADVISE |
  Right.FD_ALLOCATE |
  Right.FD_FILESTAT_GET |
  Right.FD_FILESTAT_SET_SIZE |
  Right.FD_FILESTAT_SET_TIMES |
  Right.POLL_FD_READWRITE;

/** PATH_SYMLINK has to be granted: see preopens.ts. */
export const DIRECTORY_RIGHTS =
  Right.FD_FDSTAT_SET_FLAGS |
  Right.FD_SYNC |
  Right.FD_ADVISE |
  Right.PATH_CREATE_DIRECTORY |
  Right.PATH_CREATE_FILE |
  Right.PATH_LINK_SOURCE |
  Right.PATH_LINK_TARGET |
  Right.PATH_OPEN |
  Right.FD_READDIR |
  Right.PATH_READLINK |
  Right.PATH_RENAME_SOURCE |
  Right.PATH_RENAME_TARGET |
  Right.PATH_FILESTAT_GET |
  Right.PATH_FILESTAT_SET_SIZE |
  Right.PATH_FILESTAT_SET_TIMES |
  Right.FD_FILESTAT_GET |
  Right.FD_FILESTAT_SET_TIMES |
  Right.PATH_SYMLINK |
  Right.PATH_REMOVE_DIRECTORY |
  Right.PATH_UNLINK_FILE |
  Right.POLL_FD_READWRITE;

const STREAM_RIGHTS = Right.FD_FDSTAT_SET_FLAGS | Right.FD_FILESTAT_GET | Right.POLL_FD_READWRITE;
export const INPUT_RIGHTS = STREAM_RIGHTS | Right.FD_READ;
export const OUTPUT_RIGHTS = STREAM_RIGHTS | Right.FD_WRITE;

/** The rights in a guest's u64; bits without a meaning are dropped. */
export function rightsOf(bits: bigint): number {
  return Number(BigInt.asUintN(30, bits));
}
