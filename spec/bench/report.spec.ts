import { expect } from 'chai';
import { check } from 'prettier';

import type { Machine, Report } from '../../bench/model.js';
import { GOALS, judge } from '../../bench/report/goals.js';
import { jsonOf } from '../../bench/report/json.js';
import { markdownOf } from '../../bench/report/markdown.js';
import { svgOf } from '../../bench/report/svg.js';
import { HEADS, cellsOf } from '../../bench/report/table.js';
import { row } from './rows.js';

const MACHINE: Machine = {
  processor: 'A processor',
  cores: 2,
  memoryGiB: 24,
  kernel: 'Linux 6.1',
  node: 'v20.20.2',
  httpd: 'Apache/2.4.71',
  date: '2026-01-31',
};
const BASELINE = row({ target: 'libfcgi', ratio: 1, ratioMin: 1, ratioMax: 1 });
const FAILED = row({ target: 'echo', ratio: NaN, failure: '3 of 9 answers wrong' });
const REPORT: Report = {
  machine: MACHINE,
  rows: [BASELINE, row(), FAILED],
  leftOut: ['php: without php-fpm: php-fpm is not installed'],
  rounds: 5,
};

describe('bench: report', () => {
  it('gives each head a cell', () => {
    expect(cellsOf(row()).length).to.equal(HEADS.length);
    expect(cellsOf(FAILED).length).to.equal(HEADS.length);
  });

  it('shows a row with its ratio, least and most', () => {
    expect(cellsOf(row())).to.deep.equal(
      ['hello', '16', 'wasm-fcgi', '12346', '0.95 (0.90–1.01)', 'libfcgi'].concat([
        '61.3',
        '1.23',
        '12.3',
        '123',
      ]),
    );
  });

  it('compares the baseline with nothing', () => {
    expect(cellsOf(BASELINE).slice(4, 6)).to.deep.equal(['', '']);
  });

  it('shows why a row failed, and no figure of it', () => {
    expect(cellsOf(FAILED).slice(3)).to.deep.equal(
      ['failed: 3 of 9 answers wrong', '', 'libfcgi'].concat(Array(4).fill('')),
    );
  });

  it('leaves a figure empty that there is not', () => {
    expect(cellsOf(row({ cpuMicrosPerRequest: NaN }))[6]).to.equal('');
  });

  it('writes machine and rows as JSON, null for what there is not', () => {
    const { machine, rows } = JSON.parse(jsonOf(REPORT));
    expect(machine).to.deep.equal(MACHINE);
    expect(rows[1]).to.deep.equal({
      workload: 'hello',
      target: 'wasm-fcgi',
      baseline: 'libfcgi',
      measure: 'speed',
      concurrency: 16,
      ratio: 0.95,
      ratioMin: 0.9,
      ratioMax: 1.01,
      requestsPerSecond: 12_345.6,
      cpuMicrosPerRequest: 61.25,
      p50Ms: 1.234,
      p99Ms: 12.34,
      rssMiB: 123.4,
    });
    expect(rows[2]).to.include({ ratio: null, failure: '3 of 9 answers wrong' });
  });

  it('writes Markdown that prettier has nothing to say about', async () => {
    const text = await markdownOf(REPORT, 'report.svg');
    expect(await check(text, { parser: 'markdown', printWidth: 100 })).to.equal(true);
    expect(text).to.include('A processor').and.include('php-fpm is not installed');
    expect(text).to.include('![Ratios](report.svg)');
  });
});

describe('bench: plot', () => {
  it('has a dot for each row that is compared, further right the faster', () => {
    const svg = svgOf([BASELINE, row({ ratio: 0.25 }), row({ target: 'x', ratio: 4 }), FAILED], '');
    const [base = NaN, slow = NaN, fast = NaN, ...more] = values(svg, 'circle', 'cx');
    expect(more).to.deep.equal([]);
    expect(slow).to.be.lessThan(base);
    expect(fast).to.be.greaterThan(base);
  });

  it('keeps what is beyond its axis at the edge', () => {
    const rows = [BASELINE, row({ ratio: 1e-9, ratioMin: 1e-9, ratioMax: 1e9 })];
    for (const x of values(svgOf(rows, ''), 'line', 'x1')) expect(x).to.be.within(0, 1000);
  });

  it('escapes what it is given', () => {
    expect(svgOf([], 'a < b & c')).to.include('a &lt; b &amp; c');
  });
});

describe('bench: goals', () => {
  const least = { what: 'w', workload: 'hello', target: 'wasm-fcgi', baseline: 'libfcgi' };
  const atLeast = { ...least, bound: { least: 0.9 } };
  const atMost = { ...least, bound: { most: 3 }, inverse: true };

  for (const [ratio, verdict] of [
    [0.91, 'met'],
    [0.9, 'met'],
    [0.89, 'missed'],
  ] as const) {
    it(`at least 0.9 is ${verdict} by ${ratio}`, () => {
      expect(judge(atLeast, [row({ ratio })]).verdict).to.equal(verdict);
    });
  }

  it('turns a speed into how many times as long it takes', () => {
    expect(judge(atMost, [row({ ratio: 0.25 })])).to.include({ measured: 4, verdict: 'missed' });
    expect(judge(atMost, [row({ ratio: 0.5 })])).to.include({ measured: 2, verdict: 'met' });
  });

  it('goes by the worst of its rows', () => {
    const rows = [row({ ratio: 1 }), row({ ratio: 0.5, concurrency: 1 })];
    expect(judge(atLeast, rows)).to.include({ measured: 0.5, verdict: 'missed' });
    expect(judge({ ...atLeast, concurrency: 16 }, rows)).to.include({ verdict: 'met' });
  });

  it('is not met by a row that failed', () => {
    const failed = row({ ratio: NaN, failure: 'no answer' });
    expect(judge(atLeast, [row({ ratio: 1 }), failed]).verdict).to.equal('missed');
  });

  it('judges nothing by rows of others', () => {
    expect(judge(atLeast, [row({ baseline: 'null' }), row({ workload: 'php' })])).to.include({
      verdict: 'not measured',
    });
  });

  it('has a goal for every promise', () => {
    expect(GOALS.length).to.be.greaterThan(10);
  });
});

/** Every attribute `name` of elements `element`, in order. */
function values(svg: string, element: string, name: string): number[] {
  const pattern = new RegExp(`<${element} [^>]*?${name}="([^"]*)"`, 'g');
  return [...svg.matchAll(pattern)].map(([, value]) => Number(value));
}
