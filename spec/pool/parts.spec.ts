import { expect } from 'chai';
import * as fc from 'fast-check';
import { chunkCost, ownChunk } from '../../lib/channel/credit.js';
import { packStrings, unpackStrings } from '../../lib/channel/strings.js';
import { Deadlines } from '../../lib/pool/deadlines.js';
import { Known } from '../../lib/pool/known.js';
import { KnownModules } from '../../lib/pool/known-modules.js';
import { SPOOL_COST, Spool } from '../../lib/pool/spool.js';
import { HELLO, watJob } from './guests.js';

const chunk = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length);

describe('pool deadlines', () => {
  it('calls back in the order of time, never early, and not what was cleared', async () => {
    const deadlines = new Deadlines();
    const startMs = performance.now();
    const calls: string[] = [];
    const cleared = {};
    deadlines.set(cleared, 10, () => calls.push('cleared'));
    await new Promise<void>((resolve) => {
      deadlines.set({}, 60, () => {
        calls.push('late');
        resolve();
      });
      deadlines.set({}, 20, () => calls.push(performance.now() - startMs >= 20 ? 'soon' : 'early'));
      deadlines.clear(cleared);
      // The timer alone does not keep a process alive.
      const alive = setInterval(() => calls.at(-1) === 'late' && clearInterval(alive), 5);
    });
    expect(calls).to.deep.equal(['soon', 'late']);
  });

  it('replaces the deadline of an owner', async () => {
    const deadlines = new Deadlines();
    const owner = {};
    const alive = setInterval(() => undefined, 1000);
    deadlines.set(owner, 1, () => expect.fail('the first deadline was replaced'));
    await new Promise<void>((resolve) => deadlines.set(owner, 30, resolve));
    clearInterval(alive);
  });

  it('calls back for nobody after it was closed', async () => {
    const deadlines = new Deadlines();
    deadlines.set({}, 1, () => expect.fail('it was closed'));
    deadlines.close();
    await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe('pool spool', () => {
  it('delivers at once while the receiver takes more', () => {
    const seen: number[] = [];
    const spool = new Spool(({ length }) => seen.push(length) > 0);
    for (const length of [1, 2, 3]) spool.push(chunk(length));
    expect(seen).to.deep.equal([1, 2, 3]);
    expect(spool.empty).to.equal(true);
  });

  it('gives the guest credit up to its bound and not beyond', () => {
    const spool = new Spool(() => false);
    const one = chunk(64 * 1024);
    for (let count = 0; count < 40; count += 1) spool.push(one);
    expect(spool.takenCost).to.equal(chunkCost(one) + SPOOL_COST);
    spool.drained();
    expect(spool.takenCost).to.equal(2 * chunkCost(one) + SPOOL_COST);
  });

  it('keeps order whatever the receiver answers and when it calls drained', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('push', 'hold', 'drain', 'reenter'), { maxLength: 60 }),
        (steps) => {
          const seen: number[] = [];
          let answer = true;
          let reenters = false;
          const spool = new Spool(({ length }) => {
            seen.push(length);
            if (reenters) spool.drained();
            return answer;
          });
          let pushed = 0;
          for (const step of steps) {
            if (step === 'push') spool.push(chunk((pushed += 1)));
            if (step === 'hold') answer = false;
            if (step === 'drain') {
              answer = true;
              spool.drained();
            }
            if (step === 'reenter') reenters = !reenters;
          }
          answer = true;
          spool.drained();
          expect(seen).to.deep.equal(Array.from({ length: pushed }, (_, i) => i + 1));
        },
      ),
    );
  });
});

describe('channel', () => {
  it('unpacks the strings that were packed', () => {
    const byteStrings = fc.array(fc.string().map((text) => text.replaceAll('\0', '')));
    fc.assert(
      fc.property(byteStrings, (list) => {
        expect(unpackStrings(packStrings(list))).to.deep.equal(list);
      }),
    );
  });

  it('refuses strings with NUL', () => {
    expect(() => unpackStrings(packStrings(['a\0b']))).to.throw('holds a NUL');
  });

  it('copies a chunk that shares its buffer, and no other', () => {
    const whole = new Uint8Array(8);
    expect(ownChunk(whole)).to.equal(whole);
    const part = ownChunk(whole.subarray(2, 4));
    expect(part.buffer.byteLength).to.equal(2);
  });

  it('forgets the module that was not used for longest when a thread knows 257', () => {
    const known = new KnownModules();
    const use = (moduleKey: string): unknown => known.use(moduleKey);
    for (let i = 0; i < 256; i += 1) {
      expect(use(`${i}`)).to.deep.equal({ isNew: true, forget: undefined });
    }
    expect(use('0')).to.deep.equal({ isNew: false, forget: undefined });
    expect(use('256')).to.deep.equal({ isNew: true, forget: '1' });
    expect(use('1')).to.deep.equal({ isNew: true, forget: '2' });
  });

  it('is told to give up a module once it has no run of it, and again what it is to have anew', () => {
    const known = new Known();
    const job = watJob(HELLO);
    const { moduleKey, module } = job;
    const use = (): unknown => known.use(job).module;
    known.forget(moduleKey);
    expect(known.takeUnwanted([])).to.equal(undefined);
    expect([use(), use()]).to.deep.equal([module, undefined]);
    known.took(job, 7);
    known.forget(moduleKey);
    expect(known.microsOf(job)).to.equal(Infinity);
    expect(known.takeUnwanted(['other', moduleKey])).to.equal(undefined);
    expect(known.takeUnwanted(['other'])).to.deep.equal({ forgets: [moduleKey] });
    expect(known.takeUnwanted([])).to.equal(undefined);
    expect(use()).to.equal(module);
  });
});
