// Small guest programs in WAT, compiled when a spec asks for them.

import { createHash } from 'node:crypto';
import wabt from 'wabt';
import type { Job } from '../../lib/channel/contract.js';
import { makeReusable } from '../../lib/module/load.js';
import { patchModule } from '../../lib/module/patch.js';
import type { Reuse } from '../../lib/module/reuse.js';
import type { Limits } from '../../lib/run.js';

const toolkit = await wabt();

/** Binary of a WAT module. */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const parsed = toolkit.parseWat('guest.wat', text, { bulk_memory: true, exceptions: true });
  try {
    return new Uint8Array(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

/** A command with one page of memory: 0-7 an iovec, 8 a result word, from 1024 on free. */
export function command(body: string, extra = ''): string {
  return `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 3)
    ${extra}
    (func $write (param $fd i32) (param $at i32) (param $length i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func $read (result i32)
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 65536))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.load (i32.const 8)))
    (func (export "_start") ${body}))`;
}

export const HELLO = command(
  '(call $write (i32.const 1) (i32.const 1024) (i32.const 6))',
  '(data (i32.const 1024) "hello\\n")',
);

/** Copies stdin to stdout until its end. */
export const CAT = command(`(local $n i32)
  (loop $next
    (local.set $n (call $read))
    (if (local.get $n) (then
      (call $write (i32.const 1) (i32.const 1024) (local.get $n))
      (br $next))))`);

/** Writes `count` times 64 KiB to the descriptor `fd`. */
export function flood(count: number, fd = 1): string {
  return command(`(local $i i32)
    (loop $next
      (call $write (i32.const ${fd}) (i32.const 1024) (i32.const 65536))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${count}))))`);
}

/** Sleeps for ever, an hour at a time: a relative subscription to the monotonic clock at 1024. */
export const SLEEP = command(`(i32.store (i32.const 1040) (i32.const 1))
  (i64.store (i32.const 1048) (i64.const 3600000000000))
  (loop $again
    (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 8)))
    (br $again))`);

const LIMITS: Limits = {
  timeoutMs: 20_000,
  cpuTimeMs: Infinity,
  memoryBytes: 1 << 28,
  tableElements: 100_000,
  openFiles: 128,
  fileBytes: 1 << 26,
  writtenBytes: 1 << 28,
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

/**
 * A job for a binary, patched as the module cache does it.
 * @param reuse as `chooseReuse` would answer, or `fresh`, which is always safe
 */
export function jobOf(
  binary: Uint8Array<ArrayBuffer>,
  limits: Partial<Limits> = {},
  job: Partial<Job> = {},
  reuse: Reuse = 'clean',
): Job {
  const all = { ...LIMITS, ...limits };
  const patched = makeReusable(patchModule(binary, all), reuse);
  return {
    moduleKey: createHash('sha256').update(patched).digest('hex'),
    module: new WebAssembly.Module(patched),
    args: ['guest'],
    env: [],
    preopens: [],
    entryPoint: '_start',
    limits: all,
    ...job,
  };
}

export function watJob(
  text: string,
  limits: Partial<Limits> = {},
  job: Partial<Job> = {},
  reuse?: Reuse,
): Job {
  return jobOf(assemble(text), limits, job, reuse);
}
