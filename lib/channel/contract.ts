// The one contract between the main thread and a worker thread: what a job is, and every message.
// Data only: everything here survives structured clone.

import type { Limits, Outcome, Preopen } from '../run.js';

/** One run of one module. Strings are byte strings (latin1), as in the exchange. */
export interface Job {
  /** Identity of the compiled module; the same key always means the same Module. */
  readonly moduleKey: string;
  readonly module: WebAssembly.Module;
  /** argv, argv[0] included. */
  readonly args: readonly string[];
  /** `K=V` strings in order. */
  readonly env: readonly string[];
  readonly preopens: readonly Preopen[];
  /** Exported function of type () -> (), usually `_start`. */
  readonly entryPoint: string;
  readonly limits: Limits;
}

/** What the pool's user gives to hear of a run. Called on the main thread. */
export interface RunEvents {
  /** Guest stdout as it is flushed. The receiver owns the chunk. Answer `false` to hold the guest back until `Run.drained()`. */
  stdout(chunk: Uint8Array<ArrayBuffer>): boolean;
  /** Guest stderr bytes, at most `limits.stderrBytes` in all. */
  stderr(chunk: Uint8Array<ArrayBuffer>): void;
  /** The guest has taken enough of the body: `Run.body` may be called again. */
  bodyWanted(): void;
  /** Exactly once, last; all stdout and stderr came before. */
  ended(outcome: Outcome): void;
}

/** The handle on a queued or running job. */
export interface Run {
  /** Gives body bytes (transferred). False: enough for now, wait for `bodyWanted`. */
  body(chunk: Uint8Array<ArrayBuffer>): boolean;
  bodyEnded(): void;
  /** The receiver of stdout that answered false can take more. */
  drained(): void;
  /** Ends the run now, wherever it is; `ended({kind:'aborted'})` follows. */
  abort(): void;
}
