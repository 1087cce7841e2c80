import { expect } from 'chai';
import { TurnMemory } from '../../lib/module/turn.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what one turn has found', () => {
  it('is found once in a turn when it is asked for closely, and anew in the next', async () => {
    const memory = new TurnMemory<string, number>();
    let looks = 0;
    const look = (): number => (looks += 1);
    for (let turn = 0; turn < 3; turn += 1) {
      const before = looks;
      const first = memory.find('a', look);
      // Closely: within 50 µs of the one before, which a busy machine may miss now and then.
      const found = Array.from({ length: 1000 }, () => memory.find('a', look));
      expect(first).to.equal(before + 1);
      expect(looks).to.be.lessThan(before + 1000);
      expect(found.at(-1)).to.equal(looks);
      await nextTurn();
    }
    const before = looks;
    expect(memory.find('a', look)).to.equal(before + 1);
  });

  it('is told apart by its key', () => {
    const memory = new TurnMemory<string, string>();
    for (let round = 0; round < 10; round += 1) {
      expect(memory.find('a', () => 'of a')).to.equal('of a');
      expect(memory.find('b', () => 'of b')).to.equal('of b');
    }
  });

  it('does not remember that there was nothing', () => {
    const memory = new TurnMemory<string, number>();
    for (let round = 0; round < 10; round += 1)
      expect(memory.find('a', () => undefined)).to.equal(undefined);
    expect(memory.find('a', () => 1)).to.equal(1);
  });
});
