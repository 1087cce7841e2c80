// What the WASI host needs to know of the running guest: its stdio, deadline and grants.

import type { Limits, Outcome, Preopen } from '../run.js';
import type { Descriptor } from './descriptor.js';

/** Guest stdin. A wait ends at the deadline by throwing `GuestStop`. */
export interface ByteSource {
  /** Bytes that can be read now without waiting; 0 while `ended` is false means a read would wait. */
  readonly available: number;
  readonly ended: boolean;
  /** Copies 1..target.length bytes into target, waiting when there are none; 0 is the end of input. */
  read(target: Uint8Array): number;
  /** Waits for bytes or the end, at most `timeoutMs`; true when either is there. */
  wait(timeoutMs: number): boolean;
}

/** Guest stdout or stderr. */
export interface ByteSink {
  /** Takes all of `bytes` (a view of guest memory, copied before return). May wait; may throw `GuestStop`. */
  write(bytes: Uint8Array): void;
  /** Passes on what is buffered. The host calls it before the guest waits for anything. */
  flush(): void;
  /** Sees that what is buffered is passed on soon, also while the guest only computes. */
  offer(): void;
}

/** Everything of one run that the host's calls act on. */
export interface GuestProcess {
  /** Byte strings (latin1, a character a byte) without NUL; argv[0] included. */
  readonly args: readonly string[];
  /** `K=V` byte strings. */
  readonly env: readonly string[];
  /** How many of `env`, from the first on, the configuration has set; default: all. */
  readonly configured?: number | undefined;
  readonly preopens: readonly Preopen[];
  /** The name of a directory in which the guest finds its request as a file, if there is to be one. */
  readonly requestDirectory?: string;
  readonly limits: Limits;
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /**
   * Waits until `ready`, at most `ms`, and never past the run's deadline, where it throws `GuestStop`.
   * terminate() can interrupt it. @returns whether it was ready
   */
  wait(ready: () => boolean, ms: number): boolean;
  /** Hears of every file and directory that the guest opens. */
  readonly opened?: (descriptor: Descriptor) => void;
  /** The guest wants this request to be served by a fresh instance; undefined where it is one. */
  readonly declined?: (() => void) | undefined;
  /** A limit has made a call fail, or part of it: for the log. */
  readonly reached: (limit: keyof Limits) => void;
}

/**
 * Unwinds the guest: thrown by a host call (proc_exit, a limit, the deadline), caught by the worker
 * alone. The host remembers it and throws it again from every later call, since a guest's own
 * catch_all may swallow the first.
 */
export class GuestStop extends Error {
  override readonly name = 'GuestStop';
  constructor(readonly outcome: Outcome) {
    super(outcome.kind);
  }
}
