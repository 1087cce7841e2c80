// The place of a unix socket in the file system: free it when what lies there is dead.

import { chmodSync, lchownSync, type Stats } from 'node:fs';
import { lstat, stat, unlink } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { ConfigError, messageOf } from '../errors.js';

/**
 * Removes a socket that nobody answers on any more, so that its path can be bound.
 * @throws ConfigError when the directory is missing, when something that is not a socket or is
 *   somebody else's lies at the path, when somebody answers there, or when that cannot be found out
 */
export async function freeSocketPath(path: string): Promise<void> {
  const entry = await lookUp(path);
  await checkDirectory(path);
  if (entry === undefined) {
    const directory = dirname(path);
    const isDirectory = await stat(directory).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isDirectory) throw new ConfigError([`unix:${path}: directory ${directory} must exist`]);
    return;
  }
  if (!entry.isSocket()) {
    throw new ConfigError([`unix:${path}: not a socket, and therefore not replaced`]);
  }
  checkOwner(path, entry);
  const answer = await knock(path);
  if (answer === 'ENOENT') return;
  if (answer !== 'ECONNREFUSED') {
    const fault = answer === undefined ? 'somebody listens there already' : `in use (${answer})`;
    throw new ConfigError([`unix:${path}: ${fault}`]);
  }
  await unlink(path);
}

/** Where a socket is to be, and who may connect. */
export interface SocketPlace {
  readonly path: string;
  readonly mode: number;
  readonly gid?: number;
}

/**
 * Runs what binds the socket, which nobody can connect to at any moment but who may in the end. One
 * with a group of its own is open to its owner alone until `openToGroup`.
 */
export function bindClosed({ mode, gid }: SocketPlace, bind: () => void): void {
  const before = process.umask(0o777 & ~(gid === undefined ? mode : mode & 0o700));
  try {
    bind();
  } finally {
    process.umask(before);
  }
}

/**
 * Opens it to those who may connect.
 * @throws ConfigError when we may not give it to that group
 */
export function openToGroup({ path, mode, gid }: SocketPlace): void {
  try {
    if (gid !== undefined) lchownSync(path, -1, gid);
    chmodSync(path, mode);
  } catch (thrown) {
    const what = gid === undefined ? '' : ` be given to group ${gid} and`;
    const octal = mode.toString(8).padStart(4, '0');
    throw new ConfigError([`unix:${path}: cannot${what} have mode ${octal}: ${messageOf(thrown)}`]);
  }
}

/** What somebody else has put there is not ours to remove: it may be what his clients look for. */
function checkOwner(path: string, { uid }: Stats): void {
  const me = process.geteuid?.() ?? 0;
  if (uid === 0 || uid === me) return;
  throw new ConfigError([
    `unix:${path}: the socket there belongs to uid ${uid}; to be replaced it must belong to root or to uid ${me}: remove it`,
  ]);
}

/** Where everybody may write, somebody else's socket could take the place of ours. */
async function checkDirectory(path: string): Promise<void> {
  const found = await stat(dirname(path)).catch(() => undefined);
  if (found === undefined || (found.mode & 0o002) === 0) return;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  throw new ConfigError([
    `unix:${path}: directory ${dirname(path)} may be written by everybody (mode ${mode}): chmod o-w`,
  ]);
}

async function lookUp(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new ConfigError([`unix:${path}: ${messageOf(error)}`]);
  }
}

/** The error code of a connection to `path`, undefined when it was accepted. */
async function knock(path: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error) => resolve(codeOf(error)));
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
