// Users and groups of this machine, as passwd(5) and group(5) have them.

import { readFileSync } from 'node:fs';

export interface Account {
  readonly uid: number;
  /** The main group. */
  readonly gid: number;
}

/**
 * A user by name or number. Undefined for one that is not in `/etc/passwd`: another directory service
 * may know it.
 */
export function accountOf(user: string): Account | undefined {
  const [, , uid, gid] = entryOf('/etc/passwd', user) ?? [];
  return uid === undefined || gid === undefined
    ? undefined
    : { uid: Number(uid), gid: Number(gid) };
}

/** The number of a group, by name or number; undefined for a name that is not in `/etc/group`. */
export function groupNumber(group: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  const gid = entryOf('/etc/group', group)?.[2];
  return gid === undefined ? undefined : Number(gid);
}

/** The fields of the line whose name, or number in the third field, this is. */
function entryOf(file: string, wanted: string): string[] | undefined {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .map((line) => line.split(':'))
    .find(([name, , id]) => name === wanted || id === wanted);
}
