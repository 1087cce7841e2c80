// Which pictures stay in memory: so many bytes of them in all, and those longest unused go first.

/** A picture that was asked for so lately makes room for no other: two would take turns for ever. */
const IN_USE_MS = 60_000;

export interface Held {
  readonly bytes: number;
  /** When it was asked for last, on the clock of performance.now(). */
  readonly usedMs: number;
}

/**
 * Who is to go so that `bytes` more can be held.
 * @param held all others
 * @param inUseMs of those asked for within this time none goes
 * @returns the fewest that are enough, those longest unused; undefined when all that may go are not enough
 */
export function whoMakesRoom<One extends Held>(
  held: readonly One[],
  bytes: number,
  limitBytes: number,
  nowMs: number,
  inUseMs = IN_USE_MS,
): readonly One[] | undefined {
  let over = held.reduce((sum, one) => sum + one.bytes, bytes) - limitBytes;
  const going: One[] = [];
  for (const one of held.toSorted((a, b) => a.usedMs - b.usedMs)) {
    if (over <= 0) break;
    if (nowMs - one.usedMs < inUseMs) return undefined;
    going.push(one);
    over -= one.bytes;
  }
  return over <= 0 ? going : undefined;
}
