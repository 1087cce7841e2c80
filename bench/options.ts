// The bench's command line.

import { parseArgs } from 'node:util';

/** What the user asked for. */
export interface Wish {
  readonly quick: boolean;
  /** Names or families of workloads; none: all. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** File to write the rows to, as JSON. */
  readonly json: string | undefined;
  /** Directory for report.md and report.svg. */
  readonly report: string | undefined;
  readonly help: boolean;
}

const MOST_ROUNDS = 100;

/** @param names of all workloads */
export function usage(names: readonly string[]): string {
  return `npm run bench -- [--quick] [--only NAME,…] [--rounds N] [--json FILE] [--report DIR]
  --quick      fewer workloads, shorter rounds: under 3 minutes on an idle machine
  --only       these workloads: a name, or a family such as hello or php
  --rounds     how often each target is measured, 1..${MOST_ROUNDS}; default 5, with --quick 2
  --json FILE  writes machine and rows as JSON
  --report DIR writes report.md and report.svg; default bench for a whole run, else none
Workloads: ${names.join(', ')}
`;
}

/**
 * @param names of all workloads
 * @returns the wish, or one line that says what is wrong with the words
 */
export function readWish(words: readonly string[], names: readonly string[]): Wish | string {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        rounds: { type: 'string' },
        json: { type: 'string' },
        report: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const { quick, json, help } = values;

    const rounds = values.rounds ?? (quick ? '2' : '5');
    const count = /^\d{1,3}$/.test(rounds) ? Number(rounds) : 0;
    if (count < 1 || count > MOST_ROUNDS)
      return `--rounds must be 1..${MOST_ROUNDS}, not "${rounds}"`;
    const only = values.only.split(',').filter((name) => name !== '');
    for (const name of only) {
      const known = names.some((full) => full === name || full.startsWith(`${name}-`));
      if (!known) return `--only must name workloads, not "${name}": ${names.join(', ')}`;
    }
    const isWhole = !quick && only.length === 0;
    const report = values.report ?? (isWhole ? 'bench' : undefined);
    return { quick, only, rounds: count, json, report, help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
