// The runs of a thread, one after the other: taken outside the event loop while they come closely.

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { StartMessage } from '../channel/contract.js';
import { type ControlWords, waitUntil } from '../channel/control.js';

/** Longest wait for the next run before the event loop gets its turn. */
const WAIT_MS = 100;
/** Runs in a row before it does so anyway: V8 and Node have chores there. */
const MOST_IN_A_ROW = 1_000;

/**
 * Calls `serve` for each run that comes. A thread that waits in `Atomics.wait` is woken and takes its
 * message for half of what the event loop needs (some 6 of 24 µs for both ways); it can be terminated
 * all the same.
 * @param words counted up by the main thread after each message
 */
export function serveEach(
  port: MessagePort,
  words: ControlWords,
  serve: (start: StartMessage) => void,
): void {
  port.on('message', (first: StartMessage) => {
    let next: StartMessage | undefined = first;
    const arrived = (): boolean => {
      next = receiveMessageOnPort(port)?.message;
      return next !== undefined;
    };
    for (let served = 1; next !== undefined; served += 1) {
      serve(next);
      next = undefined;
      if (served === MOST_IN_A_ROW) return;
      const giveUpMs = performance.now() + WAIT_MS;
      waitUntil(words, arrived, () => giveUpMs - performance.now());
    }
  });
}
