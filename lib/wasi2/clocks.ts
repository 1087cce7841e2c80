// wasi:clocks: the run's own clocks, as preview1 shows them.

import { NOW, type Pollable } from './pollable.js';
import type { Run } from './run.js';

const RESOLUTION_NS = 1000n;
const SECOND_NS = 1_000_000_000n;

export interface DateTime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** @param ns since 1970 */
export function dateTimeOf(ns: bigint): DateTime {
  return { seconds: ns / SECOND_NS, nanoseconds: Number(ns % SECOND_NS) };
}

export function nsOf({ seconds, nanoseconds }: DateTime): bigint {
  return BigInt.asUintN(64, seconds * SECOND_NS + BigInt(nanoseconds));
}

function at(run: Run, dueNs: bigint): Pollable {
  return dueNs <= run.monotonicNs() ? NOW : { kind: 'at', dueNs };
}

export const monotonicClock = {
  name: 'wasi:clocks/monotonic-clock',
  text: `
    use wasi:io/poll pollable
    type instant u64
    type duration u64
    func now -> instant
    func resolution -> duration
    func subscribe-instant when:instant -> pollable
    func subscribe-duration when:duration -> pollable
  `,
  functions: {
    now: (run: Run) => run.monotonicNs(),
    resolution: () => RESOLUTION_NS,
    'subscribe-instant': (run: Run, when: bigint) => at(run, when),
    'subscribe-duration': (run: Run, duration: bigint) => at(run, run.monotonicNs() + duration),
  },
};

export const wallClock = {
  name: 'wasi:clocks/wall-clock',
  text: `
    record datetime seconds:u64 nanoseconds:u32
    func now -> datetime
    func resolution -> datetime
  `,
  functions: {
    now: (run: Run) => dateTimeOf(run.realtimeNs()),
    resolution: () => dateTimeOf(RESOLUTION_NS),
  },
};
