// One run from submit to end: waiting, running on a thread, draining to a slow receiver, ended.

import type { Job, Run, RunEvents } from '../channel/contract.js';
import type { OutgoingPeer, OutgoingQuestion } from '../channel/outgoing.js';
import { messageOf } from '../errors.js';
import type { Limits, Outcome, WhyFresh } from '../run.js';
import { BodyStream } from './body.js';
import { Spool } from './spool.js';
import type { Store } from './store.js';

/** `draining`: the guest is over and its thread free, the receiver has not taken all output. */
export type RunState =
  | { readonly name: 'waiting' }
  | { readonly name: 'running'; readonly grantCredit: (takenCost: number) => void }
  | { readonly name: 'draining'; readonly outcome: Outcome }
  | { readonly name: 'ended' };

/** What the pool does for its runs. */
export interface RunOwner {
  /** The body of a run has ended, or as much of it came as can wait. */
  bodyCame(run: PooledRun): void;
  /** The run is to end while its guest runs: get it off its thread. */
  aborting(run: PooledRun): void;
  /** The run has gone from one state to the next. */
  moved(run: PooledRun, from: RunState['name'], to: RunState['name']): void;
}

/** Ways to end after which the output is broken: what the receiver has not taken is dropped. */
const BROKEN: ReadonlySet<Outcome['kind']> = new Set([
  'timeout',
  'aborted',
  'overload',
  'late',
  'exhausted',
  'failed',
]);

/** Up to its limit, output is what it would have been. */
function isBroken(outcome: Outcome): boolean {
  if (outcome.kind === 'limit') return outcome.limit !== 'outputBytes';
  return BROKEN.has(outcome.kind);
}

export class PooledRun implements Run {
  readonly job: Job;
  readonly bodyStream: BodyStream;
  readonly #events: RunEvents;
  readonly #owner: RunOwner;
  readonly #spool: Spool;
  #state: RunState = { name: 'waiting' };
  #bodyBytes = 0;

  /** @param store where output may lie that `events.stdout` does not take */
  constructor(job: Job, events: RunEvents, owner: RunOwner, store?: Store) {
    this.job = job;
    this.#events = events;
    this.#owner = owner;
    this.bodyStream = new BodyStream(() => events.bodyWanted());
    this.#spool = new Spool((chunk) => events.stdout(chunk), store);
  }

  /** No thread is known to have begun it. */
  get isWaiting(): boolean {
    return this.#state.name === 'waiting';
  }

  body(chunk: Uint8Array): boolean {
    this.#bodyBytes += chunk.length;
    const { bodyBytes } = this.job.limits;
    // A guest that is over has had what it wanted: the rest is dropped, however long.
    const isWanted = this.#state.name === 'waiting' || this.#state.name === 'running';
    if (this.#bodyBytes <= bodyBytes || !isWanted) return this.#give(chunk);
    const message = `the request body has more than ${bodyBytes} bytes`;
    this.#stop({ kind: 'limit', limit: 'bodyBytes', message });
    return true;
  }

  #give(chunk: Uint8Array): boolean {
    const takesMore = this.bodyStream.give(chunk);
    if (!takesMore && this.#state.name === 'waiting') this.#owner.bodyCame(this);
    return takesMore;
  }

  bodyEnded(): void {
    this.bodyStream.end();
    if (this.#state.name === 'waiting' || this.#state.name === 'running')
      this.#owner.bodyCame(this);
  }

  /** Others wait for the thread: output may go to disk, so that the guest can come to its end. */
  spill(): void {
    this.#moveOutput(() => this.#spool.spill());
  }

  drained(): void {
    this.#moveOutput(() => this.#spool.drained());
  }

  abort(): void {
    this.#stop({ kind: 'aborted' });
  }

  /** A thread has begun it. */
  began(grantCredit: (takenCost: number) => void): void {
    this.#move({ name: 'running', grantCredit });
  }

  stdout(chunk: Uint8Array<ArrayBuffer>): void {
    this.#moveOutput(() => this.#spool.push(chunk));
  }

  stderr(chunk: Uint8Array<ArrayBuffer>): void {
    this.#events.stderr(chunk);
  }

  reached(limit: keyof Limits): void {
    this.#events.reached(limit);
  }

  fresh(why: WhyFresh): void {
    this.#events.fresh?.(why);
  }

  outgoing(question: OutgoingQuestion, peer: OutgoingPeer): void {
    if (this.#events.outgoing !== undefined) return this.#events.outgoing(question, peer);
    peer.tell({ kind: 'failed', code: { tag: 'HTTP-request-denied' } });
  }

  /**
   * The run is over, in whatever state it was. `ended` follows at once, or, where the guest came to
   * an end of its own, when the receiver has taken all output.
   */
  finish(outcome: Outcome): void {
    if (this.#state.name === 'ended') return;
    if (isBroken(outcome)) this.#spool.discard();
    this.#move({ name: 'draining', outcome });
    this.bodyStream.close();
    this.#outputMoved();
  }

  /** A disk that does not give back what it took ends this run, and no other. */
  #moveOutput(move: () => void): void {
    try {
      move();
    } catch (thrown) {
      return this.#stop({ kind: 'failed', message: messageOf(thrown) });
    }
    this.#outputMoved();
  }

  /** Ends the run from this side. */
  #stop(outcome: Outcome): void {
    if (this.#state.name === 'running') this.#owner.aborting(this);
    this.finish(outcome);
  }

  #outputMoved(): void {
    if (this.#state.name === 'running') this.#state.grantCredit(this.#spool.takenCost);
    if (this.#state.name !== 'draining' || !this.#spool.empty) return;
    const { outcome } = this.#state;
    this.#spool.discard();
    this.#move({ name: 'ended' });
    this.#events.ended(outcome);
  }

  #move(next: RunState): void {
    const from = this.#state.name;
    this.#state = next;
    this.#owner.moved(this, from, next.name);
  }
}
