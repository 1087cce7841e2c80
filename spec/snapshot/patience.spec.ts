// How long a program may run before it reads its request, while others wait for the builder.

import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../../lib/run.js';
import { buildSnapshot } from '../../lib/snapshot/builder.js';
import { Dialogue } from '../../lib/snapshot/dialogue.js';
import { TIMES, impatience, threadTimes } from '../../lib/snapshot/patience.js';
import { readModuleFile } from '../../lib/module/file.js';
import { assemble } from '../pool/guests.js';
import { program, programOf } from './guests.js';

describe('the patience with a program before its request', () => {
  const LIMITS = { timeoutMs: 100, cpuTimeMs: 10 };
  const timeout = TIMES * LIMITS.timeoutMs;
  const cpuTime = TIMES * LIMITS.cpuTimeMs;

  for (const [what, ranMs, passedMs, expected] of [
    ['under both limits', cpuTime - 1, timeout - 1, undefined],
    ['at both', cpuTime, timeout, undefined],
    ['over that of processor time', cpuTime + 0.1, timeout, /its limit cpu-time of 10 ms$/],
    ['over that of all time', cpuTime, timeout + 0.1, /its limit timeout of 100 ms$/],
  ] as const) {
    it(`is ${expected === undefined ? 'there' : 'over'} ${what}`, () => {
      const found = impatience({ ranMs, passedMs }, LIMITS);
      if (expected === undefined) expect(found).to.equal(undefined);
      else expect(found).to.match(expected);
    });
  }

  it('has no end of processor time where that is not limited', () => {
    const ranMs = Number.MAX_SAFE_INTEGER;
    expect(impatience({ ranMs, passedMs: 1 }, { ...LIMITS, cpuTimeMs: Infinity })).to.equal(
      undefined,
    );
  });

  it('knows how long a thread has run, and nothing of one that has gone', () => {
    const { ranMs } = threadTimes(process.pid);
    expect(ranMs).to.be.greaterThan(0);
    expect(threadTimes(2 ** 30)).to.deep.equal({ ranMs: 0, heldUpMs: 0 });
  });
});

describe('what the building process says', () => {
  it('is taken in pieces of any shape, its report last', () => {
    const text = 'runs\nstopped\nruns\nstopped\n{"kind":"built"}';
    for (const size of [1, 2, 7, text.length]) {
      const changes: boolean[] = [];
      const dialogue = new Dialogue((doesRun) => changes.push(doesRun));
      for (let at = 0; at < text.length; at += size) dialogue.hear(text.slice(at, at + size));
      expect(changes).to.deep.equal([true, false, true, false]);
      expect(dialogue.report).to.equal('{"kind":"built"}');
    }
  });
});

describe('the snapshot of a program', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'snapshots-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function outcomeOf(before: string, limits: Partial<Limits>): Promise<string> {
    const module = join(directory, 'guest.wasm');
    writeFileSync(module, assemble(program('', before)));
    const { sha256 } = await readModuleFile(module, undefined, 2 ** 20);
    const result = await buildSnapshot({
      program: { ...programOf({ limits }), module, sha256 },
      directory,
    });
    return 'reason' in result ? `${result.reason}; ${result.change}` : 'built';
  }

  const LOOPS = '(loop $ever (br $ever))';
  /** A clock subscription of an hour, at 8192. */
  const SLEEPS = `(i32.store (i32.const 8208) (i32.const 1)) (i64.store (i32.const 8216) (i64.const 3600000000000))
    (drop (call $poll (i32.const 8192) (i32.const 8300) (i32.const 1) (i32.const 8400)))`;
  const WORKS = `(local.set $length (i32.const 10000000))
    (loop $next (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 1)))))`;

  for (const [what, before, limits, expected] of [
    ['that loops', LOOPS, { timeoutMs: 300 }, /timeout of 300 ms; read.*, or raise that limit$/],
    ['that loops', LOOPS, { cpuTimeMs: 100 }, /cpu-time of 100 ms; read/],
    ['that sleeps', SLEEPS, { timeoutMs: 300, cpuTimeMs: 100 }, /timeout of 300 ms/],
  ] as const) {
    it(`${what} is refused for its limit of ${Object.entries(limits).join()}`, async () => {
      expect(await outcomeOf(before, limits)).to.match(expected);
    });
  }

  it('that works for a while is taken', async () => {
    expect(await outcomeOf(WORKS, { timeoutMs: 60_000, cpuTimeMs: 60_000 })).to.equal('built');
  });
});
