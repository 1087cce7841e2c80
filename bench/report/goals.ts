// What the project wants to reach, each as a ratio within one run, and whether it was reached.

import type { Row } from '../model.js';

export interface Goal {
  readonly what: string;
  readonly workload: string;
  readonly target: string;
  readonly baseline: string;
  /** Requests at a time; undefined: each that was measured. */
  readonly concurrency?: number;
  /** A bound on the ratio. */
  readonly bound: { readonly least: number } | { readonly most: number };
  /** A speed as how many times as long it takes. */
  readonly inverse?: boolean;
}

const US = 'wasm-fcgi';
const SNAPSHOT = 'wasm-fcgi+snapshot';

export const GOALS: readonly Goal[] = [
  ...[1, 16, 64].map((concurrency): Goal => ({
    what: `hello through Apache / native C libfcgi, ${concurrency} at a time`,
    workload: 'hello',
    target: US,
    baseline: 'libfcgi',
    concurrency,
    bound: { least: 0.9 },
  })),
  {
    what: 'hello, direct FastCGI / echo',
    workload: 'hello-direct',
    target: US,
    baseline: 'echo',
    bound: { least: 0.8 },
  },
  {
    what: 'hello / node-fastcgi with node:wasi, through Apache',
    workload: 'hello',
    target: US,
    baseline: 'node-fastcgi',
    bound: { least: 4 },
  },
  {
    what: 'server CPU per hello request / echo',
    workload: 'hello-direct-cpu',
    target: US,
    baseline: 'echo',
    bound: { most: 1.5 },
  },
  ...(['down', 'up'] as const).map((way): Goal => ({
    what: `100 MB ${way} through Apache / null`,
    workload: `${way}-100mb`,
    target: US,
    baseline: 'null',
    bound: { least: 0.7 },
  })),
  {
    what: 'CPU-bound, warm / native C',
    workload: 'cpu',
    target: US,
    baseline: 'libfcgi',
    bound: { least: 0.8 },
  },
  {
    what: 'time of 1,000 files / native C',
    workload: 'files',
    target: US,
    baseline: 'libfcgi',
    bound: { most: 3 },
    inverse: true,
  },
  {
    what: 'a component of preview1 / its core module',
    workload: 'unwrapped',
    target: 'component',
    baseline: US,
    bound: { least: 0.9 },
  },
  ...(['hello', 'down-100mb', 'up-100mb'] as const).map((way): Goal => ({
    what: `${way} of an HTTP component / jco serve, through Apache`,
    workload: `component-${way}`,
    target: US,
    baseline: 'jco-serve',
    bound: { least: 3 },
  })),
  {
    what: 'PHP page / native php-cgi under mod_cgid',
    workload: 'php',
    target: US,
    baseline: 'mod_cgid',
    bound: { least: 1 },
  },
  {
    what: 'PHP page with 50 includes / native php-cgi under mod_cgid',
    workload: 'php-include',
    target: US,
    baseline: 'mod_cgid',
    bound: { least: 1 },
  },
  {
    what: 'Python page / native python3 under mod_cgid',
    workload: 'python',
    target: US,
    baseline: 'mod_cgid',
    bound: { least: 0.5 },
  },
  {
    what: 'Ruby page / native ruby under mod_cgid',
    workload: 'ruby',
    target: US,
    baseline: 'mod_cgid',
    bound: { least: 0.5 },
  },
  ...(['python', 'php'] as const).map((language): Goal => ({
    what: `${language} hello from a snapshot / native CGI`,
    workload: `snapshot-${language}-hello`,
    target: SNAPSHOT,
    baseline: 'mod_cgid',
    bound: { least: 3 },
  })),
  {
    what: 'processor time of a loop in Python from a snapshot / fresh',
    workload: 'snapshot-python-loop-cpu',
    target: SNAPSHOT,
    baseline: US,
    bound: { most: 1.1 },
  },
  {
    what: 'Flask from a snapshot / fresh',
    workload: 'snapshot-flask',
    target: SNAPSHOT,
    baseline: US,
    bound: { least: 10 },
  },
  {
    what: 'Flask from a snapshot / native CGI',
    workload: 'snapshot-flask',
    target: SNAPSHOT,
    baseline: 'mod_cgid',
    bound: { least: 5 },
  },
  {
    what: 'time of WordPress front page from a snapshot / fresh',
    workload: 'snapshot-wordpress-front',
    target: SNAPSHOT,
    baseline: US,
    bound: { most: 0.5 },
    inverse: true,
  },
  {
    what: 'first request of a 26 MB module after start / its tenth',
    workload: 'first-settled',
    target: US,
    baseline: 'tenth',
    bound: { most: 2 },
  },
];

export interface Verdict {
  readonly what: string;
  /** `at least 0.9`, `at most 2` */
  readonly bound: string;
  /** The worst of the rows that it is about, median of its rounds; NaN: not measured. */
  readonly measured: number;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

/** Judges a goal by the worst of its rows. */
export function judge(goal: Goal, rows: readonly Row[]): Verdict {
  const values = rows.filter((row) => isAbout(goal, row)).map((row) => valueOf(goal, row));
  const isLeast = 'least' in goal.bound;
  const bound = 'least' in goal.bound ? goal.bound.least : goal.bound.most;
  const known = values.filter((value) => !Number.isNaN(value));
  // A row that failed has no ratio, and keeps its goal from being met.
  const worst = isLeast ? Math.min(...known) : Math.max(...known);
  const measured = known.length === 0 ? NaN : worst;
  const isMet = known.length === values.length && (isLeast ? worst >= bound : worst <= bound);
  return {
    what: goal.what,
    bound: `at ${isLeast ? 'least' : 'most'} ${bound}`,
    measured,
    verdict: values.length === 0 ? 'not measured' : isMet ? 'met' : 'missed',
  };
}

function isAbout({ workload, target, baseline, concurrency }: Goal, row: Row): boolean {
  return (
    row.workload === workload &&
    row.target === target &&
    row.baseline === baseline &&
    (concurrency === undefined || row.concurrency === concurrency)
  );
}

function valueOf({ inverse = false }: Goal, { ratio }: Row): number {
  return inverse ? 1 / ratio : ratio;
}
