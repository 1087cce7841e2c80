import { expect } from 'chai';

import { percentile, rowOf } from '../../bench/statistics.js';
import { figure, series } from './rows.js';

describe('bench: statistics', () => {
  for (const [sorted, p, value] of [
    [[1, 2, 3, 4], 0.5, 2],
    [[1, 2, 3, 4], 0.51, 3],
    [[1, 2, 3, 4], 1, 4],
    [[1, 2, 3, 4], 0, 1],
    [[7], 0.99, 7],
  ] as const) {
    it(`finds ${value} at ${p} of ${sorted.join(', ')}`, () => {
      expect(percentile(sorted, p)).to.equal(value);
    });
  }

  it('knows no percentile of nothing', () => {
    expect(percentile([], 0.5)).to.satisfy(Number.isNaN);
  });

  it('compares round by round, not median with median', () => {
    const ours = series('wasm-fcgi', [50, 90, 30]);
    const { ratio, ratioMin, ratioMax } = rowOf(ours, series('libfcgi', [100, 100, 20]));
    expect([ratio, ratioMin, ratioMax]).to.deep.equal([0.9, 0.5, 1.5]);
  });

  it('takes the mean of the two middle figures of an even number', () => {
    const { requestsPerSecond } = rowOf(series('a', [40, 10, 30, 20]), undefined);
    expect(requestsPerSecond).to.equal(25);
  });

  it('compares what it is told to', () => {
    const one = { ...series('a', []), figures: [figure(1, { cpuMicrosPerRequest: 30 })] };
    const other = { ...series('b', []), figures: [figure(9, { cpuMicrosPerRequest: 20 })] };
    const made = rowOf(one, other, 'cpu', 'hello-cpu');
    expect(made.ratio).to.equal(1.5);
    expect([made.workload, made.measure, made.baseline]).to.deep.equal(['hello-cpu', 'cpu', 'b']);
  });

  it('has no ratio without a baseline', () => {
    expect(rowOf(series('a', [1]), undefined).ratio).to.satisfy(Number.isNaN);
  });

  it('has no ratio when a request of the row or of its baseline failed', () => {
    const good = series('a', [1]);
    const failed = series('b', [2], '1 of 3 answers wrong');
    expect(rowOf(good, failed).ratio).to.satisfy(Number.isNaN);
    expect(rowOf(failed, good).ratio).to.satisfy(Number.isNaN);
    expect(rowOf(failed, good).failure).to.equal('1 of 3 answers wrong');
  });
});
