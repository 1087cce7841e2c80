// A small request and a small answer in memory that two threads share: nothing is serialized, and no
// event loop has to hand it over.

import type { PackedStrings } from './strings.js';

/** More than most environments; a larger one goes as a message. */
const QUESTION_BYTES = 16 * 1024;
/** A larger answer goes as a message, with its buffer. */
const ANSWER_BYTES = 16 * 1024;

/** 32-bit words in front of the bytes. Each side writes its number of the run last, so that the rest is there. */
const HEAD = { run: 0, grantSlot: 1, count: 2, bytes: 3, answered: 4, code: 5, answerBytes: 6 };
const HEAD_BYTES = 4 * Object.keys(HEAD).length;

const NOTHING = new Uint8Array(0);

/** A run without a body, whose module and grant the thread has. */
export interface Question {
  readonly run: number;
  readonly grantSlot: number;
  readonly env: PackedStrings;
}

/** The guest has ended by itself, and this is all that it wrote. */
export interface Answer {
  readonly code: number;
  /** Whoever takes it owns it. */
  readonly stdout: Uint8Array<ArrayBuffer> | undefined;
}

export type MailboxMemory = SharedArrayBuffer;

export function createMailboxMemory(): MailboxMemory {
  return new SharedArrayBuffer(HEAD_BYTES + QUESTION_BYTES + ANSWER_BYTES);
}

/**
 * One thread's mailbox. There is one run at a time, and who writes knows that the other side has read:
 * the main thread asks when the last run has ended, the thread answers what it was asked.
 */
export class Mailbox {
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #question: Buffer<SharedArrayBuffer>;
  readonly #answer: Uint8Array<SharedArrayBuffer>;
  /** Of the worker: the last run that it took. */
  #taken = 0;

  constructor(memory: MailboxMemory) {
    this.#head = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.#question = Buffer.from(memory, HEAD_BYTES, QUESTION_BYTES);
    this.#answer = new Uint8Array(memory, HEAD_BYTES + QUESTION_BYTES, ANSWER_BYTES);
  }

  /** Main thread. @returns false when it is too large */
  ask({ run, grantSlot, env: { count, text } }: Question): boolean {
    if (text.length > QUESTION_BYTES) return false;
    const head = this.#head;
    head[HEAD.grantSlot] = grantSlot;
    head[HEAD.count] = count;
    head[HEAD.bytes] = this.#question.write(text, 'latin1');
    Atomics.store(head, HEAD.run, run);
    return true;
  }

  /** Worker: the question, once. */
  take(): Question | undefined {
    const head = this.#head;
    const run = Atomics.load(head, HEAD.run);
    if (run === this.#taken) return undefined;
    this.#taken = run;
    const { grantSlot, count, bytes } = HEAD;
    const text = this.#question.toString('latin1', 0, head[bytes] ?? 0);
    return { run, grantSlot: head[grantSlot] ?? 0, env: { count: head[count] ?? 0, text } };
  }

  /** Worker. @returns false when it is too large */
  answer(run: number, code: number, stdout: Uint8Array = NOTHING): boolean {
    if (stdout.length > ANSWER_BYTES) return false;
    const head = this.#head;
    this.#answer.set(stdout);
    head[HEAD.code] = code;
    head[HEAD.answerBytes] = stdout.length;
    Atomics.store(head, HEAD.answered, run);
    return true;
  }

  /** Main thread: the answer to `run`, if it is there. */
  answerTo(run: number): Answer | undefined {
    const head = this.#head;
    if (Atomics.load(head, HEAD.answered) !== run) return undefined;
    const length = head[HEAD.answerBytes] ?? 0;
    const stdout = length === 0 ? undefined : new Uint8Array(length);
    stdout?.set(this.#answer.subarray(0, length));
    return { code: (head[HEAD.code] ?? 0) >>> 0, stdout };
  }
}
