// The errors of wasi:filesystem and wasi:io for what file calls throw.

import type { ErrorCode } from '../channel/outgoing.js';
import { codeOf } from '../wasi/errno.js';

/** error-code by the name of a system error; `io` for all others. */
const CODES = new Map([
  ['EACCES', 'access'],
  ['EAGAIN', 'would-block'],
  ['EBADF', 'bad-descriptor'],
  ['EBUSY', 'busy'],
  ['EDQUOT', 'quota'],
  ['EEXIST', 'exist'],
  ['EFBIG', 'file-too-large'],
  ['EILSEQ', 'illegal-byte-sequence'],
  ['EINTR', 'interrupted'],
  ['EINVAL', 'invalid'],
  ['EISDIR', 'is-directory'],
  ['ELOOP', 'loop'],
  ['EMFILE', 'quota'],
  ['EMLINK', 'too-many-links'],
  ['ENAMETOOLONG', 'name-too-long'],
  ['ENFILE', 'quota'],
  ['ENODEV', 'no-device'],
  ['ENOENT', 'no-entry'],
  ['ENOMEM', 'insufficient-memory'],
  ['ENOSPC', 'insufficient-space'],
  ['ENOTCAPABLE', 'not-permitted'],
  ['ENOTDIR', 'not-directory'],
  ['ENOTEMPTY', 'not-empty'],
  ['ENOTSUP', 'unsupported'],
  ['ENOTTY', 'no-tty'],
  ['ENXIO', 'no-such-device'],
  ['EOVERFLOW', 'overflow'],
  ['EPERM', 'not-permitted'],
  ['EPIPE', 'pipe'],
  ['EROFS', 'read-only'],
  ['ESPIPE', 'invalid-seek'],
  ['ETXTBSY', 'text-file-busy'],
  ['EXDEV', 'cross-device'],
]);

/** @throws what it is given, when that is no answer to a file call */
export function errnoName(thrown: unknown): string {
  const code = codeOf(thrown);
  if (code === undefined) throw thrown;
  return CODES.get(code) ?? 'io';
}

/** wasi:io/error. */
export class IoError {
  /**
   * @param code of wasi:filesystem, or of nothing that has one
   * @param http error-code of wasi:http, the same
   */
  constructor(
    readonly text: string,
    readonly code?: string,
    readonly http?: ErrorCode,
  ) {}
}
