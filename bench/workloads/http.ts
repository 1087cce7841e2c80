// A workload over HTTP: the same question to every rival through one httpd, in turns.

import { writeFile } from 'node:fs/promises';

import type { Httpd } from '../../apache/httpd.js';
import { askByCurl } from '../load/curl.js';
import { type Answered, type Question, WrongAnswer } from '../load/load.js';
import { askByWrk } from '../load/wrk.js';
import { measured } from '../measure/measured.js';
import { settle } from '../measure/settle.js';
import type { Measure, Row, Series } from '../model.js';
import { type Program, pathOf, restOf } from '../programs.js';
import type { Rival, Running } from '../rivals/rival.js';
import type { Stage } from '../stage.js';
import { rowOf } from '../statistics.js';
import { startSharedHttpd } from './httpd.js';
import { type Turn, takeTurns } from './turns.js';
import type { Bench, Workload } from './workload.js';

export interface HttpWorkload {
  readonly name: string;
  readonly program: Program;
  readonly rivals: readonly Rival[];
  /** Not with `--quick`. */
  readonly more?: readonly Rival[];
  /** Name of the rival that all others are compared with. */
  readonly baseline: string;
  /** More comparisons, each a row of its own. */
  readonly compare?: readonly Comparison[];
  /** Part of `--quick`, with these at a time. */
  readonly quick?: readonly number[];
  /** Requests at a time, each measured by itself. Default 1. */
  readonly concurrency?: readonly number[];
  /** Default true. */
  readonly keepAlive?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of a POST; undefined: GET. */
  readonly bodyBytes?: number;
  /** What the body of every answer has in it; its length must stay the first one's. */
  readonly contains: string;
  /** By how much the length may differ from the first one's. Default 0. */
  readonly slackBytes?: number;
  /** Answers that take a while: measured for longer. */
  readonly slow?: boolean;
  /** Is measured only when nothing is compiled any more, which large modules are for a while. */
  readonly settles?: boolean;
  /** Lays out what only this workload needs; or says in one line why it cannot be. */
  readonly prepare?: (stage: Stage) => Promise<string | undefined>;
  /** This many large answers by curl for one measurement, instead of as many as wrk gets. */
  readonly transfers?: number;
}

interface Comparison {
  readonly target: string;
  readonly baseline: string;
  readonly measure?: Measure;
  /** Of the row; the workload's own by default. */
  readonly name?: string;
}

/** An interpreter compiles before its first answer. */
const FIRST_ANSWER_MS = 60_000;

/** How much longer answers that take a while are measured, and how long they warm up, s. */
const SLOW_SECONDS = 2;

/** Large answers for one measurement with `--quick`. */
const QUICK_TRANSFERS = 2;

/** A rival that is ready, and what a question to it looks like. */
interface Target {
  readonly rival: Rival;
  readonly running: Running;
}

export function overHttp(workload: HttpWorkload): Workload {
  const { name, quick, rivals, more = [], concurrency = [1] } = workload;
  const whole = { ...workload, rivals: [...rivals, ...more] };
  return {
    name,
    isQuick: quick !== undefined,
    run: (bench) =>
      run(bench.quick ? { ...workload, concurrency: quick ?? concurrency } : whole, bench),
  };
}

async function run(workload: HttpWorkload, bench: Bench): Promise<readonly Row[]> {
  const missing = await workload.prepare?.(bench.stage);
  if (missing !== undefined) {
    bench.leaveOut(`${workload.name}: left out: ${missing}`);
    return [];
  }
  const targets = await startRivals(workload, bench);
  try {
    const configs = targets.map(({ running }) => running.config);
    const httpd = await startSharedHttpd(bench.stage, configs);
    try {
      const body = await bodyFile(workload, bench);
      const turns = targets.flatMap((target) => turnsOf(workload, bench, target, httpd, body));
      // Those with the same number at a time follow each other: they are compared.
      turns.sort((a, b) => a.concurrency - b.concurrency);
      return rowsOf(workload, await takeTurns(turns, bench.rounds, bench.progress));
    } finally {
      await httpd.stop();
    }
  } finally {
    for (const { running } of targets) await running.stop();
  }
}

