// The data of a run: what was measured, and the rows that are made of it.

/** One measurement of one target. */
export interface Figure {
  readonly requestsPerSecond: number;
  /** CPU time of the target's own processes per request; httpd's own is not in it. */
  readonly cpuMicrosPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Resident memory of the target's own processes, the larger of two looks. */
  readonly rssMiB: number;
}

/** What one target did in all rounds of one workload. */
export interface Series {
  readonly workload: string;
  readonly target: string;
  /** Requests at a time. */
  readonly concurrency: number;
  /** By round; shorter when a request failed. */
  readonly figures: readonly Figure[];
  /** Why the row does not count: the first wrong answer, in one line. */
  readonly failure?: string;
}

/** What of two figures is compared. */
export type Measure = 'speed' | 'cpu' | 'time' | 'memory';

/** One line of the table. Numbers are NaN where there is nothing to say. */
export interface Row {
  readonly workload: string;
  readonly target: string;
  /** Name of the target that `ratio` compares with. */
  readonly baseline: string;
  readonly concurrency: number;
  /** speed: requests per second over the baseline's; cpu, time, memory: this over the baseline's. */
  readonly measure: Measure;
  /** Of each round's two figures: median, least, most. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** Medians over the rounds. */
  readonly requestsPerSecond: number;
  readonly cpuMicrosPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMiB: number;
  readonly failure?: string;
}

/** Where it was measured. No names of hosts, no paths. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly httpd: string;
  /** Day of the run, ISO 8601. */
  readonly date: string;
}

/** A whole run. */
export interface Report {
  readonly machine: Machine;
  readonly rows: readonly Row[];
  /** What was left out, and why: a line each. */
  readonly leftOut: readonly string[];
  readonly rounds: number;
}
