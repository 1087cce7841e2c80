// FastCGI load without a web server, by a process of its own (direct-client.ts).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { type Answered, WrongAnswer } from './load.js';

export interface DirectQuestion {
  /** Path of a unix socket. */
  readonly socket: string;
  readonly concurrency: number;
  /** When to stop: after so many requests, or so much time, whichever is given. */
  readonly requests?: number;
  readonly seconds?: number;
  /** Params of every request, and of each in turn. */
  readonly common: Readonly<Record<string, string>>;
  readonly variants: readonly Readonly<Record<string, string>>[];
}

export interface DirectAnswer extends Answered {
  /** Answers whose application or protocol status was not 0. */
  readonly bad: number;
  /** Of all answers' STDOUT, the first few that differ. */
  readonly lengths: readonly number[];
}

const CLIENT = new URL('./direct-client.js', import.meta.url).pathname;

/** @throws WrongAnswer when an answer failed, or two are not equally long */
export async function askDirectly(question: DirectQuestion): Promise<Answered> {
  const client = spawn(process.execPath, [CLIENT], { stdio: ['pipe', 'pipe', 'pipe'] });
  client.stdin.end(JSON.stringify(question));
  const [out, complaints] = await Promise.all([text(client.stdout), text(client.stderr)]);
  if (client.exitCode === null) await once(client, 'exit');
  if (out === '')
    throw new WrongAnswer(complaints.split('\n').find((line) => /Error/.test(line)) ?? 'no answer');
  const answer: DirectAnswer = JSON.parse(out);
  if (answer.bad > 0) throw new WrongAnswer(`${answer.bad} of ${answer.requests} answers failed`);
  if (answer.lengths.length > 1)
    throw new WrongAnswer(`answers of ${answer.lengths.join(' and ')} bytes`);
  return answer;
}
