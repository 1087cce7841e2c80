// From the figures of the rounds to rows: medians, and ratios within a round.

import type { Figure, Measure, Row, Series } from './model.js';

/** The middle value, of an even number the mean of the two middle ones; NaN of none. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}

/**
 * The value that the share `p` of all values does not exceed (nearest rank); NaN of none.
 * @param sorted ascending
 * @param p 0..1
 */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  const rank = Math.max(1, Math.ceil(p * sorted.length));
  return sorted[rank - 1] ?? NaN;
}

const VALUE_OF: Readonly<Record<Measure, (figure: Figure) => number>> = {
  speed: ({ requestsPerSecond }) => requestsPerSecond,
  cpu: ({ cpuMicrosPerRequest }) => cpuMicrosPerRequest,
  time: ({ p50Ms }) => p50Ms,
  memory: ({ rssMiB }) => rssMiB,
};

/**
 * Compares round by round: what slows one round down slows both, and falls out of their ratio.
 * A series that failed, or whose baseline did, has no ratio.
 * @param name of the row's workload, the series' own by default
 */
export function rowOf(
  series: Series,
  baseline: Series | undefined,
  measure: Measure = 'speed',
  name: string = series.workload,
): Row {
  const { target, concurrency, figures, failure } = series;
  const isWhole = failure === undefined && baseline?.failure === undefined;
  const value = VALUE_OF[measure];
  const ratios = figures.flatMap((figure, round) => {
    const other = baseline?.figures[round];
    return other === undefined || !isWhole ? [] : [value(figure) / value(other)];
  });
  const middle = (of: (figure: Figure) => number): number => median(figures.map(of));
  return {
    workload: name,
    target,
    baseline: baseline?.target ?? '',
    concurrency,
    measure,
    ratio: median(ratios),
    ratioMin: ratios.length === 0 ? NaN : Math.min(...ratios),
    ratioMax: ratios.length === 0 ? NaN : Math.max(...ratios),
    requestsPerSecond: middle((figure) => figure.requestsPerSecond),
    cpuMicrosPerRequest: middle((figure) => figure.cpuMicrosPerRequest),
    p50Ms: middle((figure) => figure.p50Ms),
    p99Ms: middle((figure) => figure.p99Ms),
    rssMiB: middle((figure) => figure.rssMiB),
    ...(failure === undefined ? {} : { failure }),
  };
}
