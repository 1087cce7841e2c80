import { expect } from 'chai';
import { prepareEngine } from '../../lib/module/engine.js';
import { Pool } from '../../lib/pool/pool.js';
import { CAT, HELLO, SLEEP, command, flood, watJob } from './guests.js';
import { Listener, runToEnd, submit } from './listener.js';

const FILL = '(memory.fill (i32.const 0) (i32.const 7) (i32.const 0x7d00000))';

/** Guests that never come to an end of their own. */
const ENDLESS = new Map([
  ['spins', command('(loop (br 0))')],
  [
    'fills all its memory again and again',
    bulk('(memory.fill (i32.const 0) (i32.const 7) (i32.const 0x8000000))'),
  ],
  [
    'copies half its memory again and again',
    bulk('(memory.copy (i32.const 0) (i32.const 0x4000000) (i32.const 0x4000000))'),
  ],
  ['fills a byte again and again', bulk('(memory.fill (i32.const 0) (i32.const 7) (i32.const 1))')],
  ['fills all its memory 4000 times in a row', straight(FILL, 4000)],
  ['grows its memory 4000 times in a row', straight('(drop (memory.grow (i32.const 1)))', 4000)],
  ['grows its memory and table again and again', growth()],
  [
    'swallows every exception',
    command('(loop (try (do (call $exit (i32.const 0))) (catch_all)) (br 0))'),
  ],
  ['recurses with two calls each', command('(call $tree (i32.const 60))', tree())],
  ['sleeps', SLEEP],
  ['waits for a body that does not come', CAT],
  ['writes to a client that does not read', flood(0xffffffff)],
]);

function straight(operation: string, count: number): string {
  const body = operation.repeat(count);
  return `(module (memory (export "memory") 2000) (func (export "_start") (loop ${body} (br 0))))`;
}

function bulk(operation: string): string {
  return `(module (memory (export "memory") 2048) (func (export "_start") (loop ${operation} (br 0))))`;
}

function growth(): string {
  return `(module (memory (export "memory") 1) (table $t 1 funcref) (func (export "_start")
    (loop (drop (memory.grow (i32.const 1))) (drop (table.grow $t (ref.null func) (i32.const 1))) (br 0))))`;
}

function tree(): string {
  return `(func $tree (param i32) (if (local.get 0) (then
    (call $tree (i32.sub (local.get 0) (i32.const 1))) (call $tree (i32.sub (local.get 0) (i32.const 1))))))`;
}

