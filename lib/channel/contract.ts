// The one contract between the main thread and a worker thread: what a job is, and every message.
// Data only: everything here survives structured clone.

import type { GuestModule } from '../component/definition.js';
import type { GuestSnapshot } from '../picture.js';
import type { Limits, Outcome, Preopen, WhyFresh } from '../run.js';
import type { BELL, BellWord } from './bell.js';
import type { ControlWords } from './control.js';
import type { MailboxMemory } from './mailbox.js';
import type { OutgoingPeer, OutgoingQuestion } from './outgoing.js';
import type { PipeMemory } from './pipe.js';
import type { PackedStrings } from './strings.js';

/** One run of one module. Strings are byte strings (latin1), as in the exchange. */
export interface Job {
  /** Identity of `module`: the same key always means the same one. */
  readonly moduleKey: string;
  readonly module: GuestModule | GuestSnapshot;
  /** argv, argv[0] included. */
  readonly args: readonly string[];
  /** `K=V` strings in order. */
  readonly env: readonly string[];
  /** How many of `env`, from the first on, WasmEnv has set; default: all. */
  readonly configured?: number | undefined;
  readonly preopens: readonly Preopen[];
  /** Exported function of type () -> (), usually `_start`. */
  readonly entryPoint: string;
  readonly limits: Limits;
}

/** What all runs of one route have in common. */
export type RunGrant = Pick<
  Job,
  'moduleKey' | 'args' | 'preopens' | 'configured' | 'entryPoint' | 'limits'
>;

/** What the pool's user gives to hear of a run. Called on the main thread. */
export interface RunEvents {
  /** Guest stdout as it is flushed. The receiver owns the chunk. Answer `false` to hold the guest back until `Run.drained()`. */
  stdout(chunk: Uint8Array<ArrayBuffer>): boolean;
  /** Guest stderr bytes, at most `limits.stderrBytes` in all, then one line that counts what was dropped. */
  stderr(chunk: Uint8Array<ArrayBuffer>): void;
  /** A limit has made a call of the guest fail, or part of it; at most once per limit. */
  reached(limit: keyof Limits): void;
  /** The snapshot that the run was given cannot serve it: it begins in a fresh instance. At most once. */
  fresh?(why: WhyFresh): void;
  /** The guest has taken enough of the body: `Run.body` may be called again. */
  bodyWanted(): void;
  /** The guest asks somebody else. Without this it is denied. */
  outgoing?(question: OutgoingQuestion, peer: OutgoingPeer): void;
  /** Exactly once, last; all stdout and stderr came before. */
  ended(outcome: Outcome): void;
}

/** The handle on a queued or running job. */
export interface Run {
  /** Gives body bytes, which are copied. False: enough for now, wait for `bodyWanted`. */
  body(chunk: Uint8Array): boolean;
  bodyEnded(): void;
  /** The receiver of stdout that answered false can take more. */
  drained(): void;
  /** Ends the run now, wherever it is; `ended({kind:'aborted'})` follows. */
  abort(): void;
}

/** Main thread to worker: one run, in one message; a small one goes by the mailbox instead. */
export interface StartMessage {
  /** Number of this run within its thread, never 0; every other message of the run carries it. */
  readonly run: number;
  /** Of the mailbox: where its answer may be put. */
  readonly slot: number;
  /** Only the first time this thread is given the module, and again after it had to forget it. */
  readonly module: Job['module'] | undefined;
  /** A key to drop first, so that both sides remember the same modules. */
  readonly forget: string | undefined;
  /** Where the thread keeps the run's grant, and the grant when it is not there yet, or another one is. */
  readonly grantSlot: number;
  readonly grant: RunGrant | undefined;
  readonly env: PackedStrings;
  /** It comes through the pipe; else there is none. */
  readonly hasBody: boolean;
}

/** Main thread to worker: the thread is in its event loop, and something is in its mailbox. */
export type Nudge = 'nudge';

/** Main thread to worker: modules that it is not to keep; no run of theirs is under way. */
export interface Forget {
  /** By `moduleKey`. */
  readonly forgets: readonly string[];
}

/** What the worker is started with (`workerData`). */
export interface ThreadStart {
  readonly words: ControlWords;
  readonly mailbox: MailboxMemory;
  readonly bell: BellWord;
  readonly pipe: PipeMemory;
}

/**
 * Worker to main thread. An answer up to some 64 KiB is one `ended` message that carries all of it;
 * a small one lies in the mailbox instead, and nothing else was posted in that run.
 */
export type ThreadMessage<Port = unknown> =
  | typeof BELL
  /** Comes first; `thread` is the kernel's number of it. */
  | { readonly kind: 'ready'; readonly thread: number }
  | { readonly kind: 'stdout'; readonly run: number; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'stderr'; readonly run: number; readonly chunk: Uint8Array<ArrayBuffer> }
  /** A limit has made a call of the guest fail, or part of it; once per limit and run. */
  | { readonly kind: 'reached'; readonly run: number; readonly limit: keyof Limits }
  /** The snapshot cannot serve this run: it begins in a fresh instance. */
  | { readonly kind: 'fresh'; readonly run: number; readonly why: WhyFresh }
  /** The guest asks somebody else; all that follows goes over `port` (outgoing.ts). */
  | {
      readonly kind: 'outgoing';
      readonly run: number;
      readonly question: OutgoingQuestion;
      readonly port: Port;
    }
  | {
      readonly kind: 'ended';
      readonly run: number;
      readonly outcome: Outcome;
      readonly stdout: Uint8Array<ArrayBuffer> | undefined;
      readonly stderr: Uint8Array<ArrayBuffer> | undefined;
    };
