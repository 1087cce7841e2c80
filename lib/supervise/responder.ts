// One pool's responder through its life: started, watched, started again, replaced, ended.

import type { ChildProcess } from 'node:child_process';
import type { Log } from '../log.js';
import { FastDeaths } from './fast-deaths.js';
import { type ResponderStart, spawnResponder } from './spawn.js';

/** After its drain-timeout: what is not gone then does not go by itself. */
const KILL_MS = 5_000;

interface Running {
  readonly name: 'running';
  readonly plan: ResponderPlan;
  readonly child: ChildProcess;
  readonly since: number;
}

type State =
  | Running
  | { readonly name: 'pausing'; readonly timer: NodeJS.Timeout }
  | { readonly name: 'given-up' }
  | { readonly name: 'stopped' };

export interface ResponderPlan extends ResponderStart {
  readonly drainTimeoutMs: number;
}

/** The process of a pool, and those before it that still drain. */
export class Responder {
  readonly #log: Log;
  readonly #givenUp: () => void;
  readonly #processes = new Set<ChildProcess>();
  #plan: ResponderPlan | undefined;
  #deaths = new FastDeaths();
  #state: State = { name: 'stopped' };
  #allGone = (): void => {};

  /** @param givenUp called when it ended at once too often, and is left alone from then on */
  constructor(log: Log, givenUp: () => void) {
    this.#log = log;
    this.#givenUp = givenUp;
  }

  /** By which it was started last. */
  get plan(): ResponderPlan | undefined {
    return this.#plan;
  }

  get isGivenUp(): boolean {
    return this.#state.name === 'given-up';
  }

  /** Starts a process; one that runs lets go of the sockets, and finishes what it has. */
  start(plan: ResponderPlan): void {
    this.#leave();
    this.#plan = plan;
    this.#deaths = new FastDeaths();
    this.#spawn(plan);
  }

  /** Resolves when no process is left. */
  async stop(): Promise<void> {
    this.#leave();
    this.#state = { name: 'stopped' };
    if (this.#processes.size === 0) return;
    await new Promise<void>((resolve) => (this.#allGone = resolve));
  }

  #leave(): void {
    if (this.#state.name === 'pausing') clearTimeout(this.#state.timer);
    if (this.#state.name !== 'running') return;
    const { child, plan } = this.#state;
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.#log('error', 'pool-killed', { pool: plan.name, pid: child.pid });
      child.kill('SIGKILL');
    }, plan.drainTimeoutMs + KILL_MS);
    child.once('exit', () => clearTimeout(timer));
  }

  #spawn(plan: ResponderPlan): void {
    const child = spawnResponder(plan, () => this.#leftByItself(child));
    this.#state = { name: 'running', plan, child, since: performance.now() };
    this.#processes.add(child);
    child.once('error', (error) => this.#ended(child, error.message));
    child.once('exit', (code, signal) => this.#ended(child, signal ?? `exit code ${code}`));
    this.#log('info', 'pool-started', { pool: plan.name, pid: child.pid });
  }

  /** It takes no more connections, because a thread of it cannot be ended; its sockets want another. */
  #leftByItself(child: ChildProcess): void {
    if (this.#state.name !== 'running' || this.#state.child !== child) return;
    const { plan } = this.#state;
    this.#log('warn', 'pool-left', { pool: plan.name, pid: child.pid });
    this.#spawn(plan);
  }

  #ended(child: ChildProcess, how: string): void {
    if (!this.#processes.delete(child)) return;
    if (this.#state.name === 'running' && this.#state.child === child) this.#died(this.#state, how);
    if (this.#processes.size === 0) this.#allGone();
  }

  #died({ plan, child, since }: Running, how: string): void {
    const pauseMs = this.#deaths.pauseAfter(performance.now() - since);
    const fields = { pool: plan.name, pid: child.pid, how };
    if (pauseMs === undefined) {
      this.#state = { name: 'given-up' };
      this.#log('error', 'pool-given-up', fields);
      this.#givenUp();
      return;
    }
    this.#log('error', 'pool-ended', { ...fields, pauseMs });
    if (pauseMs === 0) return this.#spawn(plan);
    this.#state = { name: 'pausing', timer: setTimeout(() => this.#spawn(plan), pauseMs) };
  }
}
