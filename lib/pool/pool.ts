// Runs jobs on worker threads: a queue with a limit, deadlines that hold, threads that are replaced.

import { setTimeout as delay } from 'node:timers/promises';

import { createBell, ring, silence } from '../channel/bell.js';
import type { Job, Run, RunEvents } from '../channel/contract.js';
import { FewMap, FewSet } from '../few.js';
import type { Log } from '../log.js';
import type { Outcome } from '../run.js';
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
  /**
   * Runs are given to a busy thread beforehand while all that it has then takes it no longer, µs: as
   * long as waking another one takes. Default 100.
   */
  readonly aheadMicros?: number;
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
const AHEAD_MICROS = 100;
/** A run that was given to a busy thread beforehand waits no longer for the one before it. */
const PATIENCE_MS = 1;
const STUCK_MS = 1000;
const RESOLVED = Promise.resolve();

/** What it has begun was to be over by now, as quick as such runs were. */
function isLate(thread: Thread): boolean {
  return performance.now() - thread.begunMs > PATIENCE_MS;
}

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
  /** Given to threads that are busy with others. */
  #aheadCount = 0;
  /** The thread that was given a run last. */
  #latest: Thread | undefined;
  #checkIsDue = false;
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
    return this.#waiting.length + this.#aheadCount + this.#running.size >= workers + queue;
  }

  get #hasNoWorker(): boolean {
    return this.#waiting.length + this.#aheadCount + this.#running.size >= this.#options.workers;
  }

  #enqueue(run: PooledRun): void {
    const { queueTimeoutMs } = this.#options;
    this.#waiting.push(run);
    this.#deadlines.set(run, queueTimeoutMs, () => {
      this.#collect();
      const message = `over the limit queue-timeout ${queueTimeoutMs}ms: no worker was free`;
      if (run.isWaiting) run.finish({ kind: 'overload', message });
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
      waiting: this.#waiting.length + this.#aheadCount + this.#arriving.size,
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
    const ahead = [...this.#threads].flatMap((thread) => thread.ahead);
    const asked = [...this.#waiting, ...this.#arriving, ...ahead];
    const runs = [...asked, ...this.#running.keys(), ...this.#draining];
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
    for (;;) {
      const hasRoom = this.#running.size < this.#options.workers && this.#idle.length > 0;
      const run = hasRoom ? this.#next() : this.#waiting[0];
      if (run === undefined) break;
      if (this.#give(run)) {
        if (!hasRoom) this.#waiting.shift();
        continue;
      }
      const thread = hasRoom ? this.#idle.pop() : undefined;
      if (thread === undefined) break;
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
    this.#latest = thread;
    thread.start(run);
    this.#begun(run, thread);
  }

  #begun(run: PooledRun, thread: Thread): void {
    const { timeoutMs, cpuTimeMs } = run.job.limits;
    this.#running.set(run, thread);
    if (cpuTimeMs < timeoutMs) this.#limitCpu(run, thread, cpuTimeMs);
    this.#deadlines.set(run, timeoutMs + KILL_GRACE_MS, () => {
      if (this.#kill(thread, run)) run.finish({ kind: 'timeout' });
    });
  }

  /** At the end of this turn of the event loop, before anything is waited for. Until then nobody has to ring. */
  #checkSoon(): void {
    if (this.#checkIsDue) return;
    this.#checkIsDue = true;
    ring(this.#bell);
    setImmediate(this.#check);
    this.#deadlines.set(this, PATIENCE_MS, this.#onImpatience);
  }

  readonly #check = (): void => {
    this.#checkIsDue = false;
    for (const thread of this.#threads) thread.rouse();
    this.#collect();
  };

  /** What was given beforehand is not to wait for long where another thread could begin it. */
  readonly #onImpatience = (): void => {
    if (this.#aheadCount === 0) return;
    this.#collect();
    if (this.#idle.length > 0) this.#takeBackLate();
    this.#pump();
    if (this.#aheadCount > 0) this.#deadlines.set(this, PATIENCE_MS, this.#onImpatience);
  };

  /** Gives `run` beforehand to the thread that was given the last one, where that pays. */
  #give(run: PooledRun): boolean {
    const { aheadMicros = AHEAD_MICROS } = this.#options;
    const thread = this.#latest;
    if (thread === undefined || isLate(thread) || !thread.give(run, aheadMicros)) return false;
    this.#aheadCount += 1;
    this.#checkSoon();
    return true;
  }

  #takeBackLate(): void {
    for (const thread of this.#threads)
      if (thread.hasAhead && isLate(thread)) this.#takeBack(thread);
  }

  #takeBack(thread: Thread): void {
    const runs = thread.takeBack();
    this.#aheadCount -= runs.length;
    this.#waiting.unshift(...runs);
  }

  /** Looks first when so much time has passed that it may be over, and then again. */
  #limitCpu(run: PooledRun, thread: Thread, cpuTimeMs: number): void {
    const cpu = new RunCpu(thread.cpu, cpuTimeMs);
    const look = (): void => {
      const leftMs = cpu.leftMs();
      if (leftMs > 0) return this.#deadlines.set(cpu, leftMs, look);
      if (!this.#kill(thread, run)) return;
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
      this.#leaving(thread);
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

  /** It was asked to leave its run, and is terminated if it does not. */
  #leaving(thread: Thread): void {
    this.#takeBack(thread);
    this.#deadlines.set(thread, KILL_GRACE_MS, () => this.#kill(thread));
    this.#pumpSoon();
  }

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
    else if (this.#aheadCount > 0) this.#drop(run);
  }

  #drop(run: PooledRun): void {
    for (const thread of this.#threads) {
      if (!thread.drop(run)) continue;
      this.#aheadCount -= 1;
      return;
    }
  }

  #tellIdle(): void {
    const waiting = this.#waiting.length + this.#aheadCount + this.#arriving.size;
    if (waiting + this.#running.size + this.#draining.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #startThreads(): void {
    if (this.#closed) return;
    const { workers, spares = 1 } = this.#options;
    const runs = this.#running.size + this.#waiting.length + this.#aheadCount + this.#arriving.size;
    const wanted = Math.min(workers, runs) + spares;
    let alive = 0;
    for (const { state } of this.#threads) if (state !== 'stopping') alive += 1;
    for (; alive < wanted; alive += 1) this.#threads.add(new Thread(this.#threadOwner, this.#bell));
  }

  readonly #threadOwner: ThreadOwner = {
    begun: (thread, run) => {
      this.#aheadCount -= 1;
      this.#begun(run, thread);
    },
    leaving: (thread) => this.#leaving(thread),
    free: (thread) => {
      this.#deadlines.clear(thread);
      this.#idle.push(thread);
      // Before others that came later.
      if (this.#aheadCount > 0) this.#takeBackLate();
      this.#pump();
    },
    rang: () => this.#collect(),
    gone: (thread, before, reason) => {
      this.#collect();
      this.#takeBack(thread);
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
    this.#takeBack(thread);
    this.#collect();
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
