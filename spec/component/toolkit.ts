// Components from text, and runs of them by the pool that a server has.

import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import type { Job } from '../../lib/channel/contract.js';
import { compileModule } from '../../lib/module/load.js';
import type { Pool } from '../../lib/pool/pool.js';
import type { Limits } from '../../lib/run.js';
import { type Result, runToEnd } from '../pool/listener.js';

export const LIMITS: Limits = {
  timeoutMs: 20_000,
  cpuTimeMs: Infinity,
  memoryBytes: 1 << 24,
  tableElements: 1_000,
  openFiles: 16,
  fileBytes: 1 << 20,
  writtenBytes: 1 << 20,
  outputBytes: Infinity,
  stderrBytes: 64 * 1024,
  bodyBytes: Infinity,
  outgoingRequests: 32,
  outgoingOpen: 4,
  outgoingConnectMs: 5_000,
  outgoingHeadMs: 15_000,
  outgoingIdleMs: 10_000,
  outgoingHeadBytes: 32_768,
  outgoingSentBytes: 16_777_216,
  outgoingReceivedBytes: 67_108_864,
};

/** A component written as text. What breaks its types is refused here already. */
export async function component(wat: string): Promise<Uint8Array> {
  return new Uint8Array(await parse(wat));
}

/** Loads it as a server does, and runs it. */
export async function runComponent(
  pool: Pool,
  bytes: Uint8Array,
  job: Partial<Job> = {},
  limits: Partial<Limits> = {},
): Promise<Result> {
  const all = { ...LIMITS, ...limits };
  const { module } = await compileModule('guest.wasm', bytes, all);
  runs += 1;
  return runJob(pool, { moduleKey: `component ${runs}`, module, limits: all, ...job });
}

/** Runs what is loaded. */
export function runJob(pool: Pool, job: Pick<Job, 'moduleKey' | 'module'> & Partial<Job>) {
  return runToEnd(pool, {
    args: ['guest'],
    env: [],
    preopens: [],
    entryPoint: '_start',
    limits: LIMITS,
    ...job,
  });
}

let runs = 0;

/** A command: `body` is its core function, `parts` are more definitions of the component before it. */
export function command(body: string, parts = '', imports = ''): string {
  return `(component
    ${parts}
    (core module $main
      ${imports}
      (memory (export "memory") 1)
      (func (export "run") (result i32) ${body}))
    (core instance $main (instantiate $main ${imports === '' ? '' : '(with "host" (instance $host))'}))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance $cli (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $cli)))`;
}
