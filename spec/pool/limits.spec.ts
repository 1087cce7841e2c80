// Limits that the pool holds: processor time and the request body, at, under and over each.

import { expect } from 'chai';
import type { Job } from '../../lib/channel/contract.js';
import { prepareEngine } from '../../lib/module/engine.js';
import { Pool } from '../../lib/pool/pool.js';
import { CAT, HELLO, SLEEP, command, flood, watJob } from './guests.js';
import { Listener, runToEnd, submit } from './listener.js';

const SPIN = command('(loop (br 0))');

const spin = (turns: number): string => `
  (loop $work (br_if $work (i32.lt_u
    (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${turns}))))`;

const sleep = (ms: number): string => `
  (i32.store (i32.const 1040) (i32.const 1))
  (i64.store (i32.const 1048) (i64.const ${ms * 1_000_000}))
  (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 8)))`;

const ended = (limitMs: number): object => ({
  kind: 'limit',
  limit: 'cpuTimeMs',
  message: `it used more than ${limitMs} ms of processor time`,
});

const cat = (): Job => watJob(CAT, { bodyBytes: 6 });

describe('pool limits', () => {
  let pool: Pool;
  before(() => {
    prepareEngine();
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 20_000, log: () => undefined });
  });
  after(() => pool.close());

  const serves = async (): Promise<void> => {
    expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
  };

  describe('of processor time', () => {
    for (const [what, text] of [
      ['spins', SPIN],
      ['spins after a sleep', command(`${sleep(150)} (loop (br 0))`)],
      [
        'swallows every exception',
        command('(loop (try (do (call $exit (i32.const 0))) (catch_all)) (br 0))'),
      ],
      [
        'fills all its memory again and again',
        command('(loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x30000)) (br 0))'),
      ],
    ] as const) {
      it(`ends a guest that ${what}`, async () => {
        const { outcome } = await runToEnd(pool, watJob(text, { cpuTimeMs: 100 }));
        expect(outcome).to.deep.equal(ended(100));
        await serves();
      });
    }

    it('does not count what a guest sleeps', async () => {
      const { outcome } = await runToEnd(pool, watJob(command(sleep(250)), { cpuTimeMs: 100 }));
      expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
    });

    it('does not count what a guest waits for a client that does not read', async () => {
      const listener = new Listener();
      listener.takesMore = false;
      const job = watJob(flood(0xffffffff), { cpuTimeMs: 300, timeoutMs: 900 });
      submit(pool, job, listener);
      expect(await listener.outcome).to.deep.equal({ kind: 'timeout' });
    });

    it('does not count what earlier guests of the same thread used', async () => {
      const patient = new Pool({
        workers: 1,
        spares: 0,
        queue: 9,
        queueTimeoutMs: 20_000,
        log: () => undefined,
      });
      const job = watJob(command(`(local $i i32) ${spin(20_000_000)} ${sleep(110)}`), {
        cpuTimeMs: 100,
      });
      for (let round = 0; round < 12; round += 1) {
        const { outcome } = await runToEnd(patient, job);
        expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
      }
      const { outcome } = await runToEnd(patient, watJob(SPIN, { cpuTimeMs: 100 }));
      await patient.close();
      expect(outcome).to.deep.equal(ended(100));
    });

    for (const cpuTimeMs of [200, 201, Infinity]) {
      it(`of ${cpuTimeMs} leaves 200 ms of wall time the say`, async () => {
        const { outcome } = await runToEnd(pool, watJob(SPIN, { cpuTimeMs, timeoutMs: 200 }));
        expect(outcome).to.deep.equal({ kind: 'timeout' });
      });
    }

    it('ends many at once, each by its own count', async () => {
      const wide = new Pool({
        workers: 3,
        queue: 20,
        queueTimeoutMs: 60_000,
        log: () => undefined,
      });
      const jobs: Job[] = Array.from({ length: 6 }, (_, i) =>
        watJob(i % 2 === 0 ? SPIN : SLEEP, {
          cpuTimeMs: 100,
          timeoutMs: i % 2 === 0 ? 20_000 : 500,
        }),
      );
      const results = await Promise.all(jobs.map((job) => runToEnd(wide, job)));
      await wide.close();
      for (const [i, { outcome }] of results.entries()) {
        expect(outcome).to.deep.equal(i % 2 === 0 ? ended(100) : { kind: 'timeout' });
      }
    });
  });

  describe('of the request body', () => {
    const over = {
      kind: 'limit',
      limit: 'bodyBytes',
      message: 'the request body has more than 6 bytes',
    };

    for (const [body, stdout, outcome] of [
      ['12345', '12345', { kind: 'exit', code: 0 }],
      ['123456', '123456', { kind: 'exit', code: 0 }],
      ['1234567', '', over],
    ] as const) {
      it(`of 6 gives a guest ${body.length} bytes with outcome ${outcome.kind}`, async () => {
        expect(await runToEnd(pool, cat(), body)).to.deep.equal({ outcome, stdout, stderr: '' });
      });
    }

    it('counts all chunks together, and drops what comes after', async () => {
      const listener = new Listener();
      const run = submit(pool, cat(), listener);
      for (const part of ['123', '456', '7', '89']) {
        expect(run.body(new Uint8Array(Buffer.from(part)))).to.equal(true);
      }
      run.bodyEnded();
      expect(await listener.outcome).to.deep.equal(over);
      expect(listener.order).to.deep.equal(['ended']);
      await serves();
    });

    it('ends a guest that waits for more, and one that still waits for a thread', async () => {
      const listeners = [new Listener(), new Listener()];
      const [first, second] = listeners.map((listener) => submit(pool, cat(), listener));
      second?.body(new Uint8Array(7));
      expect(await listeners[1]?.outcome).to.deep.equal(over);
      first?.body(new Uint8Array(6));
      first?.body(new Uint8Array(1));
      expect(await listeners[0]?.outcome).to.deep.equal(over);
      await serves();
    });

    it('takes nothing from the answer of a guest that did not read it', async () => {
      const listener = new Listener();
      listener.takesMore = false;
      const run = submit(pool, watJob(flood(2), { bodyBytes: 6 }), listener);
      while (pool.stats().draining === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(run.body(new Uint8Array(7))).to.equal(true);
      listener.takesMore = true;
      run.drained();
      expect(await listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
      expect(listener.bytes).to.equal(2 * 65_536);
    });
  });

  it('tells once of a limit that only cuts, and of none that was not reached', async () => {
    for (const [stderrBytes, limits] of [
      [3 * 65_536, []],
      [3 * 65_536 - 1, ['stderrBytes']],
      [0, ['stderrBytes']],
    ] as const) {
      const listener = new Listener();
      submit(pool, watJob(flood(3, 2), { stderrBytes }), listener);
      await listener.outcome;
      expect(listener.limits).to.deep.equal(limits);
    }
  });
});
