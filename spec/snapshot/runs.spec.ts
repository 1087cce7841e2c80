import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../../lib/channel/contract.js';
import { Pool } from '../../lib/pool/pool.js';
import type { Outcome, Preopen, WhyFresh } from '../../lib/run.js';
import { Listener, type Result, runToEnd, submit } from '../pool/listener.js';
import { ECHO, jobsOf, program } from './guests.js';

/** Writes $at 8 bytes, that is 4 numbers of one digit. */
const SHOW = '(call $write (i32.const 1) (i32.const 8192) (i32.const 4))';
const digit = (at: number, value: string): string =>
  `(i32.store8 (i32.const ${8192 + at}) (i32.add (i32.const 48) ${value}))`;

/** Opens `file` of fd 3 into 8200. */
const OPENS = `(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 4) (i32.const 0)
  (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8200)) (then unreachable))`;
const READS = `(i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 2))
  (drop (call $fd_read (i32.load (i32.const 8200)) (i32.const 0) (i32.const 1) (i32.const 8)))`;
const FILE = '(data (i32.const 512) "file")';

/**
 * `spoil…` fills all memory, grows it, sets the global and opens descriptors, then ends as it is
 * told; anything else looks for all of that, and says 0 for each thing that it does not find.
 */
const SPOILER = program(
  `(local $at i32) (local $found i32)
   (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 115)) (then
     (global.set $count (i32.const 5))
     (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 7) (i32.const 0)
       (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))
     (local.set $at (i32.load8_u (i32.const 1029)))
     (if (i32.eq (local.get $at) (i32.const 103)) (then (drop (memory.grow (i32.const 3)))))
     (memory.fill (i32.const 4096) (i32.const 90) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4096)))
     (if (i32.eq (local.get $at) (i32.const 116)) (then unreachable))
     (if (i32.eq (local.get $at) (i32.const 101)) (then (call $exit (i32.const 3))))
     (if (i32.eq (local.get $at) (i32.const 108)) (then (loop $ever (br $ever))))
     (if (i32.eq (local.get $at) (i32.const 109)) (then
       (loop $more (br_if $more (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))) unreachable)))
   (else
     ${digit(0, '(global.get $count)')}
     ${digit(1, '(i32.sub (memory.size) (i32.const 4))')}
     (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 7) (i32.const 0)
       (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))
     ${digit(2, '(i32.sub (i32.load (i32.const 12)) (i32.const 5))')}
     (loop $next
       (local.set $found (i32.or (local.get $found)
         (i64.eq (i64.load (local.get $at)) (i64.const 0x5a5a5a5a5a5a5a5a))))
       (local.set $at (i32.add (local.get $at) (i32.const 8)))
       (br_if $next (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
     ${digit(3, '(local.get $found)')}
     ${SHOW}))`.replace('(local $at i32) (local $found i32)', ''),
).replace('(local $kept i32)', '(local $kept i32) (local $at i32) (local $found i32)');

/** The monotonic clock, into memory. */
const now = (at: number): string =>
  `(drop (call $clock (i32.const 1) (i64.const 0) (i32.const ${at})))`;

/** Traps unless random_get of 8 bytes to there answers so. */
const random = (at: string, errno: number): string =>
  `(if (i32.ne (call $random ${at} (i32.const 8)) (i32.const ${errno})) (then unreachable))`;

/** Three bytes of one segment, and one of another. */
const copies = (from: number): string =>
  `(memory.init $second (i32.const 8192) (i32.const ${from}) (i32.const 3))
     (memory.init $first (i32.const 8195) (i32.const 0) (i32.const 1))`;

