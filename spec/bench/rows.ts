// Figures, series and rows for the specs of the bench's pure parts.

import type { Figure, Row, Series } from '../../bench/model.js';

export function figure(requestsPerSecond: number, more: Partial<Figure> = {}): Figure {
  return {
    requestsPerSecond,
    cpuMicrosPerRequest: 10,
    p50Ms: 1,
    p99Ms: 2,
    rssMiB: 50,
    ...more,
  };
}

export function series(target: string, speeds: readonly number[], failure?: string): Series {
  return {
    workload: 'hello',
    target,
    concurrency: 16,
    figures: speeds.map((speed) => figure(speed)),
    ...(failure === undefined ? {} : { failure }),
  };
}

export function row(more: Partial<Row> = {}): Row {
  return {
    workload: 'hello',
    target: 'wasm-fcgi',
    baseline: 'libfcgi',
    concurrency: 16,
    measure: 'speed',
    ratio: 0.95,
    ratioMin: 0.9,
    ratioMax: 1.01,
    requestsPerSecond: 12_345.6,
    cpuMicrosPerRequest: 61.25,
    p50Ms: 1.234,
    p99Ms: 12.34,
    rssMiB: 123.4,
    ...more,
  };
}
