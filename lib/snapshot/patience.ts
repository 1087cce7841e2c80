// How long a program may take to read its request while its snapshot is made: others wait for theirs.

import { readFileSync } from 'node:fs';
import type { Limits } from '../run.js';

/**
 * A request that starts afresh has to come as far within its own limits. Here the code is not
 * optimized and everything is compiled for the first time, so it may take twice as long.
 */
export const TIMES = 2;

/** Of the thread that runs the program, since it was started; ms. */
export interface ThreadTimes {
  readonly ranMs: number;
  /** It could have run, and others did. */
  readonly heldUpMs: number;
}

/**
 * @param ranMs processor time of the boot
 * @param passedMs all time of the boot, but what it was held up
 * @returns which limit the boot is over, as a clause with the program as its subject
 */
export function impatience(
  { ranMs, passedMs }: { readonly ranMs: number; readonly passedMs: number },
  { timeoutMs, cpuTimeMs }: Pick<Limits, 'timeoutMs' | 'cpuTimeMs'>,
): string | undefined {
  const over = (name: string, ms: number): string =>
    `it has not read its request after ${TIMES} times its limit ${name} of ${ms} ms`;
  if (ranMs > TIMES * cpuTimeMs) return over('cpu-time', cpuTimeMs);
  return passedMs > TIMES * timeoutMs ? over('timeout', timeoutMs) : undefined;
}

/** Of the main thread of a process; zeros when it has gone. */
export function threadTimes(pid: number | undefined): ThreadTimes {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1');
    const [ranNs = 0, heldUpNs = 0] = text.split(' ').map(Number);
    return { ranMs: ranNs / 1e6, heldUpMs: heldUpNs / 1e6 };
  } catch {
    return { ranMs: 0, heldUpMs: 0 };
  }
}

/** The boots of one process, one after the other. */
export class BootWatch {
  readonly #limits: Limits;
  #began: (ThreadTimes & { readonly atMs: number }) | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** The program begins to run, or has stopped: it is ours that works now. */
  runs(pid: number | undefined, doesRun: boolean): void {
    this.#began = doesRun ? { ...threadTimes(pid), atMs: performance.now() } : undefined;
  }

  /** Why it is to be ended; undefined while it is within its limits. */
  look(pid: number | undefined): string | undefined {
    if (this.#began === undefined) return undefined;
    const { ranMs, heldUpMs } = threadTimes(pid);
    const heldUp = heldUpMs - this.#began.heldUpMs;
    const passedMs = performance.now() - this.#began.atMs - heldUp;
    return impatience({ ranMs: ranMs - this.#began.ranMs, passedMs }, this.#limits);
  }
}
