// How many files a component may hold open: its stdio, its directories, and all that it opens itself.

import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from '../../lib/pool/pool.js';
import { component, runComponent } from './toolkit.js';

const CODES = `access would-block already bad-descriptor busy deadlock quota exist file-too-large
  illegal-byte-sequence in-progress interrupted invalid io is-directory loop too-many-links message-size
  name-too-long no-device no-entry no-lock insufficient-memory insufficient-space not-directory not-empty
  not-recoverable unsupported no-tty no-such-device overflow not-permitted pipe read-only invalid-seek
  text-file-busy cross-device`;
/** Of `CODES`. */
const QUOTA = 6;

function quoted(labels: string): string {
  return labels.replaceAll(/[a-z-]+/g, '"$&"');
}

/**
 * Opens `file` as often as `tries` says. Its exit code is the number that are open; after `quota` it
 * closes one, opens it again, and adds 100.
 */
function opener(tries: number): string {
  return `(component
    (import "wasi:filesystem/types@0.2.0" (instance $types
      (export "descriptor" (type $d (sub resource)))
      (type $p' (flags "symlink-follow")) (export "path-flags" (type $p (eq $p')))
      (type $o' (flags ${quoted('create directory exclusive truncate')}))
      (export "open-flags" (type $o (eq $o')))
      (type $f' (flags ${quoted('read write file-integrity-sync data-integrity-sync requested-write-sync mutate-directory')}))
      (export "descriptor-flags" (type $f (eq $f')))
      (type $e' (enum ${quoted(CODES)})) (export "error-code" (type $e (eq $e')))
      (export "[method]descriptor.open-at" (func (param "self" (borrow $d))
        (param "path-flags" $p) (param "path" string) (param "open-flags" $o) (param "flags" $f)
        (result (result (own $d) (error $e)))))))
    (alias export $types "descriptor" (type $d))
    (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
      (alias outer 1 $d (type $outer)) (export "descriptor" (type $d (eq $outer)))
      (export "get-directories" (func (result (list (tuple (own $d) string)))))))
    (import "wasi:cli/exit@0.2.0" (instance $exit
      (export "exit-with-code" (func (param "status-code" u8)))))
    (core module $memory
      (memory (export "memory") 1) (global $used (mut i32) (i32.const 4096))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $used) (global.set $used (i32.add (global.get $used) (i32.const 64)))))
    (core instance $m (instantiate $memory))
    (alias core export $m "memory" (core memory $mem))
    (alias core export $m "realloc" (core func $realloc))
    (core func $open (canon lower (func $types "[method]descriptor.open-at") (memory $mem)))
    (core func $close (canon resource.drop $d))
    (core func $directories (canon lower (func $preopens "get-directories")
      (memory $mem) (realloc $realloc)))
    (core func $code (canon lower (func $exit "exit-with-code")))
    (core module $main
      (import "m" "memory" (memory 1))
      (import "h" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
      (import "h" "close" (func $close (param i32)))
      (import "h" "directories" (func $directories (param i32)))
      (import "h" "code" (func $code (param i32)))
      (data (i32.const 0) "file")
      (func $try (result i32)
        (call $open (global.get $directory) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
          (i32.const 1) (i32.const 32))
        (i32.load8_u (i32.const 32)))
      (global $directory (mut i32) (i32.const 0))
      (func (export "run") (result i32) (local $count i32)
        (call $directories (i32.const 16))
        (global.set $directory (i32.load (i32.load (i32.const 16))))
        (loop $next
          (if (call $try) (then
            (if (i32.ne (i32.load8_u (i32.const 36)) (i32.const ${QUOTA})) (then unreachable))
            (call $close (i32.load (i32.const 64)))
            (if (call $try) (then unreachable))
            (call $code (i32.add (local.get $count) (i32.const 100)))))
          (i32.store (i32.const 64) (i32.load (i32.const 36)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $count) (i32.const ${tries}))))
        (call $code (local.get $count))
        (i32.const 0)))
    (core instance $main (instantiate $main (with "m" (instance $m)) (with "h" (instance
      (export "open" (func $open)) (export "close" (func $close))
      (export "directories" (func $directories)) (export "code" (func $code))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance $cli (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $cli)))`;
}

describe('component: open files', () => {
  let pool: Pool;
  let host: string;
  before(() => {
    host = mkdtempSync(join(tmpdir(), 'wasm-fcgi-files-'));
    writeFileSync(join(host, 'file'), 'abc');
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 10_000, log: () => undefined });
  });
  after(async () => {
    await pool.close();
    rmSync(host, { recursive: true });
  });

  // Of 16, stdio takes three and the directory one.
  for (const [tries, code] of [
    [11, 11],
    [12, 12],
    [13, 112],
    [200, 112],
  ] as const) {
    it(`are 16 in all: ${tries} more answer ${code}`, async () => {
      const job = { preopens: [{ guest: '/', host, readOnly: true }] };
      const { outcome } = await runComponent(pool, await component(opener(tries)), job);
      expect(outcome).to.deep.equal({ kind: 'exit', code });
    });
  }
});
