// The requests of the guest to others: asked on a port each, answered from the main thread.

import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

import { WINDOW_COST, chunkCost, transferable } from '../channel/credit.js';
import type {
  AnswerHead,
  ErrorCode,
  OutgoingNews,
  OutgoingOrder,
  OutgoingQuestion,
} from '../channel/outgoing.js';
import type { Call, Calls } from '../wasi2/calls.js';
import type { RunClock } from './clock.js';

const NOTHING = new Uint8Array(0);

export class OutgoingCalls implements Calls {
  readonly #clock: RunClock;
  readonly #ask: (question: OutgoingQuestion, port: MessagePort) => void;
  readonly #open = new Set<GuestCall>();

  /** @param ask hands a question and the other end of its port to the main thread */
  constructor(clock: RunClock, ask: (question: OutgoingQuestion, port: MessagePort) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  begin(question: OutgoingQuestion): Call | ErrorCode {
    const { port1, port2 } = new MessageChannel();
    const call = new GuestCall(port1, this.#clock, () => this.#open.delete(call));
    this.#open.add(call);
    this.#ask(question, port2);
    const refusal = call.verdict();
    if (refusal === undefined) return call;
    call.close();
    return refusal;
  }

  /** The run is over, and so are they. */
  end(): void {
    for (const call of this.#open) call.close();
  }
}

class GuestCall implements Call {
  readonly #port: MessagePort;
  readonly #clock: RunClock;
  readonly #closed: () => void;
  #isAccepted = false;
  #head: AnswerHead | undefined;
  #failure: ErrorCode | undefined;
  #trailers: AnswerHead['headers'] | undefined;
  #chunks: Uint8Array[] = [];
  /** Of the first chunk. */
  #readBytes = 0;
  /** Of the request's body. */
  #onTheWayCost = 0;
  #isClosed = false;

  constructor(port: MessagePort, clock: RunClock, closed: () => void) {
    this.#port = port;
    this.#clock = clock;
    this.#closed = closed;
  }

  /** Waits for it. @returns why the request is refused, if it is */
  verdict(): ErrorCode | undefined {
    this.#clock.wait(() => {
      this.#hear();
      return this.#isAccepted || this.#failure !== undefined;
    });
    return this.#isAccepted ? undefined : this.#failure;
  }

  get head(): AnswerHead | undefined {
    this.#hear();
    return this.#head;
  }

  get failure(): ErrorCode | undefined {
    this.#hear();
    return this.#failure;
  }

  get trailers(): AnswerHead['headers'] | undefined {
    this.#hear();
    return this.#chunks.length > 0 ? undefined : this.#trailers;
  }

  get isReadable(): boolean {
    this.#hear();
    return this.#chunks.length > 0 || this.#trailers !== undefined || this.#isBroken;
  }

  read(most: number): Uint8Array {
    this.#clock.check();
    this.#hear();
    const [chunk] = this.#chunks;
    if (chunk === undefined) return NOTHING;
    const bytes = chunk.subarray(this.#readBytes, this.#readBytes + most);
    this.#readBytes += bytes.length;
    if (this.#readBytes < chunk.length) return bytes;
    this.#chunks.shift();
    this.#readBytes = 0;
    this.#order({ kind: 'taken', cost: chunkCost(chunk) });
    return bytes;
  }

  get room(): number {
    this.#hear();
    return this.#isBroken ? 0 : Math.max(0, WINDOW_COST - this.#onTheWayCost - chunkCost(NOTHING));
  }

  write(bytes: Uint8Array): void {
    this.#clock.check();
    const chunk = new Uint8Array(bytes);
    const cost = chunkCost(chunk);
    this.#clock.wait(() => {
      this.#hear();
      return this.#isBroken || this.#onTheWayCost === 0 || this.#onTheWayCost + cost <= WINDOW_COST;
    });
    if (this.#isBroken) return;
    this.#onTheWayCost += cost;
    this.#order({ kind: 'body', chunk }, [chunk]);
  }

  end(): void {
    this.#order({ kind: 'bodyEnded' });
  }

  close(): void {
    if (this.#trailers === undefined) this.#failure ??= { tag: 'connection-terminated' };
    this.#isClosed = true;
    this.#chunks = [];
    this.#port.close();
    this.#closed();
  }

  get #isBroken(): boolean {
    return this.#failure !== undefined || this.#isClosed;
  }

  #order(order: OutgoingOrder, chunks: readonly Uint8Array<ArrayBuffer>[] = []): void {
    if (!this.#isClosed) this.#port.postMessage(order, transferable(chunks));
  }

  #hear(): void {
    if (this.#isClosed) return;
    for (;;) {
      const news: OutgoingNews | undefined = receiveMessageOnPort(this.#port)?.message;
      if (news === undefined) return;
      if (news.kind === 'accepted') this.#isAccepted = true;
      else if (news.kind === 'failed') this.#failure = news.code;
      else if (news.kind === 'taken') this.#onTheWayCost -= news.cost;
      else if (news.kind === 'head') this.#head = news;
      else if (news.kind === 'chunk') this.#chunks.push(news.chunk);
      else this.#trailers = news.trailers;
    }
  }
}
