// proc_exit, proc_raise, sched_yield.

import { Fault } from './errno.js';
import type { Guest } from './guest.js';
import { GuestStop } from './process.js';

export const procCalls = {
  proc_exit(_guest: Guest, code: number): void {
    throw new GuestStop({ kind: 'exit', code: code >>> 0 });
  },
  /** Signals are the host process's own: raising one would hit the server. */
  proc_raise(): void {
    throw new Fault('ENOTSUP');
  },
  sched_yield(): void {},
};
