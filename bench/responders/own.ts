// Our FastCGI server without Wasm, for comparison. argv: `null` or `echo`, socket.
//
// null: the main thread answers itself. echo: a worker thread does, over one message each way; as in
// the pool a thread has one request at a time, the last one used is the first one taken, and the
// rest wait in a queue.

import os from 'node:os';
import { Worker } from 'node:worker_threads';

import type { Exchange } from '../../lib/fcgi/exchange.js';
import { listen } from '../../lib/fcgi/listener.js';
import { DOWN_HEAD, HEADERS_ANSWER, HELLO_ANSWER, upAnswer } from './answers.js';
import type { EchoAnswer, EchoQuestion } from './echo-thread.js';

const CHUNK = Buffer.alloc(65_536);
const THREADS = Math.max(4, 2 * os.availableParallelism());

const [kind, path = ''] = process.argv.slice(2);
const { address } = await listen(
  { kind: 'unix', path, mode: 0o666 },
  kind === 'echo' ? createEcho() : answerHere,
  { connections: 512 },
);
process.stdout.write(`${address}\n`);

/** Tells the programs apart by the URL's last part. */
function answerHere(exchange: Exchange): void {
  const [path = ''] = (exchange.params.get('REQUEST_URI') ?? '').split('?');
  const name = path.split('/').at(-1);
  if (name === 'up') count(exchange);
  else if (name === 'down') pour(exchange, Number(exchange.params.get('QUERY_STRING')));
  else exchange.end(0, name === 'headers' ? HEADERS_ANSWER : HELLO_ANSWER);
}

function count(exchange: Exchange): void {
  let bytes = 0;
  exchange.readBody(
    (chunk) => (bytes += chunk.length),
    () => exchange.end(0, upAnswer(bytes)),
  );
}

function pour(exchange: Exchange, bytes: number): void {
  let left = bytes;
  const go = (): void => {
    let hasRoom = true;
    while (left > CHUNK.length && hasRoom && exchange.open) {
      hasRoom = exchange.write(CHUNK);
      left -= CHUNK.length;
    }
    if (hasRoom) exchange.end(0, CHUNK.subarray(0, left));
  };
  exchange.onDrain = go;
  exchange.write(DOWN_HEAD);
  go();
}

function createEcho(): (exchange: Exchange) => void {
  const idle: Worker[] = [];
  const waiting: Exchange[] = [];
  const running = new Map<Worker, Exchange>();

  const begin = (worker: Worker, exchange: Exchange): void => {
    running.set(worker, exchange);
    const entries = [...exchange.params].map(([name, value]) => `${name}=${value}`);
    const question: EchoQuestion = { count: entries.length, text: entries.join('\0') };
    worker.postMessage(question);
  };
  const ended = (worker: Worker, { bytes }: EchoAnswer): void => {
    running.get(worker)?.end(0, bytes);
    const next = waiting.shift();
    if (next === undefined) idle.push(worker);
    else begin(worker, next);
  };
  for (let i = 0; i < THREADS; i += 1) {
    const worker = new Worker(new URL('./echo-thread.js', import.meta.url));
    worker.on('message', (answer: EchoAnswer) => ended(worker, answer));
    idle.push(worker);
  }
  return (exchange) => {
    const worker = idle.pop();
    if (worker === undefined) waiting.push(exchange);
    else begin(worker, exchange);
  };
}
