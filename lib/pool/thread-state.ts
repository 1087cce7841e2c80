// Where a worker thread is in its life, as its pool knows it, and what the two say to each other.

import type { MessagePort } from 'node:worker_threads';
import type { ThreadMessage } from '../channel/contract.js';
import type { PooledRun } from './pooled-run.js';

/**
 * starting -> idle <-> running -> leaving -> idle, and from each of them stopping -> dead.
 * `leaving`: its run was aborted and it was asked to stop; if it is not back soon it is terminated.
 */
export type ThreadState =
  | { readonly name: 'starting' }
  | { readonly name: 'idle' }
  | { readonly name: 'running'; readonly run: PooledRun }
  | { readonly name: 'leaving' }
  | { readonly name: 'stopping' }
  | { readonly name: 'dead' };

/** What the pool hears of its threads. */
export interface ThreadOwner<Thread> {
  /** The thread has begun a run that was given to it beforehand. */
  begun(thread: Thread, run: PooledRun): void;
  /** The thread has begun such a run that is over already, and is asked to leave it. */
  leaving(thread: Thread): void;
  /** The thread can take a run: it has started, or its run is over. */
  free(thread: Thread): void;
  /** An answer lies in a mailbox, of this thread or of others. */
  rang(): void;
  /** The thread has gone; `before` is its state up to then, `reason` why when it went by itself. */
  gone(thread: Thread, before: ThreadState, reason: string): void;
}

/** What a thread says of a run. */
export type RunMessage = Extract<ThreadMessage<MessagePort>, { readonly run: number }>;
