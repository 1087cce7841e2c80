import { expect } from 'chai';
import type { Job } from '../../lib/channel/contract.js';
import type { Limits } from '../../lib/run.js';
import { Pool } from '../../lib/pool/pool.js';
import type { PoolOptions } from '../../lib/pool/pool-options.js';
import { command, watJob } from './guests.js';
import { Listener, runToEnd, submit } from './listener.js';

/** Prints its environment; sleeps for ever when it has two variables, and loops when it has three. */
const AS_TOLD = command(
  `(local $count i32)
  (drop (call $sizes (i32.const 16) (i32.const 20)))
  (drop (call $environ (i32.const 2048) (i32.const 4096)))
  (local.set $count (i32.load (i32.const 16)))
  (if (i32.eq (local.get $count) (i32.const 1))
    (then (call $write (i32.const 1) (i32.const 4096) (i32.load (i32.const 20)))))
  (if (i32.eq (local.get $count) (i32.const 2))
    (then
      (i32.store (i32.const 1040) (i32.const 1))
      (i64.store (i32.const 1048) (i64.const 3600000000000))
      (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 8)))))
  (if (i32.eq (local.get $count) (i32.const 3)) (then (loop $ever (br $ever))))`,
).replace(
  '(memory',
  `(import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (memory`,
);

const SLEEPS = ['A=1', 'B=2'];
const LOOPS = ['A=1', 'B=2', 'C=3'];
const EXITS = { kind: 'exit', code: 0 };

const OPTIONS: PoolOptions = {
  workers: 1,
  spares: 0,
  queue: 100,
  queueTimeoutMs: 20_000,
  // Whatever waits, waits in the mailbox of a busy thread.
  aheadMicros: 1e9,
  log: () => undefined,
};

interface Guest {
  readonly listener: Listener;
  readonly abort: () => void;
}

interface Asked {
  readonly pool: Pool;
  /** Submits a run with this environment. */
  readonly ask: (env: readonly string[]) => Guest;
}

/** A pool whose threads know the guest. */
async function withPool(
  options: Partial<PoolOptions>,
  use: (asked: Asked) => Promise<void>,
  limits: Partial<Limits> = {},
): Promise<void> {
  const pool = new Pool({ ...OPTIONS, ...options });
  const job: Job = watJob(AS_TOLD, limits, {}, 'reset');
  const ask = (env: readonly string[]): Guest => {
    const listener = new Listener();
    const run = submit(pool, { ...job, env }, listener);
    run.bodyEnded();
    return { listener, abort: () => run.abort() };
  };
  try {
    const { workers = OPTIONS.workers } = options;
    for (let round = 0; round < 3; round += 1) {
      const runs = Array.from({ length: workers }, () => ask(['A=0']));
      for (const { listener } of runs) await listener.outcome;
    }
    await use({ pool, ask });
  } finally {
    await pool.close();
  }
}

const outcomes = (runs: readonly { readonly listener: Listener }[]): Promise<unknown[]> =>
  Promise.all(runs.map(({ listener }) => listener.outcome));

