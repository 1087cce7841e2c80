import { expect } from 'chai';
import { Beginnings, TELL_MS } from '../lib/begun.js';
import { createLog } from '../lib/log.js';
import { RequestLog } from '../lib/requestlog.js';
import type { Outcome, WhyFresh } from '../lib/run.js';

const DONE: Outcome = { kind: 'exit', code: 0 };

describe('how requests began', () => {
  let lines: string[];
  let nowMs: number;
  let beginnings: Beginnings;

  beforeEach(() => {
    lines = [];
    nowMs = 1_000;
    beginnings = new Beginnings(() => nowMs);
  });

  function run(route: object, why?: WhyFresh, outcome = DONE): void {
    const log = new RequestLog(
      createLog((line) => lines.push(line.slice(line.indexOf(' ') + 1).trimEnd())),
      new Map([['UNIQUE_ID', 'one']]),
    );
    beginnings.begin(route, why, log).ended(outcome);
  }

  it('is told with the first one that began fresh, and again in ten minutes', () => {
    const route = {};
    run(route);
    expect(lines).to.deep.equal([]);
    run(route, 'refused');
    run(route, 'declined');
    nowMs += TELL_MS - 1;
    run(route, 'declined');
    run(route);
    expect(lines).to.deep.equal([
      'info snapshot-missed request=one begun=fresh why=refused fresh=1 runs=2',
    ]);
    nowMs += 1;
    run(route);
    expect(lines).to.have.lengthOf(1);
    run(route, 'outdated');
    nowMs += 1;
    run(route, 'outdated');
    expect(lines.slice(1)).to.deep.equal([
      'info snapshot-missed request=one begun=fresh why=outdated fresh=3 runs=5',
    ]);
  });

  it('is told of each route', () => {
    for (const route of [{}, {}]) for (let i = 0; i < 2; i += 1) run(route, 'not-ready');
    expect(lines).to.have.lengthOf(2);
  });

  it('is not told of what no thread was free for', () => {
    const route = {};
    run(route, 'not-ready', { kind: 'overload', message: '' });
    run(route, 'not-ready', { kind: 'late', message: '' });
    expect(lines).to.deep.equal([]);
  });
});
