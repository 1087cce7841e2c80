// How requests of routes with WasmSnapshot On began, told so that whoever set it sees whether it helps.

import type { RequestLog } from './requestlog.js';
import type { Outcome, WhyFresh } from './run.js';

/** Between two lines of one route, ms. */
export const TELL_MS = 600_000;
/** Runs that never began. */
const NEVER_RAN: ReadonlySet<Outcome['kind']> = new Set(['overload', 'late']);

interface Count {
  runs: number;
  fresh: number;
  readonly tellAtMs: number;
}

/** Of one run. */
export interface Beginning {
  /** The snapshot that it was given does not serve it. */
  fresh(why: WhyFresh): void;
  ended(outcome: Outcome): void;
}

/** Counts the runs of each route, and tells of fresh ones: the first, then at most one in ten minutes. */
export class Beginnings {
  readonly #counts = new WeakMap<object, Count>();
  readonly #nowMs: () => number;

  /** @param nowMs by default the clock of performance.now() */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /**
   * @param route the same object for all of its requests
   * @param first why the run gets a fresh instance; undefined when it gets a snapshot
   */
  begin(route: object, first: WhyFresh | undefined, log: RequestLog): Beginning {
    let why = first;
    log.begun(why);
    return {
      fresh: (reason) => log.begun((why = reason)),
      ended: ({ kind }) => {
        if (!NEVER_RAN.has(kind)) this.#count(route, why !== undefined, log);
      },
    };
  }

  #count(route: object, isFresh: boolean, log: RequestLog): void {
    const nowMs = this.#nowMs();
    const count = this.#counts.get(route) ?? { runs: 0, fresh: 0, tellAtMs: nowMs };
    this.#counts.set(route, count);
    count.runs += 1;
    log.write('debug', 'run-ended');
    if (!isFresh) return;
    count.fresh += 1;
    if (nowMs < count.tellAtMs) return;
    log.write('info', 'snapshot-missed', { fresh: count.fresh, runs: count.runs });
    this.#counts.set(route, { runs: 0, fresh: 0, tellAtMs: nowMs + TELL_MS });
  }
}
