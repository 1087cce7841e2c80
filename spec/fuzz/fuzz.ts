// `npm run fuzz`: the properties of the specs, in turns, for minutes; what fails is printed with its seed.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

import { messageOf } from '../../lib/errors.js';
import { PROPERTIES } from './properties.js';
import { tryOut } from './property.js';

const USAGE = 'Usage: npm run fuzz [-- --minutes N] [-- --seed S]';
const DEFAULT_MINUTES = 10;
const SEEDS = 2 ** 31;

/**
 * Tries all properties again and again; each round has a seed of its own, counted up from the first.
 * @returns the exit code: 1 when a property does not hold
 */
export async function fuzz(words: readonly string[]): Promise<number> {
  const { minutes, first } = wishOf(words);
  if (!(minutes > 0) || !Number.isSafeInteger(first)) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  process.stderr.write(`seed ${first}, ${minutes} minutes\n`);
  const end = performance.now() + minutes * 60_000;
  const all = [...PROPERTIES].flatMap(([subject, properties]) =>
    properties.map((property) => ({ subject, property, inputs: 0, failures: 0 })),
  );
  for (let seed = first; performance.now() < end; seed += 1) {
    for (const row of all) {
      // One failure of a property is enough to look into.
      if (row.failures > 0 || performance.now() >= end) continue;
      try {
        await tryOut(row.property, seed % SEEDS);
      } catch (thrown) {
        row.failures += 1;
        process.stderr.write(`${row.subject}: ${row.property.holds}\n${messageOf(thrown)}\n`);
        process.stderr.write(`Again: npm run fuzz -- --seed ${seed}\n`);
      }
      row.inputs += row.property.runs;
    }
  }
  const rows = all.map(({ subject, property, inputs, failures }) => {
    return `| ${subject} | ${property.holds} | ${inputs} | ${failures === 0 ? 'held' : 'BROKEN'} |\n`;
  });
  process.stdout.write(`| subject | property | inputs | |\n|---|---|---|---|\n${rows.join('')}`);
  return all.some(({ failures }) => failures > 0) ? 1 : 0;
}

/** What the words ask for; no minutes at all when they are none that we know. */
function wishOf(words: readonly string[]): { minutes: number; first: number } {
  const options = { minutes: { type: 'string' }, seed: { type: 'string' } } as const;
  try {
    const { values } = parseArgs({ args: [...words], options });
    const { minutes = DEFAULT_MINUTES, seed = randomInt(SEEDS) } = values;
    return { minutes: Number(minutes), first: Number(seed) };
  } catch {
    return { minutes: Number.NaN, first: 0 };
  }
}
