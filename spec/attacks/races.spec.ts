// Guests that go the way that somebody else changes at that moment: another guest, or a program of
// the host.

import { expect } from 'chai';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { statusOf } from './bed.js';
import { countOf, Ground } from './ground.js';
import { buildExchange, Exchange } from './props.js';

/** How often a guest must have met the directory and the symlink: 10 times and once for each. */
const ROUNDS = 40;

describe('guests that may make symlinks', () => {
  let ground: Ground;

  before(async () => {
    ground = await Ground.start('/', { '--allow-symlinks': 'true' });
  });
  beforeEach(() => ground.plant());
  after(() => ground.clear());

  for (const program of ['symlinks', 'names', 'links', 'moved']) {
    it(`${program}: leave by none`, async () => {
      const answer = await ground.run(program, { how: 'allowed', tries: 500 });
      if (program === 'symlinks') expect(countOf(answer, 'made')).to.be.at.least(15);
      await ground.bed.held();
    });
  }

  it('symlinks: leave by none while a native program exchanges', async () => {
    const exchange = buildExchange(ground.bed.program.directory);
    const other = await Exchange.start(exchange, ground.bed.inside);
    try {
      const row = { how: 'allowed', tries: 500 };
      await Promise.all([ground.run('symlinks', row), ground.run('symlinks', row)]);
    } finally {
      await other.stop();
    }
    await ground.bed.held();
  });
});

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

    /** Runs in `d`, which a tenant has named, until it was let in and refused often enough. */
    async function raceAnchor(below: string): Promise<void> {
      const { bed } = ground;
      const other = await Exchange.start(exchange, bed.inside);
      const met = { inside: 0, refused: 0 };
      // Until both were met; a machine on which that takes more is none to run this on.
      const attempts = 2000;
      try {
        for (let i = 0; i < attempts && Math.min(met.inside, met.refused) < 10; i++) {
          const host = join(bed.inside, 'd');
          const preopens = [{ guest, host, readOnly: false, below }];
          const answer = await bed.attack('where', { ...ground.optionsOf({}), preopens });
          expect(answer.stdout).to.not.include('THROUGH');
          if (statusOf(answer) === 200) met.inside++;
          else met.refused++;
        }
      } finally {
        await other.stop();
      }
      expect(met.inside).to.be.at.least(10);
      expect(met.refused).to.be.at.least(10);
      await bed.held();
    }

    it('a directory that a tenant names is never opened beyond his own while it is exchanged', () =>
      raceAnchor(ground.bed.inside));

    // Takes two owners: `l` belongs to nobody, what it leads to to us.
    if (process.getuid?.() === 0) {
      it('nor when his own is the one that is exchanged', () =>
        raceAnchor(join(ground.bed.inside, 'd')));
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
