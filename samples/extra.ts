// A sample that the demo has only when it is asked for, because of what has to be downloaded for it.

import type { Account } from './account.js';
import type { Sample } from './sample.js';
import type { Visit } from './visit.js';

/** Names a step to the user, runs it, and says how long it took. */
export type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>;

export interface Extra {
  readonly sample: Sample;
  /** For the demo's usage: what it is and what it takes, a line each. */
  readonly usage: readonly string[];
  /**
   * Downloads and builds what is not there yet, below a directory `.build-…` of the clone.
   * @returns the path of what was made
   * @throws Error with one line that the user can act on
   */
  readonly get: (root: string, step: Step) => Promise<string>;
  /**
   * Lays out what httpd's configuration finds under the sample's name in capitals, a variable that is
   * defined only then.
   * @param got the path that `get` returned
   * @param folder the sample's folder as it was laid out
   * @param to the place, not there yet
   * @param owner whom what the program may write shall belong to; undefined: the present user
   */
  readonly stage: (got: string, folder: string, to: string, owner?: Account) => void;
  /** What is to be done as soon as httpd serves it. */
  readonly begin?: (origin: string, step: Step) => Promise<Begun>;
}

/** A sample that has begun. */
export interface Begun {
  /** A line for the visitor. */
  readonly note: string;
  /** More visits than the sample's own checks. */
  readonly visit: () => Promise<readonly Visit[]>;
}
