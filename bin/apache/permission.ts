// May a user of this system read, write or enter a path? By mode bits, as the kernel would.

import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Identity {
  readonly name: string;
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
}

export const READ = 4;
export const WRITE = 2;
export const ENTER = 1;

/** @param gid of its main group */
export async function identityOf(name: string, uid: number, gid: number): Promise<Identity> {
  const groups = (await readFile('/etc/group', 'utf8').catch(() => ''))
    .split('\n')
    .map((row) => row.split(':'));
  const others = groups.filter(([, , , members]) => members?.split(',').includes(name));
  return { name, uid, gids: new Set([gid, ...others.map(([, , id]) => Number(id))]) };
}

/**
 * The path that keeps the user out: the file itself or a directory above it. Undefined when it may,
 * and where we cannot see it ourselves.
 */
export async function whatForbids(
  user: Identity,
  path: string,
  wanted: number,
): Promise<string | undefined> {
  if (user.uid === 0) return undefined;
  const parent = dirname(path);
  const above = parent === path ? undefined : await whatForbids(user, parent, ENTER);
  if (above !== undefined) return above;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const shift = found.uid === user.uid ? 6 : user.gids.has(found.gid) ? 3 : 0;
  return ((found.mode >> shift) & wanted) === wanted ? undefined : path;
}

/** Home directories of people: of root, and of users with numbers from 1,000 on. */
export async function homes(): Promise<string[]> {
  const rows = (await readFile('/etc/passwd', 'utf8').catch(() => ''))
    .split('\n')
    .map((row) => row.split(':'));
  return rows
    .filter(([, , uid]) => uid === '0' || (Number(uid) >= 1_000 && Number(uid) < 60_000))
    .map(([, , , , , home]) => home ?? '')
    .filter((home) => /^\/[^/]/.test(home));
}
