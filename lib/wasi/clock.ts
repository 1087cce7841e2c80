// clock_res_get, clock_time_get.

import { ClockId } from './abi.js';
import { Fault } from './errno.js';
import type { Guest } from './guest.js';

export const clockCalls = {
  clock_res_get(guest: Guest, clock: number, resolution: number): void {
    clockNs(guest, clock);
    guest.memory.setU64(resolution, 1000n);
  },
  clock_time_get(guest: Guest, clock: number, _precision: bigint, time: number): void {
    guest.memory.setU64(time, clockNs(guest, clock));
  },
};

/**
 * A clock's time in ns. CPU time is the run's wall time: Node 20 knows only the CPU time of all
 * threads together, which would show what other guests do.
 * @throws Fault EINVAL for an unknown clock
 */
export function clockNs(guest: Guest, clock: number): bigint {
  switch (clock) {
    case ClockId.REALTIME:
      return guest.realtimeNs();
    case ClockId.MONOTONIC:
      return guest.monotonicNs();
    case ClockId.PROCESS_CPUTIME:
    case ClockId.THREAD_CPUTIME:
      return guest.elapsedNs();
    default:
      throw new Fault('EINVAL');
  }
}
