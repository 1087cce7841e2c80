// A workload without a web server: FastCGI requests straight to responders, in turns.

import { askDirectly } from '../load/direct.js';
import { costsOf } from '../measure/costs.js';
import { measured } from '../measure/measured.js';
import type { Measure, Row } from '../model.js';
import type { Responder } from '../rivals/rival.js';
import { REQUEST_PARAMS } from '../rivals/serve.js';
import type { Stage } from '../stage.js';
import { rowOf } from '../statistics.js';
import { type Turn, takeTurns } from './turns.js';
import type { Bench, Workload } from './workload.js';

export interface DirectWorkload {
  readonly name: string;
  readonly targets: readonly DirectTarget[];
  /** Name of the target that all others are compared with. */
  readonly baseline: string;
  readonly concurrency: number;
  /** Part of `--quick`. Default: no. */
  readonly isQuick?: boolean;
  /** Another row for the last target: what else of it is compared, and the row's name. */
  readonly also?: { readonly measure: Measure; readonly name: string };
}

export interface DirectTarget {
  readonly name: string;
  /** @param socket where it has to listen */
  start(stage: Stage, socket: string): Promise<Responder>;
  /** Params of the requests, in turn. */
  variants(stage: Stage): Promise<readonly Readonly<Record<string, string>>[]>;
}

/** Compiled, optimized, and with all its threads. */
const WARM_SECONDS = 2;

export function overFastCgi(workload: DirectWorkload): Workload {
  const { name, isQuick = false } = workload;
  return { name, isQuick, run: (bench) => run(workload, bench) };
}

async function run(workload: DirectWorkload, bench: Bench): Promise<readonly Row[]> {
  const { targets, baseline, also } = workload;
  const responders: Responder[] = [];
  try {
    const turns: Turn[] = [];
    for (const [index, target] of targets.entries()) {
      const socket = bench.stage.at('run', `direct-${index}`);
      const responder = await target.start(bench.stage, socket);
      responders.push(responder);
      turns.push(await turnOf(workload, target, socket, responder.pid, bench));
    }
    const series = await takeTurns(turns, bench.rounds, bench.progress);
    const other = series.find(({ target }) => target === baseline);
    const last = series.at(-1);
    return [
      ...series.map((one) => rowOf(one, other)),
      ...(also && last ? [rowOf(last, other, also.measure, also.name)] : []),
    ];
  } finally {
    for (const responder of responders) await responder.stop();
  }
}

async function turnOf(
  { name, concurrency }: DirectWorkload,
  target: DirectTarget,
  socket: string,
  pid: number,
  { stage, seconds }: Bench,
): Promise<Turn> {
  const variants = await target.variants(stage);
  const question = { socket, concurrency, common: REQUEST_PARAMS, variants };
  return {
    workload: name,
    target: target.name,
    concurrency,
    warmUp: async () => void (await askDirectly({ ...question, seconds: WARM_SECONDS })),
    measure: () => measured(costsOf([pid]), () => askDirectly({ ...question, seconds })),
  };
}