async function startRivals(
  { name, program, rivals }: HttpWorkload,
  bench: Bench,
): Promise<Target[]> {
  const targets: Target[] = [];
  for (const rival of rivals) {
    const missing = rival.missing?.(program);
    if (missing === undefined) {
      targets.push({ rival, running: await rival.start(bench.stage, program) });
    } else {
      bench.leaveOut(`${name}: without ${rival.name}: ${missing}`);
    }
  }
  return targets;
}

function turnsOf(
  workload: HttpWorkload,
  bench: Bench,
  target: Target,
  httpd: Httpd,
  body: string | undefined,
): Turn[] {
  const {
    name,
    concurrency = [1],
    keepAlive = true,
    headers = {},
    bodyBytes,
    slackBytes = 0,
    slow = false,
    settles = false,
  } = workload;
  const most = bench.quick ? QUICK_TRANSFERS : Infinity;
  const transfers = workload.transfers && Math.min(workload.transfers, most);
  const url = urlOf(workload, target.rival.name, httpd);
  let answerBytes: number | undefined;
  const ask = (atATime: number, seconds: number): Promise<Answered> => {
    const question: Question = {
      url,
      concurrency: atATime,
      seconds,
      keepAlive,
      headers,
      answerBytes: answerBytes ?? 0,
      slackBytes,
      ...(bodyBytes === undefined ? {} : { bodyBytes }),
    };
    return transfers === undefined ? askByWrk(question) : askByCurl(question, transfers, body);
  };
  const { mostAtATime = Infinity } = target.rival;
  const wanted = concurrency.filter((count) => count <= mostAtATime);
  return wanted.map((atATime) => ({
    workload: name,
    target: target.rival.name,
    concurrency: atATime,
    async warmUp() {
      if (answerBytes !== undefined) return;
      answerBytes = await firstAnswer(workload, url);
      await target.running.settled?.(httpd);
      await ask(Math.max(...wanted), slow ? SLOW_SECONDS : 1);
      if (settles) await settle(await target.running.costs(httpd));
    },
    async measure() {
      const costs = await target.running.costs(httpd);
      const seconds = slow ? SLOW_SECONDS * bench.seconds : bench.seconds;
      const figure = await measured(costs, () => ask(atATime, seconds));
      await target.running.settled?.(httpd);
      return figure;
    },
  }));
}

function urlOf({ program }: HttpWorkload, rival: string, { origin }: Httpd): string {
  return `${origin}/${rival}/${pathOf(program)}${restOf(program)}`;
}

/** curl sends a file: as large as the body, and nothing in it. */
async function bodyFile(workload: HttpWorkload, { stage }: Bench): Promise<string | undefined> {
  if (workload.bodyBytes === undefined || workload.transfers === undefined) return undefined;
  const file = stage.at('body');
  await writeFile(file, Buffer.alloc(workload.bodyBytes));
  return file;
}

/** Asks once, however long it takes to start. @returns the length of the body */
async function firstAnswer(workload: HttpWorkload, url: string): Promise<number> {
  const { headers = {}, bodyBytes, contains } = workload;
  const post = bodyBytes === undefined ? {} : { method: 'POST', body: Buffer.alloc(bodyBytes) };
  const signal = AbortSignal.timeout(FIRST_ANSWER_MS);
  const answer = await fetch(url, { headers, signal, ...post });
  const body = Buffer.from(await answer.arrayBuffer());
  const { bytes } = workload.program;
  if (answer.status === 200 && body.includes(contains) && body.length === (bytes ?? body.length))
    return body.length;
  const start = body.toString('latin1', 0, 200).replaceAll(/\s+/g, ' ');
  throw new WrongAnswer(`${answer.status} with ${body.length} bytes: ${start}`);
}

function rowsOf(workload: HttpWorkload, series: readonly Series[]): Row[] {
  const { baseline, compare = [], concurrency = [1] } = workload;
  const of = (target: string, atATime: number): Series | undefined =>
    series.find((one) => one.target === target && one.concurrency === atATime);
  const rows = series.map((one) => rowOf(one, of(baseline, one.concurrency)));
  for (const { target, baseline, measure, name } of compare) {
    for (const atATime of concurrency) {
      const one = of(target, atATime);
      const other = of(baseline, atATime);
      if (one !== undefined && other !== undefined) rows.push(rowOf(one, other, measure, name));
    }
  }
  return rows;
}
