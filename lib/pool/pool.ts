// Runs jobs on worker threads: a queue with a limit, deadlines that hold, threads that are replaced.

import { setTimeout as delay } from 'node:timers/promises';

import type { Job, Run, RunEvents } from '../channel/contract.js';
import { FewMap, FewSet } from '../few.js';
import type { Outcome } from '../run.js';
import { Crew, type CrewOwner } from './crew.js';
import { Deadlines } from './deadlines.js';
import { PooledRun, type RunOwner } from './pooled-run.js';
import type { PoolOptions, PoolStats } from './pool-options.js';
import { Queue } from './queue.js';
import { RunLimits } from './run-limits.js';
import type { Thread } from './thread.js';
import type { ThreadState } from './thread-state.js';

/** As long as waking another thread takes. */
const AHEAD_MICROS = 100;
const STUCK_MS = 1000;
const RESOLVED = Promise.resolve();

export class Pool {
  #options: PoolOptions;
  readonly #deadlines = new Deadlines();
  readonly #limits = new RunLimits(this.#deadlines, (thread, run) => this.#kill(thread, run));
  readonly #crew: Crew;
  readonly #queue = new Queue();
  readonly #running = new FewMap<PooledRun, Thread>();
  readonly #draining = new FewSet<PooledRun>();
  #background: Run | undefined;
  /** Modules that no thread is to keep, and of which there was a run when that was said. */
  readonly #unwanted = new Set<string>();
  #whenIdle: (() => void)[] = [];
  #pumpIsDue = false;
  #closed = false;
  #ended = 0;
  #killed = 0;
  #died = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#crew = new Crew(this.#crewOwner, this.#deadlines);
    this.#startThreads();
  }

  /** Goes on by other options; what runs or waits stays as it is. */
  reconfigure(options: PoolOptions): void {
    this.#options = options;
    this.#pumpSoon();
  }

  /**
   * Takes a job, or answers `full`. `events` are never called before this has returned.
   * @param bodyComes the body is not there yet, and `bodyEnded` will say when it is
   */
  submit(job: Job, events: RunEvents, bodyComes = false): Run | 'full' {
    if (this.#hasNoWorker) this.#background?.abort();
    if (this.#closed || (!bodyComes && this.#isFull)) return 'full';
    const run = new PooledRun(job, events, this.#runOwner, this.#options.store);
    if (bodyComes) this.#awaitBody(run);
    else this.#enqueue(run);
    return run;
  }

  /** Takes a job that nobody waits for: it is aborted as soon as another one would wait for it. */
  submitBackground(job: Job, events: RunEvents): Run | 'full' {
    if (this.#hasNoWorker) return 'full';
    const run = this.submit(job, events);
    this.#background = run === 'full' ? undefined : run;
    return run;
  }

  /** No thread is to keep this module: at once, or as soon as there is no run of it. */
  forget(moduleKey: string): void {
    this.#crew.forget(moduleKey);
    if (this.#runs.some(({ job }) => job.moduleKey === moduleKey)) this.#unwanted.add(moduleKey);
  }

  get #runs(): readonly PooledRun[] {
    return [...this.#queue.all, ...this.#crew.ahead, ...this.#running.keys()];
  }

  /** Why a run is `full`, for the log. */
  get fullness(): string {
    const { workers, queue } = this.#options;
    return `over the limit queue ${queue}: so many wait already, and workers are ${workers}`;
  }

  get #isFull(): boolean {
    const { workers, queue } = this.#options;
    return this.#queue.waiting + this.#crew.aheadCount + this.#running.size >= workers + queue;
  }

  get #hasNoWorker(): boolean {
    const { waiting } = this.#queue;
    return waiting + this.#crew.aheadCount + this.#running.size >= this.#options.workers;
  }

  #enqueue(run: PooledRun): void {
    const { queueTimeoutMs } = this.#options;
    this.#queue.add(run);
    this.#deadlines.set(run, queueTimeoutMs, () => {
      this.#crew.collect();
      const message = `over the limit queue-timeout ${queueTimeoutMs}ms: no worker was free`;
      if (run.isWaiting) run.finish({ kind: 'overload', message });
    });
    this.#pumpSoon();
  }

  #awaitBody(run: PooledRun): void {
    const { timeoutMs } = run.job.limits;
    this.#queue.addArriving(run);
    this.#deadlines.set(run, timeoutMs, () => {
      run.finish({ kind: 'late', message: `the body did not come within ${timeoutMs} ms` });
    });
    this.#pumpSoon();
  }

  stats(): PoolStats {
    const threads = { starting: 0, idle: 0, running: 0, leaving: 0, stopping: 0, dead: 0 };
    for (const state of this.#crew.states) threads[state] += 1;
    return {
      threads,
      waiting: this.#queue.size + this.#crew.aheadCount,
      draining: this.#draining.size,
      ended: this.#ended,
      killed: this.#killed,
      died: this.#died,
    };
  }

  /** Resolves once no run waits, runs or drains. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
      this.#tellIdle();
    });
  }

  /**
   * Aborts every run and ends every thread. Resolves to true once they are gone, to false when one
   * is not gone after a second: such a process does not end by `process.exit` either, which waits
   * for its threads.
   */
  async close(): Promise<boolean> {
    this.#closed = true;
    for (const run of [...this.#runs, ...this.#draining]) run.abort();
    this.#deadlines.close();
    const gone = this.#crew.stop().then(() => true);
    return Promise.race([gone, delay(STUCK_MS, false, { ref: false })]);
  }

  /** One turn later, so that the body a caller gives right after `submit` travels with the job. */
  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    // Less than a tenth of what queueMicrotask takes, which makes an AsyncResource each time.
    void RESOLVED.then(this.#pumpDue);
  }

  readonly #pumpDue = (): void => {
    this.#pumpIsDue = false;
    this.#pump();
  };

  #pump(): void {
    const { workers, aheadMicros = AHEAD_MICROS } = this.#options;
    for (;;) {
      const hasRoom = this.#running.size < workers && this.#crew.hasIdle;
      const run = hasRoom ? this.#next() : this.#queue.first;
      if (run === undefined) break;
      if (this.#crew.give(run, aheadMicros)) {
        if (!hasRoom) this.#queue.dropFirst();
        continue;
      }
      const thread = hasRoom ? this.#crew.begin(run) : undefined;
      if (thread === undefined) break;
      this.#begun(run, thread);
    }
    // Somebody waits for a thread: none is to be held by the receiver of its output alone.
    if (this.#queue.waiting > 0 && this.#running.size >= workers) {
      for (const run of this.#running.keys().slice()) run.spill();
    }
    this.#startThreads();
  }

  /** At most half of the workers wait for bodies, so that slow clients leave the other half to everybody else. */
  #next(): PooledRun | undefined {
    let open = 0;
    for (const run of this.#running.keys()) if (!run.bodyStream.ended) open += 1;
    return this.#queue.next(open < Math.max(1, Math.floor(this.#options.workers / 2)));
  }

  #begun(run: PooledRun, thread: Thread): void {
    this.#running.set(run, thread);
    this.#limits.begun(run, thread);
  }

  readonly #runOwner: RunOwner = {
    bodyCame: (run) => {
      if (!this.#queue.arrived(run)) this.#pumpSoon();
      else if (this.#isFull) run.finish({ kind: 'overload', message: this.fullness });
      else this.#enqueue(run);
    },
    aborting: (run) => {
      const thread = this.#running.get(run);
      if (thread === undefined) return;
      thread.leave();
      this.#leaving(thread);
    },
    moved: (run, from, to) => {
      this.#deadlines.clear(run);
      if (from === 'running') this.#limits.over(run);
      if (from === 'waiting' && to !== 'running') this.#withdraw(run);
      if (from === 'running') this.#running.delete(run);
      if (to === 'draining') this.#draining.add(run);
      if (to === 'ended') this.#runEnded(run);
    },
  };

  /** It was asked to leave its run: what was given to it beforehand does not wait for that. */
  #leaving(thread: Thread): void {
    this.#crew.takeBack(thread);
    this.#limits.leaving(thread);
    this.#pumpSoon();
  }

  #runEnded(run: PooledRun): void {
    if (run === this.#background) this.#background = undefined;
    this.#draining.delete(run);
    this.#ended += 1;
    if (this.#unwanted.delete(run.job.moduleKey)) this.forget(run.job.moduleKey);
    this.#tellIdle();
    this.#pumpSoon();
  }

  #withdraw(run: PooledRun): void {
    if (!this.#queue.remove(run)) this.#crew.drop(run);
  }

  #tellIdle(): void {
    const waiting = this.#queue.size + this.#crew.aheadCount;
    if (waiting + this.#running.size + this.#draining.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #startThreads(): void {
    if (this.#closed) return;
    const { workers, spares = 1 } = this.#options;
    const runs = this.#running.size + this.#queue.size + this.#crew.aheadCount;
    this.#crew.grow(Math.min(workers, runs) + spares);
  }

  readonly #crewOwner: CrewOwner = {
    ready: () => this.#pump(),
    takenBack: (runs) => this.#queue.putBack(runs),
    begun: (thread, run) => this.#begun(run, thread),
    leaving: (thread) => this.#leaving(thread),
    died: (thread, before, reason) => this.#threadDied(thread, before, reason),
  };

  #threadDied(thread: Thread, before: ThreadState, reason: string): void {
    this.#died += 1;
    this.#options.log('error', 'thread-died', { state: before.name, reason });
    const fault: Outcome = { kind: 'failed', message: `the worker thread died: ${reason}` };
    if (before.name === 'running') before.run.finish(fault);
    for (const run of thread.ahead) run.finish(fault);
    // Each thread that cannot even start takes one run along, so that starting never goes on for ever.
    if (before.name === 'starting') {
      this.#next()?.finish({ kind: 'overload', message: `no thread could be started: ${reason}` });
    } else this.#pumpSoon();
  }

  /**
   * @param run that it is killed for, if it has not left it
   * @returns false when it has come to the end of that run just now, and lives on
   */
  #kill(thread: Thread, run?: PooledRun): boolean {
    // First, so that no other run is begun there and ends with it.
    this.#crew.takeBack(thread);
    this.#crew.collect();
    const isStill =
      run === undefined ? thread.state === 'leaving' : this.#running.get(run) === thread;
    // It has begun another one: the message that this one is over is on its way.
    if (!isStill || thread.hasAhead) {
      this.#pumpSoon();
      return false;
    }
    this.#killed += 1;
    this.#deadlines.set(thread, STUCK_MS, () => {
      this.#options.log('error', 'thread-stuck', { afterMs: STUCK_MS });
      this.#options.onStuck?.();
    });
    void thread.stop();
    this.#pumpSoon();
    return true;
  }
}
