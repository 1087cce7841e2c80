import { expect } from 'chai';
import { Pool } from '../../lib/pool/pool.js';
import type { PoolOptions } from '../../lib/pool/pool-options.js';
import { HELLO, SLEEP, command, watJob } from './guests.js';
import { Listener, runToEnd, submit } from './listener.js';

/** Prints, and stays for 100 ms: by then every worker that may run does. */
const HELLO_THEN_NAP = command(
  `(call $write (i32.const 1) (i32.const 4096) (i32.const 6))
  (i32.store (i32.const 1040) (i32.const 1))
  (i64.store (i32.const 1048) (i64.const 100000000))
  (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 8)))
  (call $write (i32.const 1) (i32.const 4096) (i32.const 6))`,
  '(data (i32.const 4096) "hello\\n")',
);

const OPTIONS: PoolOptions = { workers: 1, queue: 2, queueTimeoutMs: 20_000, log: () => undefined };

async function withPool(
  options: Partial<PoolOptions>,
  use: (pool: Pool) => Promise<void>,
): Promise<void> {
  const pool = new Pool({ ...OPTIONS, ...options });
  try {
    await use(pool);
  } finally {
    await pool.close();
  }
}

describe('pool queue', () => {
  for (const { workers, queue } of [
    { workers: 1, queue: 0 },
    { workers: 1, queue: 2 },
    { workers: 2, queue: 3 },
  ]) {
    it(`takes ${workers + queue} runs with ${workers} workers and a queue of ${queue}, and no more`, () =>
      withPool({ workers, queue }, async (pool) => {
        const listeners = Array.from({ length: workers + queue }, () => new Listener());
        const runs = listeners.map((listener) => submit(pool, watJob(SLEEP), listener));
        expect(pool.submit(watJob(HELLO), new Listener())).to.equal('full');
        runs.at(-1)?.abort();
        expect(pool.submit(watJob(HELLO), new Listener())).to.not.equal('full');
        expect(pool.submit(watJob(HELLO), new Listener())).to.equal('full');
      }));
  }

  it('ends what runs in the background for the first run that would wait for it', () =>
    withPool({ workers: 1, queue: 0 }, async (pool) => {
      const background = new Listener();
      const other = new Listener();
      pool.submitBackground(watJob(SLEEP), background);
      expect(pool.submitBackground(watJob(HELLO), other)).to.equal('full');
      const first = new Listener();
      expect(pool.submit(watJob(HELLO), first)).to.not.equal('full');
      expect((await background.outcome).kind).to.equal('aborted');
      expect(await first.outcome).to.deep.equal({ kind: 'exit', code: 0 });
      await runToEnd(pool, watJob(HELLO));
    }));

  it('leaves the background alone while a worker is free', () =>
    withPool({ workers: 2, queue: 0 }, async (pool) => {
      const background = new Listener();
      pool.submitBackground(watJob(HELLO_THEN_NAP), background);
      await runToEnd(pool, watJob(HELLO));
      expect((await background.outcome).kind).to.equal('exit');
    }));

  it('runs what waited in the order it came', () =>
    withPool({ queue: 20 }, async (pool) => {
      const order: number[] = [];
      const listeners = Array.from({ length: 20 }, (_, i) => {
        const listener = new Listener();
        listener.onEnded = () => order.push(i);
        submit(pool, watJob(HELLO), listener);
        return listener;
      });
      await Promise.all(listeners.map(({ outcome }) => outcome));
      expect(order).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
    }));

  it('ends a run with overload when its wait is over, and its timeout does not count the wait', () =>
    withPool({ queueTimeoutMs: 1000 }, async (pool) => {
      await runToEnd(pool, watJob(HELLO));
      const sleeper = watJob(SLEEP, { timeoutMs: 600 });
      const [first, second, third] = [new Listener(), new Listener(), new Listener()];
      for (const listener of [first, second, third]) submit(pool, sleeper, listener);
      expect(await first.outcome).to.deep.equal({ kind: 'timeout' });
      const message = 'over the limit queue-timeout 1000ms: no worker was free';
      expect(await third.outcome).to.deep.equal({ kind: 'overload', message });
      expect(second.order).to.deep.equal([]);
      expect(await second.outcome).to.deep.equal({ kind: 'timeout' });
    }));

  for (const workers of [1, 2, 3]) {
    it(`runs ${workers} at a time where these are its workers, and none on a spare thread`, () =>
      withPool({ workers, queue: 20, spares: 2 }, async (pool) => {
        await Promise.all(Array.from({ length: workers + 2 }, () => runToEnd(pool, watJob(HELLO))));
        while (pool.stats().threads.idle < workers + 2) await runToEnd(pool, watJob(HELLO));
        let most = 0;
        const listeners = Array.from({ length: 8 }, () => {
          const listener = new Listener();
          listener.onStdout = () => (most = Math.max(most, pool.stats().threads.running));
          submit(pool, watJob(HELLO_THEN_NAP), listener).bodyEnded();
          return listener;
        });
        await Promise.all(listeners.map(({ outcome }) => outcome));
        expect(most).to.equal(workers);
      }));
  }

  it('starts threads as they are needed, up to its workers and spares', () =>
    withPool({ workers: 3, spares: 1, queue: 50 }, async (pool) => {
      const alive = (): number => Object.values(pool.stats().threads).reduce((a, b) => a + b, 0);
      expect(alive()).to.equal(1);
      await runToEnd(pool, watJob(HELLO));
      expect(alive()).to.equal(2);
      await Promise.all(Array.from({ length: 20 }, () => runToEnd(pool, watJob(HELLO))));
      expect(alive()).to.equal(4);
    }));

  it('works without spares', () =>
    withPool({ spares: 0 }, async (pool) => {
      expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
    }));

  it('answers failed when a thread dies, logs it, and serves the next', () => {
    const events: string[] = [];
    return withPool({ log: (_, event) => void events.push(event) }, async (pool) => {
      // More strings than the heap of a worker holds.
      const args = Array<string>(1_200_000).fill('an argument of 100 bytes '.repeat(4));
      const { outcome } = await runToEnd(pool, watJob(HELLO, {}, { args }));
      expect(outcome.kind).to.equal('failed');
      expect(JSON.stringify(outcome)).to.include('the worker thread died: ');
      expect(events).to.deep.equal(['thread-died']);
      expect(pool.stats().died).to.equal(1);
      expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
    });
  });

  it('is idle when nothing waits, runs or drains', () =>
    withPool({}, async (pool) => {
      await pool.idle();
      const listener = new Listener();
      listener.takesMore = false;
      const run = submit(pool, watJob(HELLO), listener);
      let idle = false;
      const becomesIdle = pool.idle().then(() => (idle = true));
      await new Promise<void>((resolve) => (listener.onStdout = resolve));
      expect(idle).to.equal(false);
      run.abort();
      await becomesIdle;
    }));
});
