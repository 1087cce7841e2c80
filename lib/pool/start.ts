// Starts a worker thread, with as little as it needs.

import { Worker } from 'node:worker_threads';
import type { ThreadStart } from '../channel/contract.js';

const ENTRY = new URL('../worker/main.js', import.meta.url);

/**
 * Of JavaScript only: Wasm memory does not count. The host needs a few MB; the stack is the guest's
 * too, and interpreters recurse deeply.
 */
const RESOURCE_LIMITS = {
  maxOldGenerationSizeMb: 128,
  maxYoungGenerationSizeMb: 16,
  stackSizeMb: 8,
};

/** @param start what it shares with the main thread */
export function startWorker(start: ThreadStart): Worker {
  return new Worker(ENTRY, {
    workerData: start,
    // Nothing of the server's environment, and none of its options, is the worker's business.
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: RESOURCE_LIMITS,
  });
}
