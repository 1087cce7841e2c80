// Small programs that read /dev/wasm-fcgi/request, and snapshots taken of them.

import binaryen from 'binaryen';
import {
  type Snapshot,
  type SnapshotProgram,
  SnapshotRefusal,
} from '../../lib/snapshot/contract.js';
import { asyncifyWith } from '../../lib/snapshot/asyncify.js';
import { takeSnapshot } from '../../lib/snapshot/build.js';
import type { Job } from '../../lib/channel/contract.js';
import { compileResettable, makeReusable } from '../../lib/module/load.js';
import { patchModule } from '../../lib/module/patch.js';
import type { Limits, Preopen } from '../../lib/run.js';
import { HELLO, assemble, watJob } from '../pool/guests.js';

const IMPORTS = `
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))`;

/**
 * A command of 4 pages: 0-15 for calls, 16 the name of the request, from 1024 its content, from 8192
 * for `body`. `before` is done before the request is read, `body` afterwards, in the frame that
 * read it, with its length in $length and 7 in the local $kept since before.
 * @param extra further fields of the module
 * @param calls where the 16 bytes lie that the read of the request needs
 */
export function program(body: string, before = '', extra = '', directory = 3, calls = 0): string {
  return `(module ${IMPORTS}
    (memory (export "memory") 4)
    (data (i32.const 16) "request")
    (global $count (mut i32) (i32.const 0))
    ${extra}
    (func $write (param $fd i32) (param $at i32) (param $length i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func $request (result i32)
      (if (call $path_open (i32.const ${directory}) (i32.const 0) (i32.const 16) (i32.const 7) (i32.const 0)
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const ${calls + 12})) (then unreachable))
      (i32.store (i32.const ${calls}) (i32.const 1024))
      (i32.store (i32.const ${calls + 4}) (i32.const 4096))
      (if (call $fd_read (i32.load (i32.const ${calls + 12})) (i32.const ${calls}) (i32.const 1) (i32.const ${calls + 8}))
        (then unreachable))
      (i32.load (i32.const ${calls + 8})))
    (func (export "_start") (local $length i32) (local $kept i32)
      (local.set $kept (i32.const 7))
      ${before}
      (local.set $length (call $request))
      ${body}))`;
}

/** Writes its request. */
export const ECHO = program('(call $write (i32.const 1) (i32.const 1024) (local.get $length))');

const { limits: LIMITS } = watJob(HELLO);

/** What a program of a spec is granted. */
export interface Terms {
  readonly env?: readonly string[];
  readonly preopens?: readonly Preopen[];
  readonly limits?: Partial<Limits>;
}

export function programOf({ env = [], preopens = [], limits = {} }: Terms = {}): SnapshotProgram {
  return {
    module: '/guest.wasm',
    below: undefined,
    sha256: '',
    args: ['guest'],
    env,
    preopens,
    entryPoint: '_start',
    limits: { ...LIMITS, ...limits },
    watched: [],
  };
}

function take(text: string | Uint8Array, terms: Terms = {}): Promise<Snapshot> {
  const bytes = typeof text === 'string' ? assemble(text) : text;
  return takeSnapshot(bytes, programOf(terms), asyncifyWith(binaryen));
}

/** Why no snapshot of it is taken. */
export async function refusalOf(text: string | Uint8Array, terms: Terms = {}): Promise<string> {
  try {
    await take(text, terms);
  } catch (thrown) {
    if (thrown instanceof SnapshotRefusal) return `${thrown.message}; ${thrown.change}`;
    throw thrown;
  }
  return 'not refused';
}

let made = 0;

/** A job that runs from a snapshot of `text`, and one that runs the same afresh. */
export async function jobsOf(
  text: string | Uint8Array,
  terms: Terms = {},
): Promise<{ readonly warm: Job; readonly fresh: Job; readonly snapshot: Snapshot }> {
  const bytes = typeof text === 'string' ? assemble(text) : text;
  const snapshot = await take(bytes, terms);
  const limits = { ...LIMITS, ...terms.limits };
  const fresh = await WebAssembly.compile(makeReusable(patchModule(bytes, limits), 'reset'));
  const module = await compileResettable(snapshot.module, limits, snapshot.large);
  const { args, entryPoint, preopens, env } = programOf(terms);
  made += 1;
  const common = { args, entryPoint, preopens, env, limits };
  return {
    snapshot,
    warm: {
      ...common,
      moduleKey: `warm ${made}`,
      module: { picture: snapshot.picture, module, fresh, freshKey: `fresh ${made}` },
    },
    fresh: { ...common, moduleKey: `fresh ${made}`, module: fresh },
  };
}
