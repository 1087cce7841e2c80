// What a target costs: CPU time so far and resident memory, of its own processes.

import { cpuMicrosOf, rssMiBOf } from './processes.js';

export interface Costs {
  /** CPU time so far, µs; NaN when it cannot be known. */
  cpuMicros(): number;
  /** Resident memory now, MiB; NaN when it cannot be known. */
  rssMiB(): number;
}

/** Of these processes and all below them. */
export function costsOf(pids: readonly number[]): Costs {
  return { cpuMicros: () => cpuMicrosOf(pids), rssMiB: () => rssMiBOf(pids) };
}

/** Of httpd itself: shared by all, and so nobody's. */
export const NO_COSTS: Costs = { cpuMicros: () => NaN, rssMiB: () => NaN };
