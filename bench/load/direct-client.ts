// A process that asks a FastCGI responder over kept connections, without a web server between.
// A DirectQuestion comes on stdin as JSON, a DirectAnswer goes to stdout.

import { text } from 'node:stream/consumers';
import { connect } from 'node:net';

import { percentile } from '../statistics.js';
import type { DirectAnswer, DirectQuestion } from './direct.js';
import { AnswerReader, encodeRequest } from './records.js';

const question: DirectQuestion = JSON.parse(await text(process.stdin));
const { common, variants, requests: most = Infinity, seconds = Infinity } = question;
const requests = variants.map((own) => encodeRequest(Object.entries({ ...common, ...own })));
const ms: number[] = [];
const lengths = new Set<number>();
const start = performance.now();
const end = start + seconds * 1000;
let asked = 0;
let bad = 0;

/** One connection: a request after the other, until there are enough or the time is over. */
function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(question.socket);
    let began = 0;
    const next = (): void => {
      began = performance.now();
      if (asked >= most || began >= end) {
        socket.destroy();
        resolve();
        return;
      }
      socket.write(requests[asked % requests.length] ?? '');
      asked += 1;
    };
    const reader = new AnswerReader(({ stdoutBytes, isGood }) => {
      ms.push(performance.now() - began);
      lengths.add(stdoutBytes);
      if (!isGood) bad += 1;
      next();
    });
    socket.on('connect', next);
    socket.on('data', (bytes) => reader.push(bytes));
    socket.on('error', reject);
    socket.on('end', () => reject(new Error('the responder has closed the connection')));
  });
}

await Promise.all(Array.from({ length: question.concurrency }, ask));
const took = (performance.now() - start) / 1000;
const sorted = Float64Array.from(ms).sort();
const answer: DirectAnswer = {
  requests: ms.length,
  seconds: took,
  p50Ms: percentile(sorted, 0.5),
  p99Ms: percentile(sorted, 0.99),
  bad,
  lengths: [...lengths].slice(0, 10),
};
process.stdout.write(JSON.stringify(answer));
