// Guest stdout: what is flushed early is offered first, and whoever takes it, nothing is lost or doubled.

import { expect } from 'chai';
import { createControlWords } from '../../lib/channel/control.js';
import { RunClock } from '../../lib/worker/clock.js';
import { StdoutSink } from '../../lib/worker/stdout.js';

type Fate = 'given back' | 'taken' | 'refused';

/** A sink whose offers end as `fates` say, one after the other. */
function sinkOf(fates: readonly Fate[]) {
  const words = createControlWords();
  const clock = new RunClock(words);
  clock.begin(1, 60_000);
  const out: string[] = [];
  const left = [...fates];
  let offered = '';
  const keep = (bytes: Uint8Array): void => void out.push(Buffer.from(bytes).toString());
  const sink = new StdoutSink(clock, words, keep, {
    put(bytes) {
      offered = Buffer.from(bytes).toString();
      if (left[0] === 'refused') left.shift();
      else return true;
      return false;
    },
    takeBack(bytes) {
      expect(bytes).to.equal(offered.length);
      if (left.shift() !== 'taken') return true;
      out.push(offered);
      return false;
    },
  });
  sink.begin(Infinity);
  const end = (): string => Buffer.from(sink.takeRest() ?? []).toString();
  return { sink, out, end };
}

describe('stdout of a worker', () => {
  it('goes with the end of the run where nobody took it before', () => {
    const { sink, out, end } = sinkOf(['given back', 'given back']);
    sink.write(Buffer.from('one'));
    sink.offer();
    sink.write(Buffer.from(' two'));
    sink.offer();
    expect([end(), ...out]).to.deep.equal(['one two']);
    expect(end()).to.equal('');
  });

  it('is the rest once the first of it was taken', () => {
    const { sink, out, end } = sinkOf(['taken', 'given back']);
    sink.write(Buffer.from('one'));
    sink.offer();
    sink.write(Buffer.from(' two'));
    sink.offer();
    expect([end(), ...out]).to.deep.equal([' two', 'one']);
  });

  it('is sent where it is not offered, or the guest waits', () => {
    const { sink, out, end } = sinkOf(['refused', 'given back', 'taken']);
    for (const [text, pass] of [
      ['one', () => sink.offer()],
      [' two', () => sink.offer()],
      ['', () => sink.flush()],
      [' three', () => sink.offer()],
      ['', () => sink.flush()],
    ] as const) {
      sink.write(Buffer.from(text));
      pass();
    }
    expect([...out, end()]).to.deep.equal(['one', ' two', ' three', '']);
  });

  it('fills its chunks whatever was taken of them', () => {
    const { sink, out, end } = sinkOf(['taken']);
    sink.write(Buffer.alloc(10_000, 'a'));
    sink.offer();
    sink.write(Buffer.alloc(100_000, 'b'));
    sink.write(Buffer.alloc(50_000, 'c'));
    const all = [...out, end()].join('');
    expect(all.length).to.equal(160_000);
    expect(all).to.match(/^a{10000}b{100000}c{50000}$/);
  });
});
