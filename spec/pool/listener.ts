// A receiver of a run's events that remembers them, slow on demand.

import type { Job, Run, RunEvents } from '../../lib/channel/contract.js';
import type { Pool } from '../../lib/pool/pool.js';
import type { Limits, Outcome, WhyFresh } from '../../lib/run.js';

export class Listener implements RunEvents {
  readonly chunks: Uint8Array[] = [];
  readonly errors: Uint8Array[] = [];
  readonly limits: (keyof Limits)[] = [];
  readonly whys: WhyFresh[] = [];
  /** Every event in order, for order's sake. */
  readonly order: string[] = [];
  /** What stdout answers. */
  takesMore = true;
  bytes = 0;
  wanted = 0;
  readonly outcome: Promise<Outcome>;
  onStdout: (() => void) | undefined;
  onWanted: (() => void) | undefined;
  onEnded: (() => void) | undefined;
  #end: (outcome: Outcome) => void = () => undefined;

  constructor(readonly keeps = true) {
    this.outcome = new Promise((resolve) => (this.#end = resolve));
  }

  get stdout_text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  get stderr_text(): string {
    return Buffer.concat(this.errors).toString('latin1');
  }

  stdout(chunk: Uint8Array<ArrayBuffer>): boolean {
    this.bytes += chunk.length;
    if (this.keeps) this.chunks.push(chunk);
    this.order.push('stdout');
    this.onStdout?.();
    return this.takesMore;
  }

  stderr(chunk: Uint8Array<ArrayBuffer>): void {
    this.errors.push(chunk);
    this.order.push('stderr');
  }

  reached(limit: keyof Limits): void {
    this.limits.push(limit);
  }

  fresh(why: WhyFresh): void {
    this.whys.push(why);
    this.order.push('fresh');
  }

  bodyWanted(): void {
    this.wanted += 1;
    this.onWanted?.();
  }

  ended(outcome: Outcome): void {
    this.order.push('ended');
    this.onEnded?.();
    this.#end(outcome);
  }
}

/** Submits a job that must not be refused. */
export function submit(pool: Pool, job: Job, listener: Listener): Run {
  const run = pool.submit(job, listener);
  if (run === 'full') throw new Error('the pool is full');
  return run;
}

export interface Result {
  readonly outcome: Outcome;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a job with a whole body, to its end. */
export async function runToEnd(pool: Pool, job: Job, body = ''): Promise<Result> {
  const listener = new Listener();
  const run = submit(pool, job, listener);
  if (body !== '') run.body(new Uint8Array(Buffer.from(body, 'latin1')));
  run.bodyEnded();
  const outcome = await listener.outcome;
  return { outcome, stdout: listener.stdout_text, stderr: listener.stderr_text };
}