describe('runs that are given to a busy thread beforehand', () => {
  for (const workers of [1, 2, 4]) {
    it(`answer each its own question, all 90 of them (workers ${workers})`, () =>
      withPool({ workers }, async ({ ask }) => {
        const runs = Array.from({ length: 90 }, (_, index) => ask([`NUMBER=${index}`]));
        for (const [index, { listener }] of runs.entries()) {
          expect(await listener.outcome).to.deep.equal(EXITS);
          expect(listener.stdout_text).to.equal(`NUMBER=${index}\0`);
        }
      }));
  }

  it('do not overtake the first of their route, which tells the thread of it', () =>
    withPool({}, async ({ pool }) => {
      for (let round = 0; round < 20; round += 1) {
        const job = watJob(AS_TOLD, {}, { env: ['A=1'] }, 'reset');
        const runs = Array.from({ length: 9 }, () => runToEnd(pool, job));
        for (const { outcome } of await Promise.all(runs)) expect(outcome).to.deep.equal(EXITS);
      }
    }));

  it('come to their end in order on one thread', () =>
    withPool({}, async ({ ask }) => {
      const ended: number[] = [];
      const runs = Array.from({ length: 20 }, (_, index) => ask([`NUMBER=${index}`]));
      for (const [index, { listener }] of runs.entries())
        listener.onEnded = () => void ended.push(index);
      await outcomes(runs);
      expect(ended).to.deep.equal(runs.map((_, index) => index));
    }));

  it('do not wait for one that does not end where another thread is idle', () =>
    withPool({ workers: 2 }, async ({ ask }) => {
      const slow = ask(SLEEPS);
      const runs = [ask(['A=1']), ask(['A=2']), ask(['A=3'])];
      expect(await outcomes(runs)).to.deep.equal([EXITS, EXITS, EXITS]);
      slow.abort();
    }));

  it('are begun by whoever is free first', () =>
    withPool({ workers: 2 }, async ({ ask }) => {
      const slow = [ask(SLEEPS), ask(SLEEPS)];
      const runs = Array.from({ length: 12 }, (_, index) => ask([`NUMBER=${index}`]));
      slow[0]?.abort();
      expect(await outcomes(runs)).to.deep.equal(runs.map(() => EXITS));
      slow[1]?.abort();
    }));

  for (const [what, env] of [
    ['waits', SLEEPS],
    ['loops', LOOPS],
  ] as const) {
    it(`outlive the one before them that ${what} until it is aborted`, () =>
      withPool({}, async ({ ask }) => {
        const before = ask(env);
        const runs = [ask(['A=1']), ask(['A=2'])];
        before.abort();
        expect(await outcomes([before, ...runs])).to.deep.equal([
          { kind: 'aborted' },
          EXITS,
          EXITS,
        ]);
      }));

    it(`outlive the one before them that ${what} until its time is over`, () =>
      withPool(
        {},
        async ({ ask }) => {
          const before = ask(env);
          const runs = [ask(['A=1']), ask(['A=2'])];
          const ends = await outcomes([before, ...runs]);
          expect(ends).to.deep.equal([{ kind: 'timeout' }, EXITS, EXITS]);
        },
        { timeoutMs: 300 },
      ));

    it(`have their own time, and end alone where they are the one that ${what}`, () =>
      withPool(
        {},
        async ({ ask }) => {
          const runs = [ask(['A=1']), ask(env), ask(['A=2'])];
          expect(await outcomes(runs)).to.deep.equal([EXITS, { kind: 'timeout' }, EXITS]);
        },
        { timeoutMs: 300 },
      ));

    it(`are aborted alone where they are the one that ${what}`, () =>
      withPool({}, async ({ ask }) => {
        const [first, second, third] = [ask(['A=1']), ask(env), ask(['A=2'])];
        await first.listener.outcome;
        second.abort();
        const ends = await outcomes([first, second, third]);
        expect(ends).to.deep.equal([EXITS, { kind: 'aborted' }, EXITS]);
      }));
  }

  it('are ended by their own limit of processor time', () =>
    withPool(
      {},
      async ({ ask }) => {
        const runs = [ask(['A=1']), ask(LOOPS), ask(['A=2'])];
        const [first, second, third] = await outcomes(runs);
        expect([first, third]).to.deep.equal([EXITS, EXITS]);
        expect(second).to.deep.include({ kind: 'limit', limit: 'cpuTimeMs' });
      },
      { cpuTimeMs: 100 },
    ));

  it('say nothing when they are aborted before they are begun', () =>
    withPool({}, async ({ ask }) => {
      const before = ask(SLEEPS);
      const runs = ['A=1', 'A=2', 'A=3'].map((text) => ask([text]));
      // One turn later they lie in the mailbox.
      await new Promise((resolve) => setImmediate(resolve));
      runs[1]?.abort();
      before.abort();
      const ends = await outcomes(runs);
      expect(ends).to.deep.equal([EXITS, { kind: 'aborted' }, EXITS]);
      expect(runs[1]?.listener.order).to.deep.equal(['ended']);
    }));

  it('say nothing when they are aborted in the same turn as the one before them ends', () =>
    withPool({}, async ({ ask }) => {
      for (let round = 0; round < 50; round += 1) {
        const runs = Array.from({ length: 8 }, (_, index) => ask([`NUMBER=${index}`]));
        runs[0]?.listener.outcome.then(() => runs[round % 7]?.abort()).catch(() => undefined);
        for (const [index, { listener }] of runs.entries()) {
          const outcome = await listener.outcome;
          if (index !== round % 7) expect(outcome).to.deep.equal(EXITS);
          const text = outcome.kind === 'exit' ? `NUMBER=${index}\0` : '';
          expect(listener.stdout_text).to.equal(text);
        }
      }
    }));

  it('wait no longer than the queue lets them', () =>
    withPool({ queueTimeoutMs: 100 }, async ({ ask }) => {
      const before = ask(SLEEPS);
      const { listener } = ask(['A=1']);
      expect((await listener.outcome).kind).to.equal('overload');
      expect(listener.stdout_text).to.equal('');
      before.abort();
    }));

  it('count as what waits', () =>
    withPool({ queue: 2 }, async ({ pool, ask }) => {
      const runs = [ask(SLEEPS), ask(['A=1']), ask(['A=2'])];
      await new Promise((resolve) => setImmediate(resolve));
      expect(pool.stats().waiting).to.equal(2);
      expect(() => ask(['A=3'])).to.throw('the pool is full');
      runs[2]?.abort();
      expect(pool.stats().waiting).to.equal(1);
      const last = ask(['A=3']);
      runs[0]?.abort();
      expect(await last.listener.outcome).to.deep.equal(EXITS);
      expect(pool.stats().waiting).to.equal(0);
      await pool.idle();
    }));

  it('are aborted when the pool is closed', () =>
    withPool({}, async ({ pool, ask }) => {
      const runs = [ask(SLEEPS), ask(['A=1']), ask(['A=2'])];
      await new Promise((resolve) => setImmediate(resolve));
      await pool.close();
      const aborted = { kind: 'aborted' };
      expect(await outcomes(runs)).to.deep.equal([aborted, aborted, aborted]);
    }));

  it('leave the next run with all of its window for output', () =>
    withPool({}, async ({ pool, ask }) => {
      // More than all windows together, in runs that post their output, between runs that do not.
      const loud = watJob(
        command(`(local $i i32)
          (loop $next
            (call $write (i32.const 1) (i32.const 1024) (i32.const 65536))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9))))`),
      );
      for (let round = 0; round < 10; round += 1) {
        const runs = [ask(['A=1']), ask(['A=2'])];
        const { outcome, stdout } = await runToEnd(pool, loud);
        expect(outcome).to.deep.equal(EXITS);
        expect(stdout.length).to.equal(9 * 65536);
        expect(await outcomes(runs)).to.deep.equal([EXITS, EXITS]);
      }
    }));
});
