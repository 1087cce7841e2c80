import { expect } from 'chai';

import { GOALS } from '../../bench/report/goals.js';
import { faultIn } from '../../bench/rivals/snapshots.js';
import { WORKLOADS } from '../../bench/workloads/all.js';

const line = (event: string): string => `2026-11-24T21:22:40.759Z info ${event} module=/a.wasm\n`;

const ended = (how: string): string =>
  line('snapshot-built').replace('snapshot-built module', `run-ended module=/b.wasm ${how} of`);

describe('bench: snapshots', () => {
  for (const log of [line('snapshot-built'), line('preloaded') + line('snapshot-loaded')]) {
    it(`are what was measured when the log says ${log.slice(24).trim()}`, () => {
      expect(faultIn(log)).to.equal(undefined);
    });
  }

  for (const event of ['refused', 'failed', 'outdated', 'built'].map(
    (word) => `snapshot-${word}`,
  )) {
    it(`are not when it says ${event} besides`, () => {
      expect(faultIn(line('snapshot-built') + line(event))).to.equal(`${event} module=/a.wasm`);
    });
  }

  it('are what was measured when only the first run was fresh, which may end later', () => {
    const first = ended('begun=fresh why=not-ready');
    const log = first + line('snapshot-built') + first + ended('begun=snapshot');
    expect(faultIn(log)).to.equal(undefined);
  });

  it('are not when the program declined one run', () => {
    const log =
      line('snapshot-built') + ended('begun=snapshot') + ended('begun=fresh why=declined');
    expect(faultIn(log)).to.match(/^run-ended .* why=declined/);
  });

  it('are not when there was none', () => {
    expect(faultIn(line('snapshot-refused'))).to.equal('snapshot-refused module=/a.wasm');
  });
});

describe('bench: goals and workloads', () => {
  it('have the same names', () => {
    const names = WORKLOADS.map(({ name }) => name);
    for (const { workload } of GOALS)
      expect(names.some((name) => workload === name || workload.startsWith(`${name}-`))).to.equal(
        true,
        workload,
      );
  });
});
