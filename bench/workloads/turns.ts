// The rounds: each target in turn, figures by target, and no more questions to one that failed.

import { WrongAnswer } from '../load/load.js';
import type { Figure, Series } from '../model.js';

/** One thing to measure, again in every round. */
export interface Turn {
  readonly workload: string;
  readonly target: string;
  readonly concurrency: number;
  /** @throws WrongAnswer */
  warmUp(): Promise<void>;
  /** @throws WrongAnswer */
  measure(): Promise<Figure>;
}

/** Warms all up, then measures all once in every round, so that each has its share of bad weather. */
export async function takeTurns(
  turns: readonly Turn[],
  rounds: number,
  progress: (text: string) => void,
): Promise<Series[]> {
  const figures = new Map<Turn, Figure[]>();
  const failures = new Map<Turn, string>();
  const attempt = async (turn: Turn, work: () => Promise<void>): Promise<void> => {
    if (failures.has(turn)) return;
    try {
      await work();
    } catch (thrown) {
      if (!(thrown instanceof WrongAnswer)) throw thrown;
      failures.set(turn, thrown.message);
    }
  };
  for (const turn of turns) {
    progress(`${turn.workload}: warm up ${turn.target}`);
    await attempt(turn, () => turn.warmUp());
    figures.set(turn, []);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const turn of turns) {
      progress(`${turn.workload}: round ${round}, ${turn.target}, ${turn.concurrency} at a time`);
      await attempt(turn, async () => {
        figures.get(turn)?.push(await turn.measure());
      });
    }
  }
  return turns.map((turn) => {
    const { workload, target, concurrency } = turn;
    const failure = failures.get(turn);
    return {
      workload,
      target,
      concurrency,
      figures: figures.get(turn) ?? [],
      ...(failure === undefined ? {} : { failure }),
    };
  });
}