describe('runs from a snapshot', () => {
  let pool: Pool;
  let directory: string;
  const run = (job: Job, ...env: string[]): Promise<Result> => runToEnd(pool, { ...job, env });
  async function whysOf(job: Job): Promise<WhyFresh[]> {
    const listener = new Listener();
    submit(pool, job, listener).bodyEnded();
    await listener.outcome;
    return listener.whys;
  }
  const textOf = async (job: Job, ...env: string[]): Promise<string> =>
    (await run(job, ...env)).stdout;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'snapshots-'));
  });
  beforeEach(() => {
    pool = new Pool({ workers: 1, queue: 10_000, queueTimeoutMs: 60_000, log: () => undefined });
  });
  afterEach(() => pool.close());
  after(() => rmSync(directory, { recursive: true }));

  it('begin where the request is read, which is that of the run', async () => {
    const { warm, fresh } = await jobsOf(ECHO);
    for (const job of [fresh, warm]) {
      expect(await textOf(job, 'A=1', 'B=two')).to.equal('A=1\0B=two');
      expect(await textOf(job, 'C=3')).to.equal('C=3');
    }
  });

  it('find memory, globals and locals as they were, and what was done before is done once', async () => {
    const before = `(global.set $count (i32.add (global.get $count) (i32.const 1)))
      (drop (call $random (i32.const 8196) (i32.const 4)))`;
    const body = `(i32.store (i32.const 8192) (i32.add (global.get $count) (local.get $kept)))
      (global.set $count (i32.const 9))
      (call $write (i32.const 1) (i32.const 8192) (i32.const 8))`;
    const { warm } = await jobsOf(program(body, before));
    const texts = new Set<string>();
    for (let i = 0; i < 10; i += 1) texts.add(await textOf(warm));
    expect([...texts].map((text) => text.slice(0, 4))).to.deep.equal(['\b\0\0\0']);
  });

  it('answer 1,000 requests as fresh ones would', async () => {
    const { warm, fresh } = await jobsOf(ECHO);
    const asked = Array.from({ length: 1_000 }, (_, i) => `REQUEST=${'x'.repeat(i % 100)}${i}`);
    const answers = await Promise.all(asked.map((one) => textOf(warm, one)));
    expect(answers).to.deep.equal(await Promise.all(asked.map((one) => textOf(fresh, one))));
  });

  it('are answered whenever the threads are told to give up what they have of it', async () => {
    const { warm, fresh } = await jobsOf(ECHO);
    const answers: Promise<string>[] = [];
    for (let i = 0; i < 240; i += 1) {
      answers.push(textOf(i % 3 === 0 ? fresh : warm, `REQUEST=${i}`));
      if (i % 7 === 0) pool.forget(warm.moduleKey);
      if (i % 11 === 0) pool.forget(fresh.moduleKey);
      if (i % 50 === 0) await answers[i - (i % 20)];
    }
    const asked = Array.from({ length: 240 }, (_, i) => `REQUEST=${i}`);
    expect(await Promise.all(answers)).to.deep.equal(asked);
  });

  it('share one picture among all threads, and none of them changes it', async () => {
    const { warm, snapshot } = await jobsOf(SPOILER);
    const before = Buffer.from(snapshot.picture.bytes);
    const others = new Pool({
      workers: 2,
      queue: 99,
      queueTimeoutMs: 60_000,
      log: () => undefined,
    });
    try {
      const runs = Array.from({ length: 20 }, (_, i) =>
        runToEnd(i % 2 === 0 ? pool : others, { ...warm, env: [i % 4 < 2 ? 'spoilr' : 'look'] }),
      );
      const texts = (await Promise.all(runs)).map(({ stdout }) => stdout);
      expect(texts.filter((_, i) => i % 4 >= 2)).to.deep.equal(Array<string>(10).fill('0000'));
      expect(Buffer.from(snapshot.picture.bytes).equals(before)).to.equal(true);
    } finally {
      await others.close();
    }
  });

  it('have the segments that a function on the stack copies from', async () => {
    const segment = '(data $first "x") (data $second "answer")';
    const body = `(call $write (i32.const 1) (i32.const 8192) (i32.const 4))
      ${copies(3)} (call $write (i32.const 1) (i32.const 8192) (i32.const 4))`;
    const { warm, fresh } = await jobsOf(program(body, copies(0), segment));
    for (const job of [fresh, warm, warm]) expect(await textOf(job)).to.equal('ansxwerx');
  });

  it('see the environment of their request where the program was told that it is', async () => {
    const before = `(drop (call $environ_sizes (i32.const 8192) (i32.const 8196)))
      (drop (call $environ (i32.const 65536) (i32.const 131072)))`;
    const body = `(call $write (i32.const 1) (i32.load (i32.const 65540)) (i32.const 8))
      ${digit(0, '(i32.eqz (i32.load (i32.const 65544)))')}
      (call $write (i32.const 1) (i32.const 8192) (i32.const 1))`;
    const { warm } = await jobsOf(program(body, before), { env: ['SET=1'] });
    expect(await textOf(warm, 'SET=1', 'URI=/one')).to.equal('URI=/one1');
    expect(await textOf(warm, 'SET=1', 'URI=/two')).to.equal('URI=/two1');
  });

  it('leave an environment alone whose room the program has put to other use', async () => {
    const before = `(drop (call $environ_sizes (i32.const 8192) (i32.const 8196)))
      (drop (call $environ (i32.const 65536) (i32.const 131072)))
      (i32.store (i32.const 131080) (i32.const 0x41414141))`;
    const body = '(call $write (i32.const 1) (i32.const 131072) (i32.const 12))';
    const { warm } = await jobsOf(program(body, before), { env: ['SET=1'] });
    expect(await textOf(warm, 'SET=1', 'OTHER=longer')).to.equal('SET=1\0\0\0AAAA');
  });

  it('are told of pointers behind their last page, and use them once they have grown', async () => {
    const end = '(i32.mul (memory.size) (i32.const 65536))';
    const last = `(i32.sub ${end} (i32.const 8))`;
    const ends = `${random(last, 0)} ${random(`(i32.add ${last} (i32.const 1))`, 21)} ${random(end, 21)}`;
    const body = `${ends} (drop (memory.grow (i32.const 1))) ${ends}
      (drop (memory.grow (i32.const 40))) ${ends}`;
    const { warm, fresh } = await jobsOf(program(body));
    for (const job of [fresh, warm, warm])
      expect((await run(job)).outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });

  it('go on with clocks that never go back', async () => {
    const body = `${now(8208)}
      ${digit(0, '(i64.gt_u (i64.load (i32.const 8208)) (i64.load (i32.const 8200)))')}
      (call $write (i32.const 1) (i32.const 8192) (i32.const 1))`;
    // Long before a run would come there by itself.
    const before = `${now(8216)} (loop $wait ${now(8200)} (br_if $wait (i64.lt_u
      (i64.sub (i64.load (i32.const 8200)) (i64.load (i32.const 8216))) (i64.const 300000000))))`;
    const { warm } = await jobsOf(program(body, before));
    expect(await textOf(warm)).to.equal('1');
  });

  it('have open what was open, where it was read to', async () => {
    writeFileSync(join(directory, 'file'), 'abcdef');
    const preopens: Preopen[] = [{ guest: '/', host: directory, readOnly: true }];
    const body = `${READS} (call $write (i32.const 1) (i32.const 8192) (i32.const 2))`;
    const { warm } = await jobsOf(program(body, OPENS + READS, FILE, 4), { preopens });
    expect(await textOf(warm)).to.equal('cd');
    expect(await textOf(warm)).to.equal('cd');
  });

  it('are fresh where a file that was open has changed', async () => {
    writeFileSync(join(directory, 'file'), 'abcdef');
    const preopens: Preopen[] = [{ guest: '/', host: directory, readOnly: true }];
    const body = `${READS} (call $write (i32.const 1) (i32.const 8192) (i32.const 2))`;
    const { warm } = await jobsOf(program(body, OPENS + READS, FILE, 4), { preopens });
    expect(await whysOf(warm)).to.deep.equal([]);
    writeFileSync(join(directory, 'file'), '0123456789');
    expect(await textOf(warm)).to.equal('23');
    expect(await whysOf(warm)).to.deep.equal(['file-changed']);
    writeFileSync(join(directory, 'file'), 'ABCDEFGHIJKL');
    expect(await textOf(warm)).to.equal('CD');
  });

  it('are begun anew, fresh and with the whole body, where the program declines', async () => {
    const before = `(global.set $count (i32.add (global.get $count) (i32.const 1)))
      (drop (call $random (i32.const 8202) (i32.const 8)))`;
    // Opens `fresh`: where it is one, there is none.
    const body = `(global.set $count (i32.add (global.get $count) (i32.const 1)))
      (memory.fill (i32.const 4096) (i32.const 90) (i32.const 64))
      (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 100)) (then
        (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 5) (i32.const 0)
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))))
      (i32.store (i32.const 0) (i32.const 8193)) (i32.store (i32.const 4) (i32.const 9))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      ${digit(0, '(global.get $count)')}
      (call $write (i32.const 1) (i32.const 8192) (i32.const 18))`;
    const text = program(body, before, '(data (i32.const 32) "fresh")');
    const { warm, fresh } = await jobsOf(text);
    const seen = { decline: new Set<string>(), serve: new Set<string>() };
    for (const request of ['decline', 'serve', 'decline', 'decline', 'serve'] as const) {
      for (const job of [fresh, warm]) {
        const { stdout, outcome } = await runToEnd(pool, { ...job, env: [request] }, 'the body.');
        expect(outcome.kind).to.equal('exit');
        expect(stdout.slice(0, 10)).to.equal('2the body.');
        if (job === warm) seen[request].add(stdout.slice(10));
      }
    }
    expect([seen.decline.size, seen.serve.size]).to.deep.equal([3, 1]);
  });

  describe('leave nothing to the next one', () => {
    const ENDS: readonly (readonly [string, string, Outcome['kind']])[] = [
      ['returns', 'spoilr', 'exit'],
      ['exits', 'spoile', 'exit'],
      ['grows its memory', 'spoilg', 'exit'],
      ['traps', 'spoilt', 'trap'],
      ['takes all memory that there is', 'spoilm', 'trap'],
      ['loops until its time is over', 'spoill', 'timeout'],
    ];
    for (const [how, request, kind] of ENDS) {
      it(`that ${how}`, async () => {
        const limits = { timeoutMs: 700, memoryBytes: 64 * 65_536 };
        const { warm } = await jobsOf(SPOILER, { limits });
        for (let round = 0; round < 3; round += 1) {
          expect((await run(warm, request)).outcome.kind).to.equal(kind);
          expect(await textOf(warm, 'look')).to.equal('0000');
        }
      });
    }

    it('but what the request itself says is found by it', async () => {
      const { warm } = await jobsOf(SPOILER);
      expect(await textOf(warm, `look${'Z'.repeat(64)}`)).to.equal('0001');
    });
  });
});
