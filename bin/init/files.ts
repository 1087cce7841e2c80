// Files as init reads and writes them: whole or not at all, with the rights and owner that are wanted.

import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';

import { isThere } from './shell.js';

/** Hex digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes of a file; absent when there is none. */
export async function bytesOf(file: string): Promise<Buffer | undefined> {
  return (await isThere(file)) ? readFile(file) : undefined;
}

export interface Rights {
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Puts a file there in one step; a reader sees the old one or the new one. */
export async function putFile(file: string, bytes: Uint8Array, rights: Rights): Promise<void> {
  const { mode, uid = -1, gid = -1 } = rights;
  const next = `${file}.new`;
  try {
    await writeFile(next, bytes, { mode: 0o600 });
    if (uid !== -1 || gid !== -1) await chown(next, uid, gid);
    await chmod(next, mode);
    await rename(next, file);
  } catch (thrown) {
    await rm(next, { force: true });
    throw thrown;
  }
}

/** Replaces a file that is there, and keeps its owner and rights; a symlink stays one. */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const real = await realpath(file);
  await putFile(real, bytes, await rightsOf(real));
}

/** Rights and owner of a file that is there. */
export async function rightsOf(file: string): Promise<Required<Rights>> {
  const { mode, uid, gid } = await stat(file);
  return { mode: mode & 0o7777, uid, gid };
}

/** Makes the directory of a file; answers those that were not there, outer ones first. */
export async function makeDirectoryOf(file: string): Promise<string[]> {
  const made: string[] = [];
  for (let at = dirname(file); !(await isThere(at)); at = dirname(at)) made.unshift(at);
  for (const directory of made) {
    await mkdir(directory);
    await chmod(directory, 0o755);
  }
  return made;
}
