// Runs jobs on worker threads: a queue with a limit, deadlines that hold, threads that are replaced.

import { setTimeout as delay } from 'node:timers/promises';

import { createBell, silence } from '../channel/bell.js';
import type { Job, Run, RunEvents } from '../channel/contract.js';
import { FewMap, FewSet } from '../few.js';
import type { Log } from '../log.js';
import { RunCpu } from './cpu-time.js';
import { Deadlines } from './deadlines.js';
import { PooledRun, type RunOwner } from './pooled-run.js';
import type { Store } from './store.js';
import { Thread, type ThreadOwner, type ThreadState } from './thread.js';

export interface PoolOptions {
  /** Guests that run at the same time, 1 or more. */
  readonly workers: number;
  /** Threads kept ready beyond those that run, so that a killed one is replaced at once. Default 1. */
  readonly spares?: number;
  /** Runs that may wait for a thread; one more is `full`. */
  readonly queue: number;
  /** Longest wait for a thread, ms; then the run ends with `overload`. */
  readonly queueTimeoutMs: number;
  /** Where output may lie that slow receivers have not taken; none unless given. */
  readonly store?: Store;
  readonly log: Log;
  /** A thread did not end within a second of its kill: only a new process gets rid of its guest. */
  readonly onStuck?: () => void;
}

export interface PoolStats {
  readonly threads: Readonly<Record<ThreadState['name'], number>>;
  /** Runs that wait for a thread. */
  readonly waiting: number;
  /** Runs whose guest is over and whose receiver is slow. */
  readonly draining: number;
  /** Runs ended since the start, in whatever way. */
  readonly ended: number;
  /** Threads killed at a deadline or abort, and threads that died by themselves. */
  readonly killed: number;
  readonly died: number;
}

/**
 * How much later than the guest's own waits the thread is killed: a guest that only waits ends by
 * itself at the deadline, and its thread lives on.
 */
const KILL_GRACE_MS = 25;
const STUCK_MS = 1000;
const RESOLVED = Promise.resolve();

export class Pool {
  #options: PoolOptions;
  readonly #deadlines = new Deadlines();
  readonly #threads = new Set<Thread>();
  readonly #bell = createBell();
  /** The last one used is the first one taken: its caches are warm. */
  readonly #idle: Thread[] = [];
  readonly #waiting: PooledRun[] = [];
  /** Wait for their body rather than for a thread. No limit of the queue: each has a connection. */
  readonly #arriving = new FewSet<PooledRun>();
  readonly #running = new FewMap<PooledRun, Thread>();
  /** Those whose processor time ends before their wall time may. */
  readonly #cpu = new FewMap<PooledRun, RunCpu>();
  readonly #draining = new FewSet<PooledRun>();
  #background: Run | undefined;
  #whenIdle: (() => void)[] = [];
  #pumpIsDue = false;
  #closed = false;
  #ended = 0;
  #killed = 0;
  #died = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
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

  /** Why a run is `full`, for the log. */
  get fullness(): string {
    const { workers, queue } = this.#options;
    return `over the limit queue ${queue}: so many wait already, and workers are ${workers}`;
  }

