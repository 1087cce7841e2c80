// Modules that are dear to load: each is refused, ends in time or runs, and others are served on.

import { expect } from 'chai';
import { BOMBS } from './bombs.js';
import { Bed, statusOf } from './bed.js';
import { signedParams } from '../program.js';

/** Statuses that are right; 504 where a slow machine may need longer than the time limit. */
const EXPECTED: Readonly<Record<string, readonly number[]>> = {
  '1,000,000 types': [200, 504],
  '20,000 types of 1,000 parameters': [200, 504],
  '1,000,000 functions': [200, 504],
  '1,000 functions of 50,000 locals': [500],
  '400 functions of 50,000 locals': [200],
  '1,000,000 nested additions': [500],
  '300,000 nested additions': [200],
  '1,000,000 globals': [200, 504],
  '100,000 data segments': [200, 504],
  'a custom section of 60 MB': [200],
  'a data segment of 60 MB': [200, 504],
  '20 MB of calls': [500, 504],
  '200 times 4,999 nested loops': [200],
  'all that a function may carry': [200, 504],
  '4,000,000 active elements': [200, 504],
};

describe('attacks: modules that are dear to load', () => {
  let bed: Bed;
  before(async () => {
    bed = await Bed.start();
  });
  after(() => bed.clear());

  for (const [what, make] of Object.entries(BOMBS)) {
    const expected = EXPECTED[what] ?? [500];
    it(`answers ${expected.join(' or ')} to ${what}, and serves on`, async () => {
      const bytes = make();
      const attack = bed.attack(bytes, { timeoutMs: 1500 });
      const other = bed.program.ask(signedParams({ module: bed.hello }));
      expect(statusOf(await attack)).to.be.oneOf(expected);
      expect(statusOf(await other)).to.equal(200);
      await bed.held();
    });
  }

  it('never says more than a few lines about any of them', () => {
    const lines = bed.program.log.split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).to.be.below(20_000);
    expect(bed.program.log).to.not.include('thread-stuck');
  });
});
