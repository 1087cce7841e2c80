// All state of one run: memory, fds, walks, clocks, and the stop that ended it.

import { Walk } from './beneath.js';
import { WriteBudget } from './budget.js';
import { Fault, errnoOf } from './errno.js';
import type { Descriptor } from './descriptor.js';
import { FdTable } from './fds.js';
import { HostFds } from './hostfds.js';
import { Listings } from './listings.js';
import { GuestMemory } from './memory.js';
import { openPreopen } from './preopens.js';
import { type GuestProcess, GuestStop } from './process.js';
import { SetTimes } from './settimes.js';
import { RequestDirectory } from './request.js';
import { InputStream, OutputStream } from './stdio.js';

/** A monotonic clock starts a day in, so that a guest may subtract from it without wrapping. */
const MONOTONIC_START_NS = 86_400_000_000_000n;

export class Guest {
  readonly memory = new GuestMemory();
  readonly hostFds = new HostFds();
  readonly listings = new Listings();
  readonly setTimes = new SetTimes();
  readonly fds: FdTable;
  readonly budget: WriteBudget;
  /** For calls with one path, and for the first of two. */
  readonly walk = new Walk(this.hostFds);
  readonly secondWalk = new Walk(this.hostFds);
  /** What ended the run; every later call throws it again. */
  stop: GuestStop | undefined;
  /** What the run began with, whatever it has closed or moved since. */
  readonly given: readonly Descriptor[];
  readonly #stdin: InputStream;
  readonly #stdout: OutputStream;
  #startNs = process.hrtime.bigint();
  #startedAtNs = BigInt(Date.now()) * 1_000_000n;

  /** @throws Error when a preopen cannot be opened; nothing stays open then */
  constructor(readonly process: GuestProcess) {
    const { limits, preopens, requestDirectory, env, stdin, stdout, stderr, declined } = process;
    this.budget = new WriteBudget(limits, process.reached);
    // What we add of our own accord takes nothing away.
    const openFiles = limits.openFiles + (requestDirectory === undefined ? 0 : 1);
    this.fds = new FdTable(openFiles, () => process.reached('openFiles'));
    this.#stdin = new InputStream(stdin, () => this.flush());
    this.#stdout = new OutputStream(stdout);
    try {
      this.fds.add(this.#stdin);
      this.fds.add(this.#stdout);
      this.fds.add(new OutputStream(stderr));
      for (const preopen of preopens)
        this.fds.add(openPreopen(this.hostFds, this.listings, preopen));
      if (requestDirectory !== undefined) {
        const { hostFds, listings } = this;
        const decline = declined && ((): never => this.#decline(declined));
        this.fds.add(new RequestDirectory(hostFds, listings, env, requestDirectory, decline));
      }
      this.given = this.fds.slots().filter((one) => one !== undefined);
    } catch (error) {
      this.hostFds.closeAll();
      throw error instanceof Fault
        ? new Error(`${preopens.length} preopens and stdio pass the limit of open files`)
        : error;
    }
  }

  /** Passes on all output, before the guest waits. */
  flush(): void {
    this.process.stdout.flush();
    this.process.stderr.flush();
  }

  /** The run has begun so long ago: that of a snapshot, whose clocks must not go back. */
  goOnFrom(elapsedNs: bigint): void {
    this.#startNs -= elapsedNs;
    this.#startedAtNs -= elapsedNs;
  }

  /** ns since the run began. */
  elapsedNs(): bigint {
    return process.hrtime.bigint() - this.#startNs;
  }

  /** Its base is the run's own: the host's uptime is not shown. */
  monotonicNs(): bigint {
    return MONOTONIC_START_NS + this.elapsedNs();
  }

  /** ns since 1970: the clock at the start and what has passed since, as Date has ms only. */
  realtimeNs(): bigint {
    return this.#startedAtNs + this.elapsedNs();
  }

  /** @throws GuestStop; Fault EBUSY when there is something that a second run could not do again */
  #decline(declined: () => void): never {
    if (this.#stdin.passed + this.#stdout.passed + this.budget.spent > 0) throw new Fault('EBUSY');
    declined();
    throw new GuestStop({ kind: 'aborted' });
  }

  /** The errno for what a call threw. @throws GuestStop for everything that is not an answer */
  answer(thrown: unknown): number {
    const errno = errnoOf(thrown);
    if (errno !== undefined) return errno;
    this.stop = thrown instanceof GuestStop ? thrown : stopOf(thrown);
    throw this.stop;
  }
}

/** The stack may end inside a host call: that is the guest's doing. All else is a fault of ours. */
function stopOf(thrown: unknown): GuestStop {
  if (thrown instanceof RangeError && /call stack/.test(thrown.message)) {
    return new GuestStop({ kind: 'trap', message: 'call stack exhausted' });
  }
  return new GuestStop({ kind: 'failed', message: `wasi: ${String(thrown)}` });
}
