// A thread of the echo responder: a message in, a message out.

import { parentPort } from 'node:worker_threads';

import { HELLO_ANSWER } from './answers.js';

/** A request's variables in one string, as the pool packs them. */
export interface EchoQuestion {
  readonly count: number;
  readonly text: string;
}

export interface EchoAnswer {
  readonly bytes: Uint8Array;
}

const bytes = new Uint8Array(HELLO_ANSWER);
parentPort?.on('message', (question: EchoQuestion) => {
  const answer: EchoAnswer = { bytes: bytes.slice() };
  if (question.count > 0) parentPort?.postMessage(answer);
});
