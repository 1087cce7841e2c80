// Rows as cells of text, for the terminal and for Markdown.

import type { Row } from '../model.js';

export const HEADS = [
  'workload',
  'at a time',
  'target',
  'requests/s',
  'ratio (min–max)',
  'to',
  'CPU µs',
  'p50 ms',
  'p99 ms',
  'RSS MiB',
] as const;

/** One row's cells, in the order of HEADS; a figure that there is not is empty. */
export function cellsOf(row: Row): string[] {
  const { workload, concurrency, target, baseline, measure, failure } = row;
  const to = measure === 'speed' ? baseline : `${baseline}, ${measure}`;
  const head = [workload, String(concurrency), target];
  if (failure !== undefined) return [...head, `failed: ${failure}`, '', to, '', '', '', ''];
  return [
    ...head,
    number(row.requestsPerSecond),
    ratioOf(row),
    baseline === target || baseline === '' ? '' : to,
    number(row.cpuMicrosPerRequest),
    number(row.p50Ms),
    number(row.p99Ms),
    number(row.rssMiB),
  ];
}

/** `0.98 (0.95–1.02)`; empty for the baseline itself. */
function ratioOf({ target, baseline, ratio, ratioMin, ratioMax }: Row): string {
  if (target === baseline || Number.isNaN(ratio)) return '';
  return `${number(ratio)} (${number(ratioMin)}–${number(ratioMax)})`;
}

/** Three digits that count, no exponent; empty for NaN. */
export function number(value: number): string {
  if (Number.isNaN(value)) return '';
  if (Math.abs(value) >= 100) return Math.round(value).toString();
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
