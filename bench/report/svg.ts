// The report as a plot: each target's ratio to its baseline, as a dot with its least and most, on a
// logarithmic axis. Speed only: further right is faster, the line at 1 is the baseline.

import type { Row } from '../model.js';
import { number } from './table.js';

const WIDTH = 1000;
const LEFT = 330;
const RIGHT = 190;
const LINE = 20;
const GAP = 14;
const TOP = 70;
const TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
const US = new Set(['wasm-fcgi', 'wasm-fcgi+snapshot']);
const COLOURS = {
  us: '#c2410c',
  other: '#475569',
  base: '#94a3b8',
  grid: '#e2e8f0',
  text: '#0f172a',
};

/** Rows of one workload and number at a time, under one heading. */
interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** An SVG document that needs nothing else. @param subtitle one line, for example the machine */
export function svgOf(rows: readonly Row[], subtitle: string): string {
  const groups = groupsOf(rows);
  const scale = scaleOf(groups.flatMap(({ rows }) => rows));
  const parts: string[] = [];
  let y = TOP + GAP;
  for (const { title, rows } of groups) {
    parts.push(text(16, y + 14, title, { weight: 'bold' }));
    for (const row of rows) {
      parts.push(lineOf(row, y, scale));
      y += LINE;
    }
    y += GAP;
  }
  const height = y + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${text(16, 26, 'How fast, next to the baseline in the same round', { size: 17, weight: 'bold' })}
${text(16, 46, subtitle, { size: 11, fill: COLOURS.other })}
${axis(scale, height)}
${parts.join('\n')}
</svg>
`;
}

/** What can be compared: rows of speed with a ratio, in groups that have a baseline. */
function groupsOf(rows: readonly Row[]): Group[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    if (row.measure !== 'speed' || Number.isNaN(row.ratio)) continue;
    const title = `${row.workload}, ${row.concurrency} at a time`;
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }
  return [...groups]
    .filter(([, rows]) => rows.length > 1)
    .map(([title, rows]) => ({ title, rows }));
}

/** Ratio to x, over as many ticks as are needed. */
interface Scale {
  readonly ticks: readonly number[];
  readonly x: (ratio: number) => number;
}

function scaleOf(rows: readonly Row[]): Scale {
  const least = Math.min(0.5, ...rows.map(({ ratioMin }) => ratioMin));
  const most = Math.max(2, ...rows.map(({ ratioMax }) => ratioMax));
  const first = Math.max(
    0,
    TICKS.findLastIndex((tick) => tick <= least),
  );
  const last = TICKS.findIndex((tick) => tick >= most);
  const ticks = TICKS.slice(first, last < 0 ? undefined : last + 1);
  const [from, to] = [Math.log(ticks[0] ?? 1), Math.log(ticks.at(-1) ?? 1)];
  const x = (ratio: number): number => {
    const share = (Math.log(ratio) - from) / (to - from);
    return LEFT + Math.min(1, Math.max(0, share)) * (WIDTH - LEFT - RIGHT);
  };
  return { ticks, x };
}

function axis({ ticks, x }: Scale, height: number): string {
  const bottom = height - 34;
  return ticks
    .map((tick) => {
      const at = x(tick).toFixed(1);
      const line = {
        stroke: tick === 1 ? COLOURS.other : COLOURS.grid,
        width: tick === 1 ? 1.5 : 1,
      };
      return (
        `<line x1="${at}" x2="${at}" y1="${TOP}" y2="${bottom}" stroke="${line.stroke}" ` +
        `stroke-width="${line.width}"/>` +
        text(x(tick), TOP - 6, `${tick}`, { anchor: 'middle', fill: COLOURS.other }) +
        text(x(tick), bottom + 16, `${tick}`, { anchor: 'middle', fill: COLOURS.other })
      );
    })
    .join('\n');
}

function lineOf(row: Row, top: number, { x }: Scale): string {
  const { target, baseline, ratio, ratioMin, ratioMax, requestsPerSecond } = row;
  const y = top + 10;
  const isBaseline = target === baseline;
  const isUs = US.has(target);
  const colour = isBaseline ? COLOURS.base : isUs ? COLOURS.us : COLOURS.other;
  const name = isUs ? `${target} / ${baseline}` : target;
  const figures = `${number(requestsPerSecond)}/s${isBaseline ? '' : `   ${number(ratio)}`}`;
  const [from, to] = [x(ratioMin), x(ratioMax)].map((at) => at.toFixed(1));
  return [
    text(LEFT - 12, y + 4, name, { anchor: 'end', fill: colour, weight: isUs ? 'bold' : 'normal' }),
    `<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2"/>`,
    `<circle cx="${x(ratio).toFixed(1)}" cy="${y}" r="${isUs ? 5 : 4}" fill="${colour}"/>`,
    text(WIDTH - RIGHT + 14, y + 4, figures, { fill: colour, weight: isUs ? 'bold' : 'normal' }),
  ].join('');
}

interface TextOptions {
  readonly anchor?: string;
  readonly fill?: string;
  readonly size?: number;
  readonly weight?: string;
}

function text(x: number, y: number, words: string, options: TextOptions = {}): string {
  const { anchor = 'start', fill = COLOURS.text, size = 12, weight = 'normal' } = options;
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return (
    `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="${fill}" ` +
    `font-size="${size}" font-weight="${weight}" xml:space="preserve">${escaped}</text>`
  );
}
