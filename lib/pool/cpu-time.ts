// How much processor time a run has used: read from the kernel, and only when it may be too much.

import { readFileSync } from 'node:fs';

const NS_PER_MS = 1e6;

/** The processor time of one thread. */
export class ThreadCpu {
  readonly #file: string;
  #readAtMs = -Infinity;
  #ms = 0;

  /** @param thread the kernel's number of it */
  constructor(thread: number) {
    this.#file = `/proc/self/task/${thread}/schedstat`;
  }

  /** Since its start, ms. Where the kernel does not tell (proc(5), schedstat), the wall clock's. */
  read(): number {
    const nowMs = performance.now();
    try {
      const [ns] = readFileSync(this.#file, 'latin1').split(' ');
      this.#ms = Number(ns) / NS_PER_MS;
    } catch {
      this.#ms = nowMs;
    }
    this.#readAtMs = nowMs;
    return this.#ms;
  }

  /** Not less than `read` would answer, and more by `errorMs` at most: many requests share one reading. */
  atMost(errorMs: number): number {
    const agoMs = performance.now() - this.#readAtMs;
    return agoMs <= errorMs ? this.#ms + agoMs : this.read();
  }
}

/** The processor time of a run that begins now, against its limit. */
export class RunCpu {
  readonly #thread: ThreadCpu;
  readonly #endMs: number;

  constructor(thread: ThreadCpu, limitMs: number) {
    this.#thread = thread;
    this.#endMs = thread.atMost(limitMs / 100) + limitMs;
  }

  /** What it may use yet, ms: it cannot be over sooner, since one thread uses no more than passes. */
  leftMs(): number {
    return this.#endMs - this.#thread.read();
  }
}
