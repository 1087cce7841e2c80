// When a run has to be over: by the clock, by its processor time, and soon after it was asked to leave.

import { FewMap } from '../few.js';
import { RunCpu } from './cpu-time.js';
import type { Deadlines } from './deadlines.js';
import type { PooledRun } from './pooled-run.js';
import type { Thread } from './thread.js';

/**
 * How much later than the guest's own waits the thread is killed: a guest that only waits ends by
 * itself at the deadline, and its thread lives on.
 */
const KILL_GRACE_MS = 25;

export class RunLimits {
  readonly #deadlines: Deadlines;
  readonly #kill: (thread: Thread, run?: PooledRun) => boolean;
  /** Of runs whose processor time ends before their wall time may. */
  readonly #cpu = new FewMap<PooledRun, RunCpu>();

  /** @param kill ends a thread for the run; false when that has come to its end just now */
  constructor(deadlines: Deadlines, kill: (thread: Thread, run?: PooledRun) => boolean) {
    this.#deadlines = deadlines;
    this.#kill = kill;
  }

  begun(run: PooledRun, thread: Thread): void {
    const { timeoutMs, cpuTimeMs } = run.job.limits;
    if (cpuTimeMs < timeoutMs) this.#limitCpu(run, thread, cpuTimeMs);
    this.#deadlines.set(run, timeoutMs + KILL_GRACE_MS, () => {
      if (this.#kill(thread, run)) run.finish({ kind: 'timeout' });
    });
  }

  over(run: PooledRun): void {
    const cpu = this.#cpu.get(run);
    if (cpu === undefined) return;
    this.#deadlines.clear(cpu);
    this.#cpu.delete(run);
  }

  /** The thread was asked to leave its run, and is ended if it does not. */
  leaving(thread: Thread): void {
    this.#deadlines.set(thread, KILL_GRACE_MS, () => this.#kill(thread));
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
}
