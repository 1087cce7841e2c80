// What a fault scenario is, and what it finds out. The short form and the long one differ in rounds only.

import type { Load } from '../apache/load.js';

/** How long a scenario goes on. */
export interface Budget {
  /** Asked before each round but the first: is there to be another one? */
  another(): boolean;
  /** Waits between two rounds, where the server wants some time between two faults. */
  pause(ms: number): Promise<void>;
}

export interface Finding {
  /** Requests in all, and how many a second. */
  readonly requests: number;
  readonly rate: number;
  /** Faults that were injected: how many, of which kind. */
  readonly faults: string;
  /** Requests that got neither their answer nor an orderly 503, and how many may. */
  readonly lost: number;
  readonly allowed: number;
  /** Memory of the responder, MiB, before the first fault and after the last. */
  readonly beforeMib: number;
  readonly afterMib: number;
  /** Promises that were not kept, a sentence each. */
  readonly broken: readonly string[];
}

export interface Scenario {
  /** For `--only` and the table. */
  readonly name: string;
  /** What holds, as a sentence about the server. */
  readonly promise: string;
  readonly run: (budget: Budget) => Promise<Finding>;
}

/** One round, and no waiting: the form that the specs run. */
export const ONE_ROUND: Budget = { another: () => false, pause: () => Promise.resolve() };

/** What was counted beside a load. */
export type Counted = Pick<Finding, 'faults' | 'allowed' | 'beforeMib' | 'afterMib'> & {
  /** False with its sentence: a promise that was not kept. */
  readonly promises: readonly (readonly [boolean, string])[];
};

/** Closes a load: more lost than allowed is a broken promise like the others. */
export async function findingOf(load: Load, counted: Counted): Promise<Finding> {
  const { rate } = load;
  const { requests, wrong } = await load.stop();
  const { promises, ...rest } = counted;
  const lost = wrong.length;
  const broken = promises.filter(([kept]) => !kept).map(([, sentence]) => sentence);
  if (lost > rest.allowed)
    broken.push(`${lost} lost: ${[...new Set(wrong)].slice(0, 3).join('; ')}`);
  return { ...rest, requests, rate, lost, broken };
}
