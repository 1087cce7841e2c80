// What holds for any input. The specs try each property some times, `npm run fuzz` as often as there is time.

import * as fc from 'fast-check';

export interface Property {
  /** A sentence about the program. */
  readonly holds: string;
  /** Inputs in one go: the specs try so many, `npm run fuzz` so many before the next property's turn. */
  readonly runs: number;
  /**
   * Made anew for each go.
   * @param whenDone takes what is to be done after the last run
   */
  readonly property: (
    whenDone: (clear: () => Promise<unknown> | void) => void,
  ) => fc.IRawProperty<unknown>;
}

/** One go. Throws with seed, counterexample and what was wrong with it. */
export async function tryOut({ property, runs }: Property, seed?: number): Promise<void> {
  const clearings: (() => Promise<unknown> | void)[] = [];
  try {
    const made = property((clear) => clearings.push(clear));
    await fc.assert(made, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
  } finally {
    for (const clear of clearings) await clear();
  }
}
