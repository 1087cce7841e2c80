// What building a snapshot takes and gives: data that goes to the process that builds and comes back.

import type { SnapshotPicture } from '../picture.js';
import type { Limits, Preopen } from '../run.js';

/** The program of a snapshot, as a route's configuration says it. Strings are byte strings. */
export interface SnapshotProgram {
  /** Path of its module; `below` as in lib/module/file.ts. */
  readonly module: string;
  readonly below: string | undefined;
  readonly sha256: string;
  /** argv[0] included. */
  readonly args: readonly string[];
  /** What WasmEnv says, `K=V`: the rest is the request's. */
  readonly env: readonly string[];
  readonly preopens: readonly Preopen[];
  readonly entryPoint: string;
  readonly limits: Limits;
  /** What is to be looked at besides, in the state in which it was when this was asked for. */
  readonly watched: readonly Source[];
}

export interface Built {
  /** From the instance to the read of the request. */
  readonly bootMs: number;
  /** From the picture to the read of the request, the picture's copy included. */
  readonly requestMs: number;
  /** Of memory, 2^20 bytes. */
  readonly megabytes: number;
  /** File that holds it. */
  readonly cachedAs: string;
}

export interface Refused {
  /** One clause with the program as its subject. */
  readonly reason: string;
  /** What to do about it. */
  readonly change: string;
  /** What the program had opened by then. */
  readonly sources?: readonly Source[];
}

/** A file or directory that the program opened on its way to its request. */
export interface Source {
  readonly path: string;
  /** As `stateOf` tells it. */
  readonly state: string;
}

/** What the building process hands over: everything but the modules' code. */
export interface Snapshot {
  readonly picture: SnapshotPicture;
  /** The instrumented module, as bytes that lib/module still has to make ready. */
  readonly module: Uint8Array;
  /** Its functions that are not worth to be optimized, by index. */
  readonly large: readonly number[];
  readonly sources: readonly Source[];
  readonly bootMs: number;
  readonly requestMs: number;
  /** Date.now() when it was taken. */
  readonly takenAtMs: number;
  /** What the program wrote to stderr until then. */
  readonly stderr: string;
}

/** The program, or what it runs on, is not one of which a snapshot can be taken. */
export class SnapshotRefusal extends Error {
  override readonly name = 'SnapshotRefusal';
  constructor(
    reason: string,
    readonly change: string,
  ) {
    super(reason);
  }
}
