// The first request to a module of 26 MB after httpd was started, and the tenth.
//
// Once right when httpd serves, and once when the responder has finished whatever it does at its
// start: then all that is left to do is what nobody could do before the request.

import type { Httpd } from '../../apache/httpd.js';
import { WrongAnswer } from '../load/load.js';
import { settle } from '../measure/settle.js';
import type { Figure, Row, Series } from '../model.js';
import { type Program, pathOf } from '../programs.js';
import { wasmFcgi } from '../rivals/wasm-fcgi.js';
import { rowOf } from '../statistics.js';
import { startSharedHttpd } from './httpd.js';
import type { Bench, Workload } from './workload.js';

const PYTHON: Program = { name: 'page', language: 'python' };
const REQUESTS = 10;

export const firstRequest: Workload = {
  name: 'first',
  isQuick: true,
  async run(bench: Bench): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (const [name, settles] of [
      ['first', false],
      ['first-settled', true],
    ] as const) {
      if (bench.quick && !settles) continue;
      const times: number[][] = [];
      for (let round = 1; round <= bench.rounds; round += 1) {
        bench.progress(`${name}: round ${round}`);
        times.push(await timesAfterStart(bench, settles));
      }
      const tenth = seriesOf(
        name,
        'tenth',
        times.map((ms) => ms.at(-1) ?? NaN),
      );
      const first = seriesOf(
        name,
        'wasm-fcgi',
        times.map((ms) => ms[0] ?? NaN),
      );
      rows.push(rowOf(tenth, tenth, 'time'), rowOf(first, tenth, 'time'));
    }
    return rows;
  },
};

/** Starts everything anew. @returns how long each of the first requests took, ms */
async function timesAfterStart({ stage }: Bench, settles: boolean): Promise<number[]> {
  const running = await wasmFcgi.start(stage, PYTHON);
  const httpd = await startSharedHttpd(stage, [running.config]);
  try {
    if (settles) await settle(await running.costs(httpd));
    const times = [];
    for (let i = 0; i < REQUESTS; i += 1) times.push(await timeOf(httpd));
    return times;
  } finally {
    await httpd.stop();
  }
}

async function timeOf({ origin }: Httpd): Promise<number> {
  const start = performance.now();
  const answer = await fetch(`${origin}/wasm-fcgi/${pathOf(PYTHON)}`);
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new WrongAnswer(`${answer.status} from Python`);
  return performance.now() - start;
}

function seriesOf(workload: string, target: string, times: readonly number[]): Series {
  const figures = times.map((ms): Figure => ({
    requestsPerSecond: NaN,
    cpuMicrosPerRequest: NaN,
    p50Ms: ms,
    p99Ms: NaN,
    rssMiB: NaN,
  }));
  return { workload, target, concurrency: 1, figures };
}
