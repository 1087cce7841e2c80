// One run from submit to end: waiting, running on a thread, draining to a slow receiver, ended.

import type { Job, Run, RunEvents } from '../channel/contract.js';
import type { Outcome } from '../run.js';
import { BodyStream } from './body.js';
import { Spool } from './spool.js';

/** `draining`: the guest is over and its thread free, the receiver has not taken all output. */
export type RunState =
  | { readonly name: 'waiting' }
  | { readonly name: 'running'; readonly grantCredit: (takenCost: number) => void }
  | { readonly name: 'draining'; readonly outcome: Outcome }
  | { readonly name: 'ended' };

/** What the pool does for its runs. */
export interface RunOwner {
  /** The run is to end while its guest runs: get it off its thread. */
  aborting(run: PooledRun): void;
  /** The run has gone from one state to the next. */
  moved(run: PooledRun, from: RunState['name'], to: RunState['name']): void;
}

/** Ways to end after which the output is broken: what the receiver has not taken is dropped. */
const BROKEN: ReadonlySet<Outcome['kind']> = new Set(['timeout', 'aborted', 'overload', 'failed']);

export class PooledRun implements Run {
  readonly job: Job;
  readonly bodyStream: BodyStream;
  readonly #events: RunEvents;
  readonly #owner: RunOwner;
  readonly #spool: Spool;
  #state: RunState = { name: 'waiting' };

  constructor(job: Job, events: RunEvents, owner: RunOwner) {
    this.job = job;
    this.#events = events;
    this.#owner = owner;
    this.bodyStream = new BodyStream(() => events.bodyWanted());
    this.#spool = new Spool((chunk) => events.stdout(chunk));
  }

  body(chunk: Uint8Array<ArrayBuffer>): boolean {
    return this.bodyStream.give(chunk);
  }

  bodyEnded(): void {
    this.bodyStream.end();
  }

  drained(): void {
    this.#spool.drained();
    this.#outputMoved();
  }

  abort(): void {
    if (this.#state.name === 'running') this.#owner.aborting(this);
    this.finish({ kind: 'aborted' });
  }

  /** A thread has begun it. */
  began(grantCredit: (takenCost: number) => void): void {
    this.#move({ name: 'running', grantCredit });
  }

  stdout(chunk: Uint8Array<ArrayBuffer>): void {
    this.#spool.push(chunk);
    this.#outputMoved();
  }

  stderr(chunk: Uint8Array<ArrayBuffer>): void {
    this.#events.stderr(chunk);
  }

  /**
   * The run is over, in whatever state it was. `ended` follows at once, or, where the guest came to
   * an end of its own, when the receiver has taken all output.
   */
  finish(outcome: Outcome): void {
    if (this.#state.name === 'ended') return;
    if (BROKEN.has(outcome.kind)) this.#spool.discard();
    this.#move({ name: 'draining', outcome });
    this.bodyStream.close();
    this.#outputMoved();
  }

  #outputMoved(): void {
    if (this.#state.name === 'running') this.#state.grantCredit(this.#spool.takenCost);
    if (this.#state.name !== 'draining' || !this.#spool.empty) return;
    const { outcome } = this.#state;
    this.#move({ name: 'ended' });
    this.#events.ended(outcome);
  }

  #move(next: RunState): void {
    const from = this.#state.name;
    this.#state = next;
    this.#owner.moved(this, from, next.name);
  }
}
