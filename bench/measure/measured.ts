// One measurement: a load, and what the target's processes used meanwhile.

import { setTimeout as delay } from 'node:timers/promises';

import { type Answered, WrongAnswer } from '../load/load.js';
import type { Figure } from '../model.js';
import type { Costs } from './costs.js';

/** When to look at the memory of processes that may be gone at the end. */
const LOOK_AFTER_MS = 500;

export async function measured(costs: Costs, load: () => Promise<Answered>): Promise<Figure> {
  const before = costs.cpuMicros();
  const over = new AbortController();
  const meanwhile = delay(LOOK_AFTER_MS, undefined, { signal: over.signal }).then(
    () => costs.rssMiB(),
    () => 0,
  );
  try {
    const { requests, seconds, p50Ms, p99Ms } = await load();
    const cpuMicros = costs.cpuMicros() - before;
    over.abort();
    if (requests === 0) throw new WrongAnswer(`no answer within ${seconds.toFixed(1)} s`);
    return {
      requestsPerSecond: requests / seconds,
      cpuMicrosPerRequest: cpuMicros / requests,
      p50Ms,
      p99Ms,
      rssMiB: Math.max(await meanwhile, costs.rssMiB()),
    };
  } finally {
    over.abort();
  }
}
