import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { Pool } from '../../lib/pool/pool.js';
import { SPOOL_COST } from '../../lib/pool/spool.js';
import { CAT, HELLO, command, flood, watJob } from './guests.js';
import { Listener, runToEnd, submit } from './listener.js';

const CHUNK = 65_536;

describe('pool streams', () => {
  let pool: Pool;
  before(() => {
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 10_000, log: () => undefined });
  });
  after(() => pool.close());

  it('passes on 400 MB of output in order and in bounded memory to a slow receiver', async () => {
    const count = 6400;
    const listener = new Listener(false);
    listener.takesMore = false;
    const run = submit(pool, watJob(flood(count)), listener);
    run.bodyEnded();
    let most = 0;
    listener.onStdout = () => {
      most = Math.max(most, process.memoryUsage().rss);
      setImmediate(() => run.drained());
    };
    const before = process.memoryUsage().rss;
    expect(await listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
    expect(listener.bytes).to.equal(count * CHUNK);
    expect(most - before).to.be.lessThan(160 * 1024 * 1024);
  });

  it('takes a body of 100 MB as fast as the guest reads it and gives it back unchanged', async () => {
    const hashes = { sent: createHash('sha256'), received: createHash('sha256') };
    const listener = new Listener(false);
    const takeOver = listener.stdout.bind(listener);
    listener.stdout = (chunk) => {
      hashes.received.update(chunk);
      return takeOver(chunk);
    };
    const run = submit(pool, watJob(CAT), listener);
    let left = 1600;
    let refusals = 0;
    const give = (): void => {
      while (left > 0) {
        left -= 1;
        const chunk = new Uint8Array(CHUNK - 7).fill(left);
        hashes.sent.update(chunk);
        if (!run.body(chunk)) {
          refusals += 1;
          return;
        }
      }
      run.bodyEnded();
    };
    listener.onWanted = give;
    give();
    expect(await listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
    expect(hashes.received.digest('hex')).to.equal(hashes.sent.digest('hex'));
    expect(refusals).to.be.greaterThan(10);
  });

  it('answers each piece of the body before the next is given', async () => {
    const listener = new Listener();
    const run = submit(pool, watJob(CAT), listener);
    for (const piece of ['one', 'two', 'three']) {
      const answered = new Promise<void>((resolve) => (listener.onStdout = resolve));
      run.body(new Uint8Array(Buffer.from(piece)));
      // The guest reads again, which flushes what it has written.
      await answered;
    }
    run.bodyEnded();
    await listener.outcome;
    expect(listener.chunks.map((chunk) => Buffer.from(chunk).toString())).to.deep.equal([
      'one',
      'two',
      'three',
    ]);
  });

  it('takes pieces of a larger buffer and leaves the rest of it alone', async () => {
    const shared = Buffer.from('--body--');
    const listener = new Listener();
    const run = submit(pool, watJob(CAT), listener);
    run.body(new Uint8Array(shared.buffer, shared.byteOffset + 2, 4));
    run.bodyEnded();
    await listener.outcome;
    expect([listener.stdout_text, shared.toString()]).to.deep.equal(['body', '--body--']);
  });

  it('wants more of a body of single bytes, of which few may wait', async () => {
    const listener = new Listener();
    const run = submit(pool, watJob(CAT), listener);
    const wanted = new Promise<void>((resolve) => (listener.onWanted = resolve));
    let given = 1;
    while (run.body(new Uint8Array(1))) given += 1;
    expect(given).to.be.below(1_000);
    await wanted;
    run.bodyEnded();
    await listener.outcome;
    expect(listener.bytes).to.equal(given);
  });

  it('wants the rest of a body that its guest never reads, and drops it', async () => {
    const listener = new Listener();
    const run = submit(pool, watJob(HELLO), listener);
    while (run.body(new Uint8Array(CHUNK)));
    await listener.outcome;
    expect(listener.wanted).to.equal(1);
    expect(run.body(new Uint8Array(CHUNK))).to.equal(true);
    expect((await runToEnd(pool, watJob(CAT), 'next')).stdout).to.equal('next');
  });

  it('keeps a body that was not read away from the next run', async () => {
    for (let round = 0; round < 20; round += 1) {
      const listener = new Listener();
      const run = submit(pool, watJob(command('(drop (call $read))')), listener);
      run.body(new Uint8Array(Buffer.from('first')));
      queueMicrotask(() => run.body(new Uint8Array(Buffer.from('stale'))));
      await listener.outcome;
      expect((await runToEnd(pool, watJob(CAT), `${round}`)).stdout).to.equal(`${round}`);
    }
  });

  it('frees the thread once the guest is done although nobody has taken its output', async () => {
    const fits = Math.floor(SPOOL_COST / (CHUNK + 512));
    const listener = new Listener();
    listener.takesMore = false;
    const run = submit(pool, watJob(flood(fits)), listener);
    expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
    expect(pool.stats().draining).to.equal(1);
    expect(listener.order).to.deep.equal(['stdout']);
    listener.takesMore = true;
    run.drained();
    await listener.outcome;
    expect(listener.order).to.deep.equal([...Array<string>(fits).fill('stdout'), 'ended']);
    expect(pool.stats().draining).to.equal(0);
  });

  it('holds a guest back that writes more than spool and window', async () => {
    const listener = new Listener();
    listener.takesMore = false;
    submit(pool, watJob(flood(SPOOL_COST / CHUNK + 6), { timeoutMs: 300 }), listener);
    expect(await listener.outcome).to.deep.equal({ kind: 'timeout' });
    expect(listener.bytes).to.equal(CHUNK);
  });

  it('holds a guest back that flushes single bytes', async () => {
    // Each round writes a byte and sleeps 1 µs, before which the host flushes.
    const text = command(`(local $i i32)
      (i32.store (i32.const 2064) (i32.const 1))
      (i64.store (i32.const 2072) (i64.const 1000))
      (loop $next
        (call $write (i32.const 1) (i32.const 1024) (i32.const 1))
        (drop (call $poll (i32.const 2048) (i32.const 4096) (i32.const 1) (i32.const 8)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4000))))`);
    const listener = new Listener();
    listener.takesMore = false;
    submit(pool, watJob(text, { timeoutMs: 1500 }), listener);
    expect(await listener.outcome).to.deep.equal({ kind: 'timeout' });
  });

  it('lets the receiver answer from within stdout', async () => {
    const listener = new Listener(false);
    listener.takesMore = false;
    const run = submit(pool, watJob(flood(100)), listener);
    listener.onStdout = () => run.drained();
    expect(await listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
    expect(listener.bytes).to.equal(100 * CHUNK);
  });

  it('runs many guests at once without mixing their streams', async () => {
    const wide = new Pool({ workers: 3, queue: 100, queueTimeoutMs: 20_000, log: () => undefined });
    const job = watJob(CAT);
    const bodies = Array.from({ length: 50 }, (_, i) => `${i},`.repeat(1 + i * 997));
    const results = await Promise.all(bodies.map((body) => runToEnd(wide, job, body)));
    await wide.close();
    expect(results.every(({ stdout }, i) => stdout === bodies[i])).to.equal(true);
  });
});
