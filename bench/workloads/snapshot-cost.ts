// What a snapshot costs: to build it, to hold it, and each further thread that has its memory ready.
// Measured once, through httpd, as memory.ts does.

import { readdir, rm } from 'node:fs/promises';
import { setInterval } from 'node:timers';

import type { Httpd } from '../../apache/httpd.js';
import { stageFlask } from '../libraries.js';
import { askByWrk } from '../load/wrk.js';
import { type Costs, costsOf } from '../measure/costs.js';
import { belowWith } from '../measure/processes.js';
import { settle } from '../measure/settle.js';
import type { Figure, Row } from '../model.js';
import { type Program, pathOf, restOf } from '../programs.js';
import { snapshot } from '../rivals/wasm-fcgi.js';
import { pictureMiB } from '../rivals/snapshots.js';
import { rowOf } from '../statistics.js';
import { startSharedHttpd } from './httpd.js';
import { SHOP } from './snapshots.js';
import type { Bench, Workload } from './workload.js';

const ALL = { recursive: true };
const LOOK_MS = 50;
const WORKERS = 4;
const SECONDS = 2;

interface Case {
  readonly name: string;
  readonly program: Program;
  readonly prepare?: (stage: Bench['stage']) => Promise<string | undefined>;
}

const CASES: readonly Case[] = [
  { name: 'python', program: { name: 'page', language: 'python' } },
  { name: 'flask', program: SHOP, prepare: stageFlask },
  { name: 'php', program: { name: 'hello', language: 'php' } },
];

export const snapshotCost: Workload = {
  name: 'snapshot-cost',
  isQuick: false,
  async run(bench: Bench): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (const one of CASES) {
      const missing = await one.prepare?.(bench.stage);
      if (missing === undefined) rows.push(...(await rowsFor(one, bench)));
      else bench.leaveOut(`snapshot-cost: without ${one.name}: ${missing}`);
    }
    return rows;
  },
};

async function rowsFor({ name, program }: Case, { stage, progress }: Bench): Promise<Row[]> {
  progress(`snapshot-cost: ${name}`);
  // None of before, so that it is built.
  for (const name of await readdir(stage.at('data')))
    if (name.startsWith('wasm-fcgi-snapshots')) await rm(stage.at('data', name), ALL);
  const command = [...stage.command, '--workers', String(WORKERS)];
  const running = await snapshot.start({ ...stage, command }, program);
  const httpd = await startSharedHttpd(stage, [running.config]);
  try {
    const path = `/${snapshot.name}/${pathOf(program)}${restOf(program)}`;
    const built = await buildCosts(httpd, async () => {
      await bytesOf(httpd.origin + path);
      await running.settled?.(httpd);
    });
    const picture = figure({ rssMiB: await pictureMiB(httpd) });
    const costs = await running.costs(httpd);
    const rssWith = (atATime: number): Promise<number> => atRest(httpd, costs, path, atATime);
    const one = await rssWith(1);
    const all = await rssWith(WORKERS);
    const each = figure({ rssMiB: (all - one) / (WORKERS - 1) });
    return [
      row('snapshot-build', name, built),
      row('snapshot-picture', name, picture),
      row('snapshot-each-slot', name, each),
    ];
  } finally {
    await httpd.stop();
  }
}

/** Resident memory once so many have been served at a time, nothing is compiled any more, and none is. */
async function atRest(
  httpd: Httpd,
  costs: Costs,
  path: string,
  concurrency: number,
): Promise<number> {
  const url = httpd.origin + path;
  const answerBytes = await bytesOf(url);
  const question = { url, concurrency, seconds: SECONDS, keepAlive: true, headers: {} };
  await askByWrk({ ...question, answerBytes, slackBytes: 0 });
  await settle(costs);
  return costs.rssMiB();
}

/** Of the answer. On a connection of its own: httpd does not keep one for as long as a build takes. */
async function bytesOf(url: string): Promise<number> {
  const answer = await fetch(url, { headers: { connection: 'close' } });
  return (await answer.arrayBuffer()).byteLength;
}

/** Time, processor time and most memory of the processes that build, while `work` goes on. */
async function buildCosts(httpd: Httpd, work: () => Promise<void>): Promise<Figure> {
  const most = { cpuMicros: 0, rssMiB: 0 };
  let [firstMs, lastMs] = [NaN, NaN];
  const look = setInterval(() => {
    const pids = belowWith(httpd.pid, 'snapshot/child.js');
    if (pids.length === 0) return;
    lastMs = performance.now();
    if (Number.isNaN(firstMs)) firstMs = lastMs;
    const costs = costsOf(pids);
    most.cpuMicros = Math.max(most.cpuMicros, costs.cpuMicros());
    most.rssMiB = Math.max(most.rssMiB, costs.rssMiB());
  }, LOOK_MS);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  const { cpuMicros, rssMiB } = most;
  return figure({ cpuMicrosPerRequest: cpuMicros, p50Ms: lastMs - firstMs, rssMiB });
}

function figure(known: Partial<Figure>): Figure {
  const none = { requestsPerSecond: NaN, cpuMicrosPerRequest: NaN, p50Ms: NaN, p99Ms: NaN };
  return { ...none, rssMiB: NaN, ...known };
}

function row(workload: string, target: string, only: Figure): Row {
  return rowOf({ workload, target, concurrency: 1, figures: [only] }, undefined, 'memory');
}
