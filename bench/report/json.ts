// The rows for other programs.

import type { Report, Row } from '../model.js';

/** `{machine, rows}` as JSON; a figure that there is not is null. */
export function jsonOf({ machine, rows }: Pick<Report, 'machine' | 'rows'>): string {
  return `${JSON.stringify({ machine, rows: rows.map(plain) }, null, 2)}\n`;
}

function plain(row: Row): Record<string, string | number | null> {
  const { workload, target, baseline, measure, failure } = row;
  return {
    workload,
    target,
    baseline,
    measure,
    concurrency: row.concurrency,
    ratio: rounded(row.ratio),
    ratioMin: rounded(row.ratioMin),
    ratioMax: rounded(row.ratioMax),
    requestsPerSecond: rounded(row.requestsPerSecond),
    cpuMicrosPerRequest: rounded(row.cpuMicrosPerRequest),
    p50Ms: rounded(row.p50Ms),
    p99Ms: rounded(row.p99Ms),
    rssMiB: rounded(row.rssMiB),
    ...(failure === undefined ? {} : { failure }),
  };
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
