// Loads modules before a request asks for them, and lets each of them boot once.

import type { RunEvents } from './channel/contract.js';
import { messageOf } from './errors.js';
import type { Stages } from './handler.js';
import type { LoadedModule } from './module/load.js';
import type { Limits } from './run.js';

const ENTRY_POINT = '_start';
/** An interpreter boots in 1 to 3 s the first time. */
const REHEARSAL_MS = 10_000;
/** Nobody reads what it says. */
const OUTPUT_BYTES = 1_048_576;

/**
 * One module after the other, so that at most one worker is busy with it; it gives way to the first
 * request that would wait for it, and then no more is booted. V8 compiles a function at
 * its first call: after a boot without a request the first request of Python finds most of it
 * compiled, by whichever worker. A program that is given no arguments, environment, directories or body can do
 * nothing but compute.
 * @param paths of modules, byte strings; one that cannot be loaded is logged, and left to its requests
 * @param limits of a request
 */
export async function preload(
  paths: readonly string[],
  { modules, pool, log }: Pick<Stages, 'modules' | 'pool' | 'log'>,
  limits: Limits,
): Promise<void> {
  let isBusy = false;
  for (const path of paths) {
    try {
      const loaded = await modules.get(path, limits);
      if (loaded.kind === 'command' && !isBusy) isBusy = !(await rehearse(loaded, pool, limits));
      log('info', 'preloaded', { module: path });
    } catch (thrown) {
      log('warn', 'preload-failed', { module: path, reason: messageOf(thrown) });
    }
  }
}

/**
 * However it ends: what matters is what is compiled by then.
 * @returns false when requests want the workers
 */
function rehearse(
  { key, module, path }: LoadedModule,
  pool: Stages['pool'],
  limits: Limits,
): Promise<boolean> {
  return new Promise((resolve) => {
    const job = {
      moduleKey: key,
      module,
      args: [path.slice(path.lastIndexOf('/') + 1)],
      env: [],
      preopens: [],
      entryPoint: ENTRY_POINT,
      limits: {
        ...limits,
        timeoutMs: Math.min(limits.timeoutMs, REHEARSAL_MS),
        outputBytes: OUTPUT_BYTES,
        stderrBytes: 0,
      },
    };
    const run = pool.submitBackground(job, {
      ...DEAF,
      ended: ({ kind }) => resolve(kind !== 'aborted'),
    });
    if (run === 'full') resolve(false);
    else run.bodyEnded();
  });
}

const DEAF: Omit<RunEvents, 'ended'> = {
  stdout: () => true,
  stderr: () => undefined,
  reached: () => undefined,
  bodyWanted: () => undefined,
};
