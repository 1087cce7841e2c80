// Guests that go the way that somebody else changes at that moment: another guest, or a program of
// the host.

import { expect } from 'chai';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { countOf, Ground } from './ground.js';
import { buildExchange, Exchange } from './props.js';

/** How often a guest must have met the directory and the symlink: 10 times and once for each. */
const ROUNDS = 40;

for (const guest of ['/', '/sandbox']) {
  describe(`races around a preopen named ${guest}`, () => {
    let ground: Ground;
    let exchange: string;

    before(async () => {
      ground = await Ground.start(guest, { '--timeout': '40s' });
      exchange = buildExchange(ground.bed.program.directory);
    });
    beforeEach(() => ground.plant());
    after(() => ground.clear());

    /** The guest must have met both, or the race was none. */
    async function race(program: string): Promise<void> {
      const answer = await ground.run(program, { rounds: ROUNDS });
      expect(countOf(answer, 'inside')).to.be.at.least(ROUNDS);
      expect(countOf(answer, 'refused')).to.be.at.least(ROUNDS);
    }

    for (const program of ['race', 'race-unstable']) {
      it(`${program}: two guests stay inside while a native program exchanges`, async () => {
        const other = await Exchange.start(exchange, ground.bed.inside);
        try {
          await Promise.all([race(program), race(program)]);
        } finally {
          await other.stop();
        }
        await ground.bed.held();
      });

      it(`${program}: a guest stays inside while another guest renames`, async () => {
        const { inside } = ground.bed;
        const racer = ground.run('racer', { tries: 0 });
        while (!existsSync(join(inside, 'racing'))) await setTimeout(10);
        try {
          await race(program);
        } finally {
          writeFileSync(join(inside, 'stop'), '');
          await racer;
        }
        await ground.bed.held();
      });
    }
  });
}
