// The threads of a pool: which are idle, and which have been given runs beforehand.
//
// A thread that was woken for one quick run does others for less than it takes to wake it again. So
// runs that come in one turn of the event loop are put into the mailbox of one thread while it can do
// all of them as fast as another one would wake up. At the end of the turn it is told once. What it
// does not get to, because the run before it turns out slow, is taken back for another thread.

import { createBell, ring, silence } from '../channel/bell.js';
import type { Deadlines } from './deadlines.js';
import type { PooledRun } from './pooled-run.js';
import { Thread } from './thread.js';
import type { ThreadOwner, ThreadState } from './thread-state.js';

/** A run that was given to a busy thread beforehand waits no longer for the one before it. */
const PATIENCE_MS = 1;
/** What a run has flushed at its beginning is looked for when so much time has passed, then twice, ... */
const LOOK_MS = 4;

/** What the pool hears of its threads. */
export interface CrewOwner extends Pick<ThreadOwner<Thread>, 'begun' | 'leaving'> {
  /** A thread is idle, or runs were taken back that another one may begin. */
  ready(): void;
  /** These had been given to a thread beforehand, and belong to none now. They are the oldest. */
  takenBack(runs: readonly PooledRun[]): void;
  /** A thread has ended by itself; `before` is its state up to then. */
  died(thread: Thread, before: ThreadState, reason: string): void;
}

export class Crew {
  readonly #owner: CrewOwner;
  readonly #deadlines: Deadlines;
  readonly #bell = createBell();
  readonly #threads = new Set<Thread>();
  /** The last one used is the first one taken: its caches are warm. */
  readonly #idle: Thread[] = [];
  /** The thread that was given a run last. */
  #latest: Thread | undefined;
  #aheadCount = 0;
  #checkIsDue = false;
  /** How long after the last one the next look comes; 0: none does. */
  #lookMs = 0;

  constructor(owner: CrewOwner, deadlines: Deadlines) {
    this.#owner = owner;
    this.#deadlines = deadlines;
  }

  get hasIdle(): boolean {
    return this.#idle.length > 0;
  }

  /** Runs that were given to threads beforehand and are not known to be begun. */
  get aheadCount(): number {
    return this.#aheadCount;
  }

  get ahead(): readonly PooledRun[] {
    return [...this.#threads].flatMap((thread) => thread.ahead);
  }

  get states(): readonly ThreadState['name'][] {
    return [...this.#threads].map(({ state }) => state);
  }

  /** Starts threads until so many live. */
  grow(wanted: number): void {
    let alive = 0;
    for (const { state } of this.#threads) if (state !== 'stopping') alive += 1;
    for (; alive < wanted; alive += 1) this.#threads.add(new Thread(this.#threadOwner, this.#bell));
  }

  /** Begins `run` on an idle thread. @returns that thread, if there is one */
  begin(run: PooledRun): Thread | undefined {
    const thread = this.#idle.pop();
    if (thread === undefined) return undefined;
    this.#latest = thread;
    thread.start(run);
    this.#lookSoon();
    return thread;
  }

  /**
   * Gives `run` beforehand to the thread that was given the last one, where that pays.
   * @param mostMicros what all that the thread has may take it
   */
  give(run: PooledRun, mostMicros: number): boolean {
    const thread = this.#latest;
    if (thread === undefined || isLate(thread) || !thread.give(run, mostMicros)) return false;
    this.#aheadCount += 1;
    this.#checkSoon();
    return true;
  }

  /** Of what was given beforehand, `run` is over. */
  drop(run: PooledRun): void {
    if (this.#aheadCount === 0) return;
    for (const thread of this.#threads) {
      if (!thread.drop(run)) continue;
      this.#aheadCount -= 1;
      return;
    }
  }

  takeBack(thread: Thread): void {
    const runs = thread.takeBack();
    this.#aheadCount -= runs.length;
    if (runs.length > 0) this.#owner.takenBack(runs);
  }

  /** Takes all answers that lie in mailboxes. */
  collect(): void {
    silence(this.#bell);
    for (const thread of this.#threads) thread.collect();
  }

  /** No thread is to keep this module. */
  forget(moduleKey: string): void {
    for (const thread of this.#threads) thread.forget(moduleKey);
  }

  /** Ends all threads. Resolves when they are gone. */
  async stop(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.stop()));
  }

  /** At the end of this turn, before anything is waited for. Until then nobody has to ring. */
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
    this.collect();
  };

  /** What was given beforehand is not to wait for long where another thread could begin it. */
  readonly #onImpatience = (): void => {
    if (this.#aheadCount === 0) return;
    this.collect();
    if (this.hasIdle) this.#takeBackLate();
    this.#owner.ready();
    if (this.#aheadCount > 0) this.#deadlines.set(this, PATIENCE_MS, this.#onImpatience);
  };

  #takeBackLate(): void {
    for (const thread of this.#threads)
      if (thread.hasAhead && isLate(thread)) this.takeBack(thread);
  }

  #lookSoon(): void {
    if (this.#lookMs === LOOK_MS) return;
    this.#lookMs = LOOK_MS;
    this.#deadlines.set(this.#look, LOOK_MS, this.#look);
  }

  /** Less and less often: only a young run leaves its output to be looked for (lib/worker/stdout.ts). */
  readonly #look = (): void => {
    let runs = false;
    for (const thread of this.#threads) {
      thread.look();
      runs ||= thread.state === 'running';
    }
    this.#lookMs = runs ? 2 * this.#lookMs : 0;
    if (runs) this.#deadlines.set(this.#look, this.#lookMs, this.#look);
  };

  readonly #threadOwner: ThreadOwner<Thread> = {
    begun: (thread, run) => {
      this.#aheadCount -= 1;
      this.#lookSoon();
      this.#owner.begun(thread, run);
    },
    leaving: (thread) => this.#owner.leaving(thread),
    free: (thread) => {
      this.#deadlines.clear(thread);
      this.#idle.push(thread);
      // Before others that came later.
      if (this.#aheadCount > 0) this.#takeBackLate();
      this.#owner.ready();
    },
    rang: () => this.collect(),
    gone: (thread, before, reason) => {
      this.collect();
      this.takeBack(thread);
      this.#deadlines.clear(thread);
      this.#threads.delete(thread);
      const place = this.#idle.indexOf(thread);
      if (place >= 0) this.#idle.splice(place, 1);
      this.#aheadCount -= thread.ahead.length;
      if (before.name !== 'stopping') this.#owner.died(thread, before, reason);
    },
  };
}

/** What it has begun was to be over by now, as quick as such runs were. */
function isLate(thread: Thread): boolean {
  return performance.now() - thread.begunMs > PATIENCE_MS;
}
