// A responder compiles on after its first answers: until that is over it is not what it will be.

import { setTimeout as delay } from 'node:timers/promises';

import type { Costs } from './costs.js';

/** It is over when next to nothing was used for as long as this. */
const QUIET_MS = 500;
const QUIET_MICROS = 20_000;
const MOST_WAITS = 120;

/** Resolves when nothing is done any more, or after a minute. */
export async function settle(costs: Costs): Promise<void> {
  let before = costs.cpuMicros();
  for (let i = 0; i < MOST_WAITS && !Number.isNaN(before); i += 1) {
    await delay(QUIET_MS);
    const now = costs.cpuMicros();
    if (now - before < QUIET_MICROS) return;
    before = now;
  }
}
