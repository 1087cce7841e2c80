// What a pool is told, and what it tells of itself.

import type { Log } from '../log.js';
import type { Store } from './store.js';
import type { ThreadState } from './thread-state.js';

export interface PoolOptions {
  /** Guests that run at the same time, 1 or more. */
  readonly workers: number;
  /** Threads kept ready beyond those that run, so that a killed one is replaced at once. Default 1. */
  readonly spares?: number;
  /** Runs that may wait for a thread; one more is `full`. */
  readonly queue: number;
  /** Longest wait for a thread, ms; then the run ends with `overload`. */
  readonly queueTimeoutMs: number;
  /**
   * Runs are given to a busy thread beforehand while all that it has then takes it no longer, µs: as
   * long as waking another one takes. Default 100.
   */
  readonly aheadMicros?: number;
  /** Where output may lie that slow receivers have not taken; none unless given. */
  readonly store?: Store;
  readonly log: Log;
  /** A thread did not end within a second of its kill: only a new process gets rid of its guest. */
  readonly onStuck?: () => void;
}

export interface PoolStats {
  readonly threads: Readonly<Record<ThreadState['name'], number>>;
  /** Runs that wait for a thread. */
  readonly waiting: number;
  /** Runs whose guest is over and whose receiver is slow. */
  readonly draining: number;
  /** Runs ended since the start, in whatever way. */
  readonly ended: number;
  /** Threads killed at a deadline or abort, and threads that died by themselves. */
  readonly killed: number;
  readonly died: number;
}