  get #isFull(): boolean {
    const { workers, queue } = this.#options;
    return this.#waiting.length + this.#running.size >= workers + queue;
  }

  get #hasNoWorker(): boolean {
    return this.#waiting.length + this.#running.size >= this.#options.workers;
  }

  #enqueue(run: PooledRun): void {
    const { queueTimeoutMs } = this.#options;
    this.#waiting.push(run);
    this.#deadlines.set(run, queueTimeoutMs, () => {
      const message = `over the limit queue-timeout ${queueTimeoutMs}ms: no worker was free`;
      run.finish({ kind: 'overload', message });
    });
    this.#pumpSoon();
  }

  #awaitBody(run: PooledRun): void {
    const { timeoutMs } = run.job.limits;
    this.#arriving.add(run);
    this.#deadlines.set(run, timeoutMs, () => {
      run.finish({ kind: 'late', message: `the body did not come within ${timeoutMs} ms` });
    });
    this.#pumpSoon();
  }

  stats(): PoolStats {
    const threads = { starting: 0, idle: 0, running: 0, leaving: 0, stopping: 0, dead: 0 };
    for (const { state } of this.#threads) threads[state] += 1;
    return {
      threads,
      waiting: this.#waiting.length + this.#arriving.size,
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
    const runs = [...this.#waiting, ...this.#arriving, ...this.#running.keys(), ...this.#draining];
    for (const run of runs) run.abort();
    this.#deadlines.close();
    const gone = Promise.all([...this.#threads].map((thread) => thread.stop())).then(() => true);
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
    while (this.#running.size < this.#options.workers && this.#idle.length > 0) {
      const run = this.#next();
      const thread = run && this.#idle.pop();
      if (run === undefined || thread === undefined) break;
      this.#begin(run, thread);
    }
    // Somebody waits for a thread: none is to be held by the receiver of its output alone.
    if (this.#waiting.length > 0 && this.#running.size >= this.#options.workers) {
      for (const run of this.#running.keys().slice()) run.spill();
    }
    this.#startThreads();
  }

  /**
   * The first that waits, and only then one whose body is still on its way. At most half of the
   * workers wait for bodies, so that slow clients leave the other half to everybody else.
   */
  #next(): PooledRun | undefined {
    let open = 0;
    for (const run of this.#running.keys()) if (!run.bodyStream.ended) open += 1;
    const mayWait = open < Math.max(1, Math.floor(this.#options.workers / 2));
    const place = this.#waiting.findIndex((run) => mayWait || run.bodyStream.ended);
    if (place >= 0) return this.#waiting.splice(place, 1)[0];
    const [arriving] = mayWait ? this.#arriving : [];
    if (arriving !== undefined) this.#arriving.delete(arriving);
    return arriving;
  }

  #begin(run: PooledRun, thread: Thread): void {
    const { timeoutMs, cpuTimeMs } = run.job.limits;
    this.#running.set(run, thread);
    if (cpuTimeMs < timeoutMs) this.#limitCpu(run, thread, cpuTimeMs);
    thread.start(run);
    this.#deadlines.set(run, timeoutMs + KILL_GRACE_MS, () => {
      this.#kill(thread);
      run.finish({ kind: 'timeout' });
    });
  }

  /** Looks first when so much time has passed that it may be over, and then again. */
  #limitCpu(run: PooledRun, thread: Thread, cpuTimeMs: number): void {
    const cpu = new RunCpu(thread.cpu, cpuTimeMs);
    const look = (): void => {
      const leftMs = cpu.leftMs();
      if (leftMs > 0) return this.#deadlines.set(cpu, leftMs, look);
      this.#kill(thread);
      const message = `it used more than ${cpuTimeMs} ms of processor time`;
      run.finish({ kind: 'limit', limit: 'cpuTimeMs', message });
    };
    this.#cpu.set(run, cpu);
    this.#deadlines.set(cpu, cpuTimeMs, look);
  }

  readonly #runOwner: RunOwner = {
    bodyCame: (run) => {
      if (!this.#arriving.delete(run)) this.#pumpSoon();
      else if (this.#isFull) run.finish({ kind: 'overload', message: this.fullness });
      else this.#enqueue(run);
    },
    aborting: (run) => {
      const thread = this.#running.get(run);
      if (thread === undefined) return;
      thread.leave();
      this.#deadlines.set(thread, KILL_GRACE_MS, () => this.#kill(thread));
    },
    moved: (run, from, to) => {
      this.#deadlines.clear(run);
      if (from === 'running') this.#forgetCpu(run);
      if (from === 'waiting' && to !== 'running') this.#withdraw(run);
      if (from === 'running') this.#running.delete(run);
      if (to === 'draining') this.#draining.add(run);
      if (to === 'ended') this.#runEnded(run);
    },
  };

  #forgetCpu(run: PooledRun): void {
    const cpu = this.#cpu.get(run);
    if (cpu === undefined) return;
    this.#deadlines.clear(cpu);
    this.#cpu.delete(run);
  }

  #runEnded(run: PooledRun): void {
    if (run === this.#background) this.#background = undefined;
    this.#draining.delete(run);
    this.#ended += 1;
    this.#tellIdle();
    this.#pumpSoon();
  }

  #withdraw(run: PooledRun): void {
    this.#arriving.delete(run);
    const place = this.#waiting.indexOf(run);
    if (place >= 0) this.#waiting.splice(place, 1);
  }

  #tellIdle(): void {
    if (this.#waiting.length + this.#arriving.size + this.#running.size + this.#draining.size > 0)
      return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #startThreads(): void {
    if (this.#closed) return;
    const { workers, spares = 1 } = this.#options;
    const wanted =
      Math.min(workers, this.#running.size + this.#waiting.length + this.#arriving.size) + spares;
    let alive = 0;
    for (const { state } of this.#threads) if (state !== 'stopping') alive += 1;
    for (; alive < wanted; alive += 1) this.#threads.add(new Thread(this.#threadOwner, this.#bell));
  }

  readonly #threadOwner: ThreadOwner = {
    free: (thread) => {
      this.#deadlines.clear(thread);
      this.#idle.push(thread);
      this.#pump();
    },
    rang: () => this.#collect(),
    gone: (thread, before, reason) => {
      this.#collect();
      this.#deadlines.clear(thread);
      this.#threads.delete(thread);
      if (before.name !== 'stopping') this.#threadDied(thread, before, reason);
    },
  };

  /** Takes all answers that lie in mailboxes. */
  #collect(): void {
    silence(this.#bell);
    for (const thread of this.#threads) thread.collect();
  }

  #threadDied(thread: Thread, before: ThreadState, reason: string): void {
    this.#died += 1;
    this.#options.log('error', 'thread-died', { state: before.name, reason });
    const place = this.#idle.indexOf(thread);
    if (place >= 0) this.#idle.splice(place, 1);
    if (before.name === 'running') {
      before.run.finish({ kind: 'failed', message: `the worker thread died: ${reason}` });
    }
    // Each thread that cannot even start takes one run along, so that starting never goes on for ever.
    if (before.name === 'starting') {
      this.#next()?.finish({ kind: 'overload', message: `no thread could be started: ${reason}` });
    } else this.#pumpSoon();
  }

  #kill(thread: Thread): void {
    this.#killed += 1;
    this.#deadlines.set(thread, STUCK_MS, () => {
      this.#options.log('error', 'thread-stuck', { afterMs: STUCK_MS });
      this.#options.onStuck?.();
    });
    void thread.stop();
    this.#pumpSoon();
  }
}
