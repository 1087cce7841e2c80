// hello without a web server: what a guest costs over a thread that only answers.

import { join } from 'node:path';

import { askDirectly } from '../load/direct.js';
import { costsOf } from '../measure/costs.js';
import { measured } from '../measure/measured.js';
import type { Row } from '../model.js';
import { type Responder, startResponder } from '../rivals/rival.js';
import { REQUEST_PARAMS, signedParams, startServe } from '../rivals/serve.js';
import { ROOT, type Stage } from '../stage.js';
import { rowOf } from '../statistics.js';
import { type Turn, takeTurns } from './turns.js';
import type { Bench, Workload } from './workload.js';

const CONCURRENCY = 16;
const NAME = 'hello-direct';

interface Target extends Responder {
  readonly name: string;
  readonly socket: string;
}

export const helloDirect: Workload = {
  name: NAME,
  async run(bench: Bench): Promise<readonly Row[]> {
    const { stage } = bench;
    const targets: Target[] = [];
    try {
      for (const name of ['null', 'echo']) targets.push(await startOwn(name, stage));
      targets.push({ name: 'wasm-fcgi', ...(await startServe(stage)) });
      const params = signedParams({ MODULE: stage.at('guests/hello.wasm') });
      const turns = targets.map((target) => turnOf(target, params, bench.seconds));
      const series = await takeTurns(turns, bench.rounds, bench.progress);
      const echo = series.find(({ target }) => target === 'echo');
      return [
        ...series.map((one) => rowOf(one, echo)),
        ...series
          .filter(({ target }) => target === 'wasm-fcgi')
          .map((one) => rowOf(one, echo, 'cpu', `${NAME}-cpu`)),
      ];
    } finally {
      for (const target of targets) await target.stop();
    }
  },
};

async function startOwn(name: string, stage: Stage): Promise<Target> {
  const socket = stage.at('run', `direct-${name}`);
  const entry = join(ROOT, 'dist/bench/responders/own.js');
  const responder = await startResponder([process.execPath, entry, name, socket], socket);
  return { name, socket, ...responder };
}

function turnOf(target: Target, params: Readonly<Record<string, string>>, seconds: number): Turn {
  const { name, socket, pid } = target;
  const question = { socket, concurrency: CONCURRENCY, common: REQUEST_PARAMS, variants: [params] };
  return {
    workload: NAME,
    target: name,
    concurrency: CONCURRENCY,
    warmUp: async () => void (await askDirectly({ ...question, requests: 20_000 })),
    measure: () => measured(costsOf([pid]), () => askDirectly({ ...question, seconds })),
  };
}
