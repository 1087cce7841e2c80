// Which changes are left to do: against the disk, and against what init remembers.

import { readFile } from 'node:fs/promises';

import type { Change } from './changes.js';
import { bytesOf, sha256 } from './files.js';
import { type Manifest, fileEntry } from './manifest.js';
import { isThere } from './shell.js';

export interface Judged {
  readonly change: Change;
  /** `kept`: somebody else's file is in this place, or somebody changed ours. */
  readonly state: 'due' | 'done' | 'kept';
  /** What is said besides. */
  readonly note?: string;
  /** What is in its place is not ours, and is set aside. */
  readonly setsAside?: boolean;
}

const CHANGED = 'it was changed since init wrote it';

/**
 * @param force replace also files that are not as init wrote them
 * @param manifest absent when init did nothing here yet
 */
export function judgeAll(
  changes: readonly Change[],
  manifest: Manifest | undefined,
  force: boolean,
): Promise<Judged[]> {
  return Promise.all(changes.map((change) => judge(change, manifest, force)));
}

async function judge(
  change: Change,
  manifest: Manifest | undefined,
  force: boolean,
): Promise<Judged> {
  switch (change.kind) {
    case 'run':
      return { change, state: (await isThere(change.marker)) === change.there ? 'done' : 'due' };
    case 'line': {
      const lines = (await readFile(change.path, 'utf8').catch(() => '')).split('\n');
      return { change, state: lines.includes(change.line) === change.there ? 'done' : 'due' };
    }
    case 'remove': {
      const bytes = await bytesOf(change.path);
      if (bytes === undefined) return { change, state: 'done' };
      if (change.sums.includes(sha256(bytes))) return { change, state: 'due' };
      return { change, state: 'due', note: CHANGED, setsAside: true };
    }
    case 'write':
      return judgeFile(change, fileEntry(manifest, change.path), force);
  }
}

async function judgeFile(
  change: Change & { kind: 'write' },
  entry: ReturnType<typeof fileEntry>,
  force: boolean,
): Promise<Judged> {
  const { path, content } = change;
  const bytes = await bytesOf(path);
  if (bytes === undefined) return { change, state: 'due' };
  const isOurs = entry?.sums.includes(sha256(bytes)) ?? false;
  const isWanted = async (): Promise<boolean> => {
    if (content.from === 'chance') return true;
    if (content.from === 'build') return isOurs && entry?.stamp === content.stamp;
    const wanted = content.from === 'text' ? content.text : await readFile(content.file);
    return sha256(bytes) === sha256(wanted);
  };
  if (await isWanted()) return { change, state: 'done' };
  if (isOurs) return { change, state: 'due', note: 'as it is in this version' };
  const note = entry ? CHANGED : 'init did not write it';
  return force ? { change, state: 'due', note, setsAside: true } : { change, state: 'kept', note };
}
