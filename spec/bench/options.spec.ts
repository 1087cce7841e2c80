import { expect } from 'chai';

import { readWish } from '../../bench/options.js';
import { isSelected } from '../../bench/workloads/workload.js';

const NAMES = ['hello', 'hello-close', 'php', 'cpu'];

describe('bench: options', () => {
  it('measures everything five times, into bench/, when nothing is said', () => {
    expect(readWish([], NAMES)).to.deep.equal({
      quick: false,
      only: [],
      rounds: 5,
      json: undefined,
      report: 'bench',
      help: false,
    });
  });

  it('writes no report by itself when it was not the whole run', () => {
    expect(readWish(['--quick'], NAMES)).to.include({ rounds: 2, report: undefined });
    expect(readWish(['--only', 'php'], NAMES)).to.include({ report: undefined });
    expect(readWish(['--quick', '--report', '/x'], NAMES)).to.include({ report: '/x' });
  });

  it('takes names and families of workloads', () => {
    expect(readWish(['--only', 'hello,php'], NAMES)).to.deep.include({ only: ['hello', 'php'] });
  });

  for (const [words, fault] of [
    [['--rounds', '0'], '--rounds must be 1..100, not "0"'],
    [['--rounds', '101'], '--rounds must be 1..100, not "101"'],
    [['--rounds', 'many'], '--rounds must be 1..100, not "many"'],
    [['--only', 'hell'], '--only must name workloads, not "hell"'],
    [['--fast'], "Unknown option '--fast'"],
    [['php'], 'Unexpected argument'],
  ] as const) {
    it(`refuses ${words.join(' ')}`, () => {
      expect(readWish(words, NAMES)).to.be.a('string').that.includes(fault);
    });
  }

  for (const rounds of ['1', '100']) {
    it(`takes ${rounds} rounds`, () => {
      expect(readWish(['--rounds', rounds], NAMES)).to.include({ rounds: Number(rounds) });
    });
  }

  for (const [name, only, selected] of [
    ['hello', [], true],
    ['hello', ['hello'], true],
    ['hello-close', ['hello'], true],
    ['hello', ['hello-close'], false],
    ['php', ['hello', 'php'], true],
    ['cpu', ['hello', 'php'], false],
  ] as const) {
    it(`${selected ? 'selects' : 'leaves out'} ${name} by "${only.join(',')}"`, () => {
      expect(isSelected(name, only)).to.equal(selected);
    });
  }
});
