// What a workload is to the bench: a name to select it by, and how it comes to its rows.

import type { Row } from '../model.js';
import type { Stage } from '../stage.js';

export interface Workload {
  /** As in `--only` and in the table; what is before the first `-` is its family. */
  readonly name: string;
  /** Also part of `--quick`. */
  readonly isQuick: boolean;
  run(bench: Bench): Promise<readonly Row[]>;
}

/** What a workload is given. */
export interface Bench {
  readonly stage: Stage;
  /** Leave out what is not needed for a first look. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Length of one measurement. */
  readonly seconds: number;
  /** Says what is going on, on a terminal. */
  readonly progress: (text: string) => void;
  /** Says, in the report too, what takes no part and why. */
  readonly leaveOut: (line: string) => void;
}

/** `hello` selects `hello` and `hello-close`; `hello-close` itself alone. */
export function isSelected(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((word) => name === word || name.startsWith(`${word}-`));
}
