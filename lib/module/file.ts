// One module file on disk: opened without following anybody out, identified, read.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { openAnchor } from '../anchor.js';
import { RequestError, isOutOfDescriptors, messageOf } from '../errors.js';

/** Not exported by node:fs; opens a name without touching what it names (open(2)). */
const O_PATH = 0o10000000;
const READ_BYTES = 1024 * 1024;

/** The same state means the same bytes, unless they were changed twice within a clock tick. */
export type FileState = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>;

/** What `path` (a byte string) names now, or undefined when nothing can be found there. */
export function stateAt(path: string): FileState | undefined {
  try {
    return statSync(Buffer.from(path, 'latin1'), { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** ctime as well: mtime can be set back, by cp -p for example. */
export function isSameState(one: FileState, other: FileState): boolean {
  return (
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs &&
    one.ino === other.ino &&
    one.size === other.size &&
    one.dev === other.dev
  );
}

export interface ModuleFile {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/**
 * Reads a regular file; anything else is not even opened.
 * @param path absolute, a byte string
 * @param below when a tenant named the path: the directory the file really must lie beneath
 * @param mostBytes a larger file is refused unread
 * @throws RequestError MODULE_NOT_FOUND, MODULE_NOT_READABLE, MODULE_TOO_LARGE, NO_DESCRIPTORS
 */
export async function readModuleFile(
  path: string,
  below: string | undefined,
  mostBytes: number,
): Promise<ModuleFile> {
  const fd = openName(path);
  try {
    const stats = fstatSync(fd, { bigint: true });
    if (!stats.isFile()) throw notReadable(path, 'is not a regular file');
    if (below !== undefined) checkBeneath(path, fd, below);
    if (stats.size > BigInt(mostBytes)) {
      const message = `module ${path} has ${stats.size} bytes, the limit is ${mostBytes}`;
      throw new RequestError('MODULE_TOO_LARGE', 500, message);
    }
    return await readAll(path, fd, Number(stats.size));
  } finally {
    closeSync(fd);
  }
}

/** The held descriptor names the file from here on, whatever becomes of `path`. */
function openName(path: string): number {
  try {
    return openSync(Buffer.from(path, 'latin1'), O_PATH);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable(path, '', thrown);
    throw new RequestError('MODULE_NOT_FOUND', 404, `module ${path} does not exist`);
  }
}

/**
 * Asks the kernel where the opened file really is: after the open, so there is no time in which a
 * symlink could be exchanged.
 */
function checkBeneath(path: string, fd: number, below: string): void {
  const directory = openDirectory(path, below);
  try {
    const real = readlinkSync(`/proc/self/fd/${fd}`, 'latin1');
    const base = readlinkSync(`/proc/self/fd/${directory}`, 'latin1');
    if (!real.startsWith(base === '/' ? base : `${base}/`)) {
      throw notReadable(path, `is not beneath ${below}`);
    }
  } finally {
    closeSync(directory);
  }
}

function openDirectory(path: string, below: string): number {
  try {
    return openAnchor(below);
  } catch (thrown) {
    throw unreadable(path, `cannot be held beneath ${below}: `, thrown);
  }
}

/** In pieces, so that neither reading nor hashing 26 MB holds up the requests of others. */
async function readAll(path: string, fd: number, size: number): Promise<ModuleFile> {
  let file;
  try {
    file = await open(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    throw unreadable(path, '', thrown);
  }
  try {
    const bytes = Buffer.allocUnsafeSlow(size);
    const hash = createHash('sha256');
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, Math.min(READ_BYTES, size - filled));
      if (bytesRead === 0) break;
      hash.update(bytes.subarray(filled, filled + bytesRead));
      filled += bytesRead;
    }
    return { bytes: bytes.subarray(0, filled), sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

function notReadable(path: string, fault: string): RequestError {
  return new RequestError('MODULE_NOT_READABLE', 500, `module ${path} ${fault}`);
}

/** What lacks is the process's fault or the file's. */
function unreadable(path: string, what: string, thrown: unknown): RequestError {
  const fault = `${what}${messageOf(thrown)}`;
  if (!isOutOfDescriptors(thrown)) return notReadable(path, fault);
  return new RequestError('NO_DESCRIPTORS', 503, `module ${path} ${fault}`);
}
