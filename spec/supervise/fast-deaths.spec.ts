// When a responder that ended is started again.

import { expect } from 'chai';
import { FastDeaths } from '../../lib/supervise/fast-deaths.js';

describe('FastDeaths', () => {
  for (const [why, lives, pauses] of [
    ['gives up at the fifth in a row', [1, 1, 1, 1, 1], [0, 1_000, 2_000, 4_000, undefined]],
    ['counts ten seconds as fast', [10_000, 10_000, 10_000], [0, 1_000, 2_000]],
    ['begins anew after a longer life', [1, 1, 1, 10_001, 1], [0, 1_000, 2_000, 0, 1_000]],
    ['never gives up on who lives long', Array(9).fill(10_001), Array(9).fill(0)],
  ] as const) {
    it(why, () => {
      const deaths = new FastDeaths();
      expect(lives.map((ms: number) => deaths.pauseAfter(ms))).to.deep.equal(pauses);
    });
  }
});
