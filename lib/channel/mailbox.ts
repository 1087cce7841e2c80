// Small requests and small answers in memory that two threads share: nothing is serialized, and no
// event loop has to hand them over. There is room for some runs beforehand, so that a thread need not
// be woken for each.

import type { PackedStrings } from './strings.js';

/** Runs that may lie here at a time, the one that is running among them. */
export const MAILBOX_SLOTS = 8;
/** More than most environments; a larger one goes as a message. */
const QUESTION_BYTES = 16 * 1024;
/** A larger answer goes as a message, with its buffer. */
const ANSWER_BYTES = 16 * 1024;

/** 32-bit words in front of the bytes. Each side writes its number of the run last, so that the rest is there. */
const HEAD = {
  asked: 0,
  grantSlot: 1,
  count: 2,
  bytes: 3,
  answered: 4,
  code: 5,
  answerBytes: 6,
  micros: 7,
  offered: 8,
  hasBody: 9,
};
const HEAD_BYTES = 4 * Object.keys(HEAD).length;
const SLOT_BYTES = HEAD_BYTES + QUESTION_BYTES + ANSWER_BYTES;

const NOTHING = new Uint8Array(0);

/** A run whose module and grant the thread has. */
export interface Question {
  /** Never 0. A lower one was asked earlier. */
  readonly run: number;
  /** Where it lies, and its answer will. */
  readonly slot: number;
  readonly grantSlot: number;
  /** It comes through the pipe. */
  readonly hasBody: boolean;
  readonly env: PackedStrings;
}

/** The guest has ended by itself, and this is all that it wrote. */
export interface Answer {
  readonly code: number;
  /** How long the run took its thread. */
  readonly micros: number;
  /** Whoever takes it owns it. */
  readonly stdout: Uint8Array<ArrayBuffer> | undefined;
}

export type MailboxMemory = SharedArrayBuffer;

export function createMailboxMemory(): MailboxMemory {
  return new SharedArrayBuffer(MAILBOX_SLOTS * SLOT_BYTES);
}

interface Slot {
  readonly head: Int32Array<SharedArrayBuffer>;
  readonly question: Buffer<SharedArrayBuffer>;
  readonly answer: Uint8Array<SharedArrayBuffer>;
}

/**
 * One thread's mailbox. The main thread gives a slot to one run at a time, until it has its answer or
 * has withdrawn it. A question is gone from its slot when either side has taken it: only one can.
 */
export class Mailbox {
  readonly #slots: readonly Slot[];

  constructor(memory: MailboxMemory) {
    this.#slots = Array.from({ length: MAILBOX_SLOTS }, (_, index) => slotAt(memory, index));
  }

  /** Main thread. @returns false when it is too large */
  ask({ run, slot, grantSlot, hasBody, env: { count, text } }: Question): boolean {
    const { head, question } = this.#at(slot);
    if (text.length > QUESTION_BYTES) return false;
    head[HEAD.grantSlot] = grantSlot;
    head[HEAD.hasBody] = hasBody ? 1 : 0;
    head[HEAD.count] = count;
    head[HEAD.bytes] = question.write(text, 'latin1');
    Atomics.store(head, HEAD.asked, run);
    return true;
  }

  /** Main thread: takes a question back. @returns false when the thread has begun it */
  withdraw(slot: number, run: number): boolean {
    return Atomics.compareExchange(this.#at(slot).head, HEAD.asked, run, 0) === run;
  }

  /** Worker: whether there is something to take. */
  get isAsked(): boolean {
    return this.#first() !== -1;
  }

  /** Worker: the question that was asked first, once. */
  take(): Question | undefined {
    for (;;) {
      const slot = this.#first();
      if (slot === -1) return undefined;
      const { head, question } = this.#at(slot);
      const run = Atomics.load(head, HEAD.asked);
      // It was withdrawn in between.
      if (run === 0 || Atomics.compareExchange(head, HEAD.asked, run, 0) !== run) continue;
      const text = question.toString('latin1', 0, head[HEAD.bytes] ?? 0);
      const grantSlot = head[HEAD.grantSlot] ?? 0;
      const hasBody = head[HEAD.hasBody] === 1;
      return { run, slot, grantSlot, hasBody, env: { count: head[HEAD.count] ?? 0, text } };
    }
  }

  /** Worker. @returns false when it is too large */
  answer(slot: number, run: number, { code, micros, stdout = NOTHING }: Answer): boolean {
    if (stdout.length > ANSWER_BYTES) return false;
    const { head, answer } = this.#at(slot);
    answer.set(stdout);
    head[HEAD.code] = code;
    head[HEAD.micros] = micros;
    head[HEAD.answerBytes] = stdout.length;
    Atomics.store(head, HEAD.answered, run);
    return true;
  }

  /** Main thread: the answer to `run`, if it is there. */
  answerTo(slot: number, run: number): Answer | undefined {
    const { head, answer } = this.#at(slot);
    if (Atomics.load(head, HEAD.answered) !== run) return undefined;
    const length = head[HEAD.answerBytes] ?? 0;
    const stdout = length === 0 ? undefined : new Uint8Array(length);
    stdout?.set(answer.subarray(0, length));
    return { code: (head[HEAD.code] ?? 0) >>> 0, micros: head[HEAD.micros] ?? 0, stdout };
  }

  /**
   * Worker: lays down what the guest has written until now. The main thread takes it if it finds it
   * there; only one side can. @returns false when it is too large
   */
  offer(slot: number, stdout: Uint8Array): boolean {
    if (stdout.length > ANSWER_BYTES) return false;
    const { head, answer } = this.#at(slot);
    answer.set(stdout);
    Atomics.store(head, HEAD.offered, stdout.length);
    return true;
  }

  /** Worker: takes back what it has offered. @returns false when the main thread has it, or reads it now */
  takeBack(slot: number, bytes: number): boolean {
    const { head } = this.#at(slot);
    return Atomics.compareExchange(head, HEAD.offered, bytes, 0) === bytes;
  }

  /** Main thread: what the guest of the run in this slot has offered, once. Whoever takes it owns it. */
  takeOffer(slot: number): Uint8Array<ArrayBuffer> | undefined {
    const { head, answer } = this.#at(slot);
    const length = Atomics.exchange(head, HEAD.offered, 0);
    return length === 0 ? undefined : new Uint8Array(answer.subarray(0, length));
  }

  /** The slot with the lowest number that is asked, or -1. */
  #first(): number {
    let first = -1;
    let lowest = Infinity;
    for (let slot = 0; slot < MAILBOX_SLOTS; slot += 1) {
      const run = Atomics.load(this.#at(slot).head, HEAD.asked);
      if (run === 0 || run >= lowest) continue;
      lowest = run;
      first = slot;
    }
    return first;
  }

  #at(slot: number): Slot {
    const at = this.#slots[slot];
    if (at === undefined) throw new RangeError(`no slot ${slot} in a mailbox`);
    return at;
  }
}

function slotAt(memory: MailboxMemory, index: number): Slot {
  const start = index * SLOT_BYTES;
  return {
    head: new Int32Array(memory, start, HEAD_BYTES / 4),
    question: Buffer.from(memory, start + HEAD_BYTES, QUESTION_BYTES),
    answer: new Uint8Array(memory, start + HEAD_BYTES + QUESTION_BYTES, ANSWER_BYTES),
  };
}
