// Each scenario of `npm run soak` once: the faults are the same, only fewer.

import { expect } from 'chai';

import { ONE_ROUND } from './scenario.js';
import { SCENARIOS } from './scenarios.js';

describe('apache: under load, the server', () => {
  for (const { name, promise, run } of SCENARIOS) {
    it(`${promise} (${name})`, async function () {
      // Snapshots have to be built first, and other specs run meanwhile.
      if (name === 'snapshots') this.timeout(400_000);
      expect((await run(ONE_ROUND)).broken).to.deep.equal([]);
    });
  }
});
