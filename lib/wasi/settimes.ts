// The times that a run has set. Node hands them to the host in whole microseconds; the run itself reads
// back what it set, to the nanosecond, and a time that it did not touch stays what it was.

import type { FileStat } from './stat.js';
import type { FileTimes } from './times.js';

/** Files whose times are remembered; the first one set is forgotten first. */
const FILES_MAX = 1024;
/** What the host may have rounded away. More is another time: a file system that knows no such year. */
const ROUNDED_NS = 1000n;

interface Kept {
  /** As the host showed it when it was set, and as it was meant. */
  readonly atim: readonly [host: bigint, exact: bigint];
  readonly mtim: readonly [host: bigint, exact: bigint];
}

export class SetTimes {
  readonly #kept = new Map<string, Kept>();

  /** Attributes with the times that were set here, unless somebody has changed them since. */
  refine(stat: FileStat): FileStat {
    const kept = this.#kept.size === 0 ? undefined : this.#kept.get(keyOf(stat));
    if (kept === undefined) return stat;
    return { ...stat, atim: refined(stat.atim, kept.atim), mtim: refined(stat.mtim, kept.mtim) };
  }

  /** @param stat what the host shows after `times` were set */
  remember(stat: FileStat, { atim, mtim }: FileTimes): void {
    const key = keyOf(stat);
    this.#kept.delete(key);
    if (this.#kept.size === FILES_MAX) {
      for (const first of this.#kept.keys()) {
        this.#kept.delete(first);
        break;
      }
    }
    this.#kept.set(key, {
      atim: [stat.atim, atim ?? stat.atim],
      mtim: [stat.mtim, mtim ?? stat.mtim],
    });
  }
}

function keyOf({ dev, ino }: FileStat): string {
  return `${dev} ${ino}`;
}

function refined(shown: bigint, [host, exact]: readonly [bigint, bigint]): bigint {
  const off = exact - host;
  return shown === host && off < ROUNDED_NS && off > -ROUNDED_NS ? exact : shown;
}
