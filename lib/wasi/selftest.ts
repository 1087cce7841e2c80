// Proves at start that this system does what the capability walk relies on.

import { constants, fstatSync, mkdtempSync, readSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { HOLD, inside, O_PATH, Walk } from './beneath.js';
import { codeOf } from './errno.js';
import { HostFds } from './hostfds.js';

/**
 * Whether files can be confined here: `/proc/self/fd` works as openat, symlinks are not followed,
 * O_PATH is honoured. Makes and removes a directory in the system's temporary directory.
 * @returns what is wrong, one line; undefined when all is well
 */
export function selfTest(): string | undefined {
  const fds = new HostFds();
  let directory: string | undefined;
  try {
    directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-selftest-'));
    symlinkSync('/', join(directory, 'link'));
    return examine(fds, directory);
  } catch (error) {
    return `the sandbox cannot be tested: ${messageOf(error)}`;
  } finally {
    fds.closeAll();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

function examine(fds: HostFds, directory: string): string | undefined {
  const base = fds.open(directory, O_PATH | constants.O_DIRECTORY);
  const here = fds.open(inside(base, '.'), O_PATH | constants.O_DIRECTORY);
  if (fstatSync(here, { bigint: true }).ino !== fstatSync(base, { bigint: true }).ino) {
    return '/proc/self/fd does not lead to open directories';
  }
  if (codeThrown(() => readSync(base, new Uint8Array(1))) !== 'EBADF') {
    return 'O_PATH is not honoured: a descriptor opened with it can be read';
  }
  if (codeThrown(() => fds.open(inside(base, 'link'), constants.O_NOFOLLOW)) !== 'ELOOP') {
    return 'O_NOFOLLOW is not honoured: a symlink was followed';
  }
  if (codeThrown(() => fds.open(inside(base, 'link'), HOLD)) !== 'ENOTDIR') {
    return 'O_PATH with O_NOFOLLOW is not honoured: a symlink was followed';
  }
  if (codeThrown(() => new Walk(fds).start({ fd: base }, 'link/etc')) !== 'EPERM') {
    return 'the walk left its directory through a symlink';
  }
  return undefined;
}

function codeThrown(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return codeOf(error) ?? messageOf(error);
  }
}
