// Resident memory of the responder: idle, with workers that run a module of 26 MB, and after many
// requests. Measured once: it hardly differs from run to run.

import { setInterval } from 'node:timers';

import { askDirectly } from '../load/direct.js';
import { rssMiBOf } from '../measure/processes.js';
import type { Row, Series } from '../model.js';
import { REQUEST_PARAMS, type Serve, signedParams, startServe } from '../rivals/serve.js';
import type { Stage } from '../stage.js';
import { rowOf } from '../statistics.js';
import type { Bench, Workload } from './workload.js';

const LOOK_MS = 100;
const WORKERS = 4;
const FEW = 1000;
const MANY = 100_000;

export const memory: Workload = {
  name: 'memory',
  isQuick: false,
  async run(bench: Bench): Promise<readonly Row[]> {
    return [...(await rowsOfPython(bench)), ...(await rowsOfMany(bench))];
  },
};

/** Idle; then one and four workers that are inside a Python program at the same time. */
async function rowsOfPython({ stage, progress }: Bench): Promise<Row[]> {
  progress('memory: python');
  return withServe(stage, ['--workers', String(WORKERS)], async (serve) => {
    const idle = rssMiBOf([serve.pid]);
    const params = pythonParams(stage);
    const busy = (count: number): Promise<number> =>
      mostMemory(serve, () => ask(serve, params, count, count));
    await busy(WORKERS);
    const one = await busy(1);
    const all = await busy(WORKERS);
    const oneBusy = seriesOf('memory-python', '1 busy', one);
    return [
      rowOf(seriesOf('memory-idle', 'wasm-fcgi', idle), undefined, 'memory'),
      rowOf(oneBusy, oneBusy, 'memory'),
      rowOf(seriesOf('memory-python', `${WORKERS} busy`, all), oneBusy, 'memory'),
      rowOf(
        seriesOf('memory-python', 'each further', (all - one) / (WORKERS - 1)),
        oneBusy,
        'memory',
      ),
    ];
  });
}

async function rowsOfMany({ stage, progress }: Bench): Promise<Row[]> {
  progress(`memory: ${MANY} requests`);
  return withServe(stage, [], async (serve) => {
    const params = signedParams({ MODULE: stage.at('guests/hello.wasm') });
    await ask(serve, params, 16, FEW);
    const few = seriesOf('memory-hello', `after ${FEW}`, rssMiBOf([serve.pid]));
    await ask(serve, params, 16, MANY - FEW);
    const many = seriesOf('memory-hello', `after ${MANY}`, rssMiBOf([serve.pid]));
    return [rowOf(few, few, 'memory'), rowOf(many, few, 'memory')];
  });
}

async function withServe(
  stage: Stage,
  words: readonly string[],
  work: (serve: Serve) => Promise<Row[]>,
): Promise<Row[]> {
  const serve = await startServe(stage, stage.at('run/memory'), words);
  try {
    return await work(serve);
  } finally {
    await serve.stop();
  }
}

/** A program that is busy for a second. */
function pythonParams(stage: Stage): Record<string, string> {
  return signedParams({
    MODULE: stage.at('langs/python.wasm'),
    ARG_COUNT: '2',
    ARG_0: '-B',
    ARG_1: '/pages/busy.py',
    MAP_COUNT: '1',
    MAP_0_K: '/pages',
    MAP_0_V: stage.at('pages'),
    MAP_0_RO: '1',
  });
}

async function ask(
  { socket }: Serve,
  params: Readonly<Record<string, string>>,
  concurrency: number,
  requests: number,
): Promise<void> {
  await askDirectly({ socket, concurrency, requests, common: REQUEST_PARAMS, variants: [params] });
}

/** The most that the process has while `work` goes on, MiB. */
async function mostMemory({ pid }: Serve, work: () => Promise<void>): Promise<number> {
  let most = 0;
  const look = setInterval(() => (most = Math.max(most, rssMiBOf([pid]))), LOOK_MS);
  try {
    await work();
    return most;
  } finally {
    clearInterval(look);
  }
}

function seriesOf(workload: string, target: string, rssMiB: number): Series {
  const none = { requestsPerSecond: NaN, cpuMicrosPerRequest: NaN, p50Ms: NaN, p99Ms: NaN };
  return { workload, target, concurrency: 1, figures: [{ ...none, rssMiB }] };
}
