// The runs of a thread, one after the other: taken outside the event loop while they come closely.

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Forget, Nudge, StartMessage } from '../channel/contract.js';
import { type ControlWords, WORD, waitUntil } from '../channel/control.js';
import type { Mailbox, Question } from '../channel/mailbox.js';

/** Longest wait for the next run before the event loop gets its turn. */
export const WAIT_MS = 100;
/** Runs in a row before it does so anyway: V8 and Node have chores there. */
const MOST_IN_A_ROW = 1_000;
type Message = StartMessage | Nudge | Forget;

/**
 * Calls `serve` for each run that comes. A thread that waits in `Atomics.wait` is woken and takes its
 * run for half of what the event loop needs (some 6 of 24 µs for both ways); it can be terminated
 * all the same.
 * @param forget between two runs: gives up what is kept of these modules
 * @param words counted up by the main thread after each message and each question
 */
export function serveEach(
  port: MessagePort,
  words: ControlWords,
  mailbox: Mailbox,
  serve: (start: StartMessage) => void,
  forget: (keys: readonly string[]) => void,
): void {
  const asked = (): StartMessage | undefined => {
    const question = mailbox.take();
    return question && withoutMore(question);
  };
  const posted = (): StartMessage | undefined => {
    for (;;) {
      const message: Message | undefined = receiveMessageOnPort(port)?.message;
      if (message === undefined || isStart(message)) return message;
      if (message !== 'nudge') forget(message.forgets);
    }
  };
  function serveFrom(first: StartMessage): void {
    let next: StartMessage | undefined = first;
    const arrived = (): boolean => (next = asked() ?? posted()) !== undefined;
    Atomics.store(words, WORD.ATTENDS, 1);
    for (let served = 1; next !== undefined; served += 1) {
      serve(next);
      next = undefined;
      if (served === MOST_IN_A_ROW) break;
      const giveUpMs = performance.now() + WAIT_MS;
      waitUntil(words, arrived, () => giveUpMs - performance.now());
    }
    // The main thread asks, and then looks whether a nudge is needed; we say that we leave, and then
    // look once more. So at least one of the two sees the other. Only looking: a nudge that comes
    // before the event loop's turn is over would have other runs overtake one that is taken here.
    Atomics.store(words, WORD.ATTENDS, 0);
    if (mailbox.isAsked) setImmediate(serveAsked);
  }
  function serveAsked(): void {
    const first = asked();
    if (first !== undefined) serveFrom(first);
  }
  port.on('message', (message: Message) => {
    if (message === 'nudge') serveAsked();
    else if (isStart(message)) serveFrom(message);
    else forget(message.forgets);
  });
}

function isStart(message: Message): message is StartMessage {
  return message !== 'nudge' && 'run' in message;
}

/** Written out, since V8 makes a new class of objects for each spread of two. */
function withoutMore({ run, slot, grantSlot, hasBody, env }: Question): StartMessage {
  return {
    run,
    slot,
    module: undefined,
    forget: undefined,
    grantSlot,
    grant: undefined,
    env,
    hasBody,
  };
}
