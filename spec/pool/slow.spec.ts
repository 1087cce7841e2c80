// Clients that take their time hold no worker that others wait for: not by their body, not by their answer.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Run } from '../../lib/channel/contract.js';
import { SPOOL_COST, Spool } from '../../lib/pool/spool.js';
import { Pool } from '../../lib/pool/pool.js';
import type { PoolOptions } from '../../lib/pool/pool-options.js';
import { Store } from '../../lib/pool/store.js';
import { CAT, HELLO, flood, watJob } from './guests.js';
import { Listener, runToEnd } from './listener.js';

const MIB = 1_048_576;
const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));

describe('pool: slow clients', () => {
  let directory: string;
  let pool: Pool;
  const start = (options: Partial<PoolOptions>): Pool =>
    (pool = new Pool({ workers: 2, queue: 1, queueTimeoutMs: 20_000, log: () => {}, ...options }));
  /** A run whose body is on its way. */
  const upload = (limits = {}): { run: Run; listener: Listener } => {
    const listener = new Listener();
    const run = pool.submit(watJob(CAT, limits), listener, true);
    if (run === 'full') throw new Error('the pool is full');
    return { run, listener };
  };

  /** The same, begun: it has answered a first piece of its body. */
  const running = async (): Promise<ReturnType<typeof upload>> => {
    const begun = upload();
    const answered = new Promise<void>((resolve) => (begun.listener.onStdout = resolve));
    begun.run.body(bytes('first'));
    await answered;
    return begun;
  };

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-slow-'))));
  afterEach(async () => {
    await pool.close();
    rmSync(directory, { recursive: true });
  });

  it('serve others while bodies are on their way, however many', async () => {
    start({ workers: 2, queue: 1 });
    const uploads = Array.from({ length: 20 }, () => upload());
    for (const { run } of uploads) run.body(bytes('a'));
    for (let round = 0; round < 5; round += 1) {
      expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
    }
    for (const { run, listener } of uploads) {
      run.body(bytes('b'));
      run.bodyEnded();
      expect(await listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
      expect(listener.stdout_text).to.equal('ab');
    }
  });

  it('begin at once where nobody else waits', async () => {
    start({ workers: 2 });
    const { run, listener } = await running();
    expect(listener.stdout_text).to.equal('first');
    run.bodyEnded();
    await listener.outcome;
  });

  it('give way to nobody for ever: a body too long to wait for is begun with what there is', async () => {
    start({ workers: 1, queue: 5 });
    const trickle = await running();
    const long = upload();
    while (long.run.body(new Uint8Array(65_536)));
    trickle.run.bodyEnded();
    await trickle.listener.outcome;
    await new Promise<void>((resolve) => (long.listener.onWanted = resolve));
    long.run.bodyEnded();
    expect(await long.listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });

  it('leave room for the next body once theirs has come', async () => {
    start({ workers: 2 });
    const first = await running();
    const second = upload();
    const answered = new Promise<void>((resolve) => (second.listener.onStdout = resolve));
    second.run.body(bytes('second'));
    first.listener.takesMore = false;
    first.run.bodyEnded();
    await answered;
    first.run.abort();
    second.run.abort();
  });

  it('end with late when the body does not come in the time of the run', async () => {
    start({ workers: 2 });
    const first = upload({ timeoutMs: 20_000 });
    const second = upload({ timeoutMs: 100 });
    const message = 'the body did not come within 100 ms';
    expect(await second.listener.outcome).to.deep.equal({ kind: 'late', message });
    first.run.abort();
  });

  it('are sent away when their body came and the queue is full', async () => {
    start({ workers: 1, queue: 0 });
    const first = await running();
    const second = upload();
    second.run.bodyEnded();
    const message = 'over the limit queue 0: so many wait already, and workers are 1';
    expect(await second.listener.outcome).to.deep.equal({ kind: 'overload', message });
    first.run.abort();
  });

  it('leave their worker to those who wait, and their answer on disk', async () => {
    const store = new Store(directory, 64 * MIB);
    start({ workers: 1, queue: 8, store });
    // 3 MiB, of which a sixteenth of the store would hold 4.
    const slow = Array.from({ length: 4 }, () => new Listener(false));
    const runs = slow.map((listener) => {
      listener.takesMore = false;
      const run = pool.submit(watJob(flood(48)), listener);
      if (run === 'full') throw new Error('the pool is full');
      run.bodyEnded();
      return run;
    });
    expect((await runToEnd(pool, watJob(HELLO))).stdout).to.equal('hello\n');
    expect(store.usedBytes).to.be.greaterThan(4 * MIB);
    expect(readdirSync(directory)).to.deep.equal([]);
    for (const [index, listener] of slow.entries()) {
      listener.takesMore = true;
      runs[index]?.drained();
      expect(await listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
      expect(listener.bytes).to.equal(48 * 65_536);
    }
    expect(store.usedBytes).to.equal(0);
  });

  it('wait for their client where the disk has no room, and nothing is lost', async () => {
    const store = new Store(join(directory, 'missing'), 64 * MIB);
    start({ workers: 1, queue: 8, store });
    const listener = new Listener(false);
    listener.takesMore = false;
    const run = pool.submit(watJob(flood(64)), listener);
    if (run === 'full') throw new Error('the pool is full');
    run.bodyEnded();
    const next = runToEnd(pool, watJob(HELLO));
    await new Promise<void>((resolve) => (listener.onStdout = resolve));
    listener.takesMore = true;
    run.drained();
    expect(await listener.outcome).to.deep.equal({ kind: 'exit', code: 0 });
    expect(listener.bytes).to.equal(64 * 65_536);
    expect((await next).stdout).to.equal('hello\n');
  });
});

describe('pool store', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-store-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('takes a sixteenth for one file, all of it for sixteen, and not a byte more', () => {
    const store = new Store(directory, 1600);
    const files = Array.from({ length: 17 }, () => store.open());
    for (const file of files.slice(0, 16)) {
      expect(file.write(new Uint8Array(101))).to.equal(undefined);
      expect(file.write(new Uint8Array(100))).to.deep.equal({ at: 0, length: 100 });
      expect(file.write(new Uint8Array(1))).to.equal(undefined);
    }
    expect(files[16]?.write(new Uint8Array(1))).to.equal(undefined);
    files[0]?.close();
    expect(store.usedBytes).to.equal(1500);
    expect(files[16]?.write(new Uint8Array(100))).to.deep.equal({ at: 0, length: 100 });
    for (const file of files) file.close();
    expect(store.usedBytes).to.equal(0);
  });

  it('takes nothing where it has no size', () => {
    const file = new Store(directory, 0).open();
    expect(file.write(new Uint8Array(1))).to.equal(undefined);
  });

  it('uses its room again once all was read', () => {
    const store = new Store(directory, 1600);
    const file = store.open();
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [file.write(bytes('one')), file.write(bytes('two'))];
      if (one === undefined || two === undefined) throw new Error('there is room');
      expect(Buffer.from(file.read(one)).toString()).to.equal('one');
      expect(Buffer.from(file.read(two)).toString()).to.equal('two');
      expect(store.usedBytes).to.equal(0);
    }
    file.close();
  });

  it('gives a spool back what it took, in order, whatever is held when', () => {
    const store = new Store(directory, 64 * MIB);
    const step = fc.constantFrom('push', 'push', 'push', 'hold', 'drain', 'spill');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(3), (steps, room) => {
        const small = new Store(directory, 16 * room * 200_000);
        const seen: number[] = [];
        let takesMore = true;
        const spool = new Spool(
          (chunk) => {
            seen.push(chunk[0] ?? -1);
            return takesMore;
          },
          room === 3 ? store : small,
        );
        let pushed = 0;
        for (const name of steps) {
          if (name === 'push') spool.push(new Uint8Array(65_536).fill((pushed += 1)));
          if (name === 'hold') takesMore = false;
          if (name === 'spill') spool.spill();
          if (name === 'drain') {
            takesMore = true;
            spool.drained();
          }
        }
        takesMore = true;
        spool.drained();
        spool.discard();
        expect(seen).to.deep.equal(Array.from({ length: pushed }, (_, i) => i + 1));
        expect(store.usedBytes + small.usedBytes).to.equal(0);
      }),
    );
  });

  it('counts what lies on disk as taken, up to its room', () => {
    const store = new Store(directory, 16 * 2 * MIB);
    const spool = new Spool(() => false, store);
    for (let count = 0; count < 40; count += 1) spool.push(new Uint8Array(65_536));
    expect(spool.takenCost).to.be.below(SPOOL_COST + 70_000);
    spool.spill();
    expect(spool.takenCost).to.be.within(3 * MIB - 600_000, 3 * MIB + 70_000);
    spool.discard();
    expect(store.usedBytes).to.equal(0);
  });
});
