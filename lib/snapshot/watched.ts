// What a configuration wants to be watched: a file, or a directory with all that lies beneath it. No
// symlink is followed there, and what a tenant has named is held beneath his own directory.

import { type Hash, createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, opendirSync } from 'node:fs';
import { openAnchor } from '../anchor.js';
import { isOutOfDescriptors } from '../errors.js';
import type { Watched } from '../run.js';
import { HOLD, O_PATH, Walk, inside } from '../wasi/beneath.js';
import { HostFds } from '../wasi/hostfds.js';
import { restOf } from '../wasi/preopens.js';
import type { Source } from './contract.js';
import { stateIn } from './sources.js';

/** Files and directories beneath all that one route watches: a look at so many takes some 20 ms. */
export const MOST_WATCHED = 4_096;
/** Levels beneath what is watched; each holds a descriptor. */
export const MOST_LEVELS = 32;
const BUFFERED_ENTRIES = 64;
/** Instead of a state. */
export const TOO_MANY = 'too many';

class TooMany extends Error {}

/**
 * What is watched, as it is now: a state changes with every file beneath, its content, its name and
 * its owner, and is `TOO_MANY` for a path with which there are more than `MOST_WATCHED`.
 * @throws system errors when the process is out of descriptors
 */
export function watchedStates(watch: readonly Watched[]): Source[] {
  const budget = { left: MOST_WATCHED };
  return watch.map((watched) => ({ path: watched.path, state: stateOfTree(watched, budget) }));
}

function stateOfTree(watched: Watched, budget: { left: number }): string {
  const fds = new HostFds();
  try {
    const fd = open(fds, watched);
    const stats = fstatSync(fd, { bigint: true });
    if (!stats.isDirectory()) return stateIn(stats);
    const hash = createHash('sha256').update(stateIn(stats));
    addBeneath(fds, fd, hash, budget, MOST_LEVELS);
    return hash.digest('hex');
  } catch (thrown) {
    if (thrown instanceof TooMany) return TOO_MANY;
    if (isOutOfDescriptors(thrown)) throw thrown;
    return 'none';
  } finally {
    fds.closeAll();
  }
}

/** The administrator's symlinks are his own matter; a tenant's lead nowhere but beneath `below`. */
function open(fds: HostFds, { path, below }: Watched): number {
  if (below === undefined) return fds.open(Buffer.from(path, 'latin1'), O_PATH);
  const root = openAnchor(below);
  const walk = new Walk(fds);
  try {
    walk.start({ fd: root }, restOf(path, below));
    for (;;) {
      const fd = fds.open(walk.place, O_PATH | constants.O_NOFOLLOW);
      if (!fstatSync(fd).isSymbolicLink()) return fd;
      fds.close(fd);
      walk.follow();
    }
  } finally {
    walk.release();
    closeSync(root);
  }
}

function addBeneath(
  fds: HostFds,
  fd: number,
  hash: Hash,
  budget: { left: number },
  levels: number,
): void {
  if (levels === 0) throw new TooMany();
  for (const name of namesIn(fd, budget)) {
    const place = Buffer.from(inside(fd, name), 'latin1');
    const stats = lstatSync(place, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) continue;
    hash.update(`${name}\0${stateIn(stats)}\0`);
    if (!stats.isDirectory()) continue;
    const child = hold(fds, place);
    if (child === undefined) continue;
    addBeneath(fds, child, hash, budget, levels - 1);
    fds.close(child);
  }
  hash.update('/');
}

/** Byte strings, in order. */
function namesIn(fd: number, budget: { left: number }): string[] {
  const names: string[] = [];
  let directory;
  try {
    const how = { encoding: 'latin1', bufferSize: BUFFERED_ENTRIES } as const;
    directory = opendirSync(inside(fd, '.'), how);
  } catch (thrown) {
    if (isOutOfDescriptors(thrown)) throw thrown;
    return names;
  }
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      budget.left -= 1;
      if (budget.left < 0) throw new TooMany();
      names.push(entry.name);
    }
  } finally {
    directory.closeSync();
  }
  return names.sort();
}

/** Undefined when it is a directory no longer, or one that we may not enter. */
function hold(fds: HostFds, place: Buffer): number | undefined {
  try {
    return fds.open(place, HOLD);
  } catch (thrown) {
    if (isOutOfDescriptors(thrown)) throw thrown;
    return undefined;
  }
}
