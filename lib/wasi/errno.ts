// An error a guest is answered with, and the errno of anything a system call throws.

import { Errno, type ErrnoName } from './abi.js';

/** A call fails with this errno. Carries no stack: it is an answer, not a bug. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly errno: number;
  constructor(readonly code: ErrnoName) {
    super(code);
    this.errno = Errno[code];
  }
}

const ERRNO_BY_CODE: ReadonlyMap<string, number> = new Map(Object.entries(Errno));

/** The name of a system error (`ENOENT`) or fault; undefined for any other thing thrown. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  if (thrown instanceof Fault || 'syscall' in thrown) return String(thrown.code);
  return undefined;
}

/** WASI errno of a fault or a system error, EIO for a system error that WASI has no number for;
 * undefined for any other thing thrown. */
export function errnoOf(thrown: unknown): number | undefined {
  if (thrown instanceof Fault) return thrown.errno;
  const code = codeOf(thrown);
  return code === undefined ? undefined : (ERRNO_BY_CODE.get(code) ?? Errno.EIO);
}