describe('pool ends', () => {
  let pool: Pool;
  before(() => {
    prepareEngine();
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 20_000, log: () => undefined });
  });
  after(() => pool.close());

  for (const [what, text] of ENDLESS) {
    it(`ends a guest at its timeout that ${what}, and serves the next`, async () => {
      const listener = new Listener();
      listener.takesMore = false;
      const job = watJob(text, { timeoutMs: 200 });
      const startMs = performance.now();
      submit(pool, job, listener);
      expect(await listener.outcome).to.deep.equal({ kind: 'timeout' });
      expect(performance.now() - startMs).to.be.greaterThan(199);
      await noneStopping(pool);
      expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
    });

    it(`ends a guest at once when it is aborted while it ${what}, and serves the next`, async () => {
      const listener = new Listener();
      listener.takesMore = false;
      const run = submit(pool, watJob(text), listener);
      await begun(pool);
      run.abort();
      expect(await listener.outcome).to.deep.equal({ kind: 'aborted' });
      await noneStopping(pool);
      expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
    });
  }

  it('keeps the thread of a guest that only waits', async () => {
    const patient = new Pool({
      workers: 1,
      spares: 0,
      queue: 9,
      queueTimeoutMs: 20_000,
      log: () => undefined,
    });
    const { outcome } = await runToEnd(patient, watJob(SLEEP, { timeoutMs: 50 }));
    expect(outcome).to.deep.equal({ kind: 'timeout' });
    await runToEnd(patient, watJob(HELLO));
    const { killed } = patient.stats();
    await patient.close();
    // A machine too busy to wake the guest within the grace kills it: rare, and not wrong.
    expect(killed).to.be.lessThan(2);
  });

  it('says nothing after the end', async () => {
    const listener = new Listener();
    const run = submit(pool, watJob(flood(50)), listener);
    listener.onStdout = () => run.abort();
    await listener.outcome;
    run.drained();
    run.abort();
    run.body(new Uint8Array(5));
    run.bodyEnded();
    await runToEnd(pool, watJob(HELLO));
    expect(listener.order).to.deep.equal(['stdout', 'ended']);
  });

  it('lets the receiver abort from within the last stdout', async () => {
    const listener = new Listener();
    const run = submit(pool, watJob(HELLO), listener);
    listener.onStdout = () => run.abort();
    expect(await listener.outcome).to.deep.equal({ kind: 'aborted' });
    expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
  });

  it('drops a run that is aborted while it waits, without running it', async () => {
    const first = new Listener();
    const spinning = submit(pool, watJob(SLEEP), first);
    const second = new Listener();
    const waiting = submit(pool, watJob(HELLO), second);
    waiting.abort();
    expect(await second.outcome).to.deep.equal({ kind: 'aborted' });
    expect(second.order).to.deep.equal(['ended']);
    spinning.abort();
    await first.outcome;
  });

  it('gives what waited behind an aborted run its own end', async () => {
    const narrow = new Pool({
      workers: 1,
      spares: 0,
      queue: 9,
      queueTimeoutMs: 20_000,
      log: () => undefined,
    });
    await runToEnd(narrow, watJob(HELLO));
    for (let round = 0; round < 5; round += 1) {
      const first = new Listener();
      const sleeping = submit(narrow, watJob(SLEEP), first);
      await begun(narrow);
      const next = runToEnd(narrow, watJob(HELLO));
      sleeping.abort();
      expect(await first.outcome).to.deep.equal({ kind: 'aborted' });
      expect((await next).outcome).to.deep.equal({ kind: 'exit', code: 0 });
    }
    await narrow.close();
  });

  it('drops what a client that went away has not taken', async () => {
    const listener = new Listener();
    listener.takesMore = false;
    const run = submit(pool, watJob(flood(4)), listener);
    await runToEnd(pool, watJob(HELLO));
    run.abort();
    expect(await listener.outcome).to.deep.equal({ kind: 'aborted' });
    expect(listener.order).to.deep.equal(['stdout', 'ended']);
  });

  it('grows to the cap 50 times and still serves', async () => {
    const text = `(module (memory (export "memory") 1) (func (export "_start")
      (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))))`;
    // V8 collects garbage at every growth beyond 64 MiB: right, but slow.
    const job = watJob(text, { memoryBytes: 1 << 25 });
    for (let round = 0; round < 50; round += 1) {
      const { outcome } = await runToEnd(pool, job);
      expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
    }
  });

  it('aborts everything and ends every thread when it is closed', async () => {
    const closing = new Pool({
      workers: 2,
      queue: 10,
      queueTimeoutMs: 20_000,
      log: () => undefined,
    });
    const listeners = Array.from({ length: 5 }, () => new Listener());
    for (const listener of listeners) submit(closing, watJob(command('(loop (br 0))')), listener);
    await begun(closing);
    await closing.close();
    for (const { outcome } of listeners) expect(await outcome).to.deep.equal({ kind: 'aborted' });
    expect(Object.values(closing.stats().threads)).to.deep.equal([0, 0, 0, 0, 0, 0]);
    expect(closing.submit(watJob(HELLO), new Listener())).to.equal('full');
  });
});

/** Resolves once a thread runs: the pool tells by its statistics only. */
async function begun(pool: Pool): Promise<void> {
  while (pool.stats().threads.running === 0) await turn();
}

/** Resolves once every thread that was killed is really gone. */
async function noneStopping(pool: Pool): Promise<void> {
  while (pool.stats().threads.leaving + pool.stats().threads.stopping > 0) await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
