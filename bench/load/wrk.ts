// HTTP load by wrk, a process of its own; every answer is checked (wrk.lua).

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from '../stage.js';
import { type Answered, type Question, WrongAnswer } from './load.js';

const SCRIPT = join(ROOT, 'bench/load/wrk.lua');

/** The last line that wrk.lua prints. */
interface Told {
  readonly requests: number;
  readonly micros: number;
  readonly p50: number;
  readonly p99: number;
  readonly wrong: number;
  readonly example: string;
  readonly broken: number;
}

/** @throws WrongAnswer when an answer had another status or length, or did not come */
export async function askByWrk(question: Question): Promise<Answered> {
  const { url, concurrency, seconds, headers, answerBytes, slackBytes, bodyBytes = 0 } = question;
  const sent = question.keepAlive ? headers : { ...headers, Connection: 'close' };
  const words = ['-t', '1', '-c', String(concurrency), '-d', `${Math.ceil(seconds)}s`];
  words.push('--timeout', '60s', '-s', SCRIPT);
  for (const [name, value] of Object.entries(sent)) words.push('-H', `${name}: ${value}`);
  words.push(url, '--', String(answerBytes), String(bodyBytes), String(slackBytes));
  const { stdout } = await promisify(execFile)('wrk', words);
  const told: Told = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  if (told.wrong > 0) {
    const wanted = `200 with ${answerBytes} bytes`;
    throw new WrongAnswer(
      `${told.wrong} of ${told.requests} answers wrong, such as ${told.example}, not ${wanted}`,
    );
  }
  if (told.broken > 0) throw new WrongAnswer(`${told.broken} requests had no answer`);
  const { requests, micros, p50, p99 } = told;
  return { requests, seconds: micros / 1e6, p50Ms: p50 / 1000, p99Ms: p99 / 1000 };
}
