// `npm run soak`: every scenario for some minutes, and one table of what was held and what was lost.

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import type { Budget, Finding } from './scenario.js';
import { SCENARIOS } from './scenarios.js';

const USAGE = 'Usage: npm run soak [-- --minutes N] [-- --only NAME]';
const DEFAULT_MINUTES = 6;

/**
 * Runs the scenarios one after the other; `--minutes` is for all of them together.
 * @returns the exit code: 1 when a promise was broken
 */
export async function soak(words: readonly string[]): Promise<number> {
  const { minutes, only, help } = wishOf(words);
  const chosen = SCENARIOS.filter(({ name }) => name.includes(only));
  if (help || !(minutes > 0) || chosen.length === 0) {
    const names = SCENARIOS.map(({ name }) => `"${name}"`).join(', ');
    const usage = `${USAGE}\nThe scenarios are ${names}.\n`;
    if (help) process.stdout.write(usage);
    else process.stderr.write(usage);
    return help ? 0 : 2;
  }
  const rows: string[] = [];
  let isWhole = true;
  for (const { name, promise, run } of chosen) {
    process.stderr.write(`${name}: ${promise}\n`);
    const finding = await run(budgetOf((minutes * 60_000) / chosen.length)).catch(failureOf);
    for (const sentence of finding.broken) process.stderr.write(`  broken: ${sentence}\n`);
    if (finding.broken.length > 0) isWhole = false;
    rows.push(rowOf(name, finding));
  }
  process.stdout.write(`${HEAD}\n${rows.join('\n')}\n`);
  return isWhole ? 0 : 1;
}

/** What the words ask for; no minutes at all when they are none that we know. */
function wishOf(words: readonly string[]): { minutes: number; only: string; help: boolean } {
  const options = {
    minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values } = parseArgs({ args: [...words], options });
    return { ...values, minutes: Number(values.minutes) };
  } catch {
    return { minutes: Number.NaN, only: '', help: false };
  }
}

function budgetOf(ms: number): Budget {
  const end = performance.now() + ms;
  return {
    another: () => performance.now() < end,
    pause: async (ms) => {
      await delay(ms);
    },
  };
}

/** A scenario that could not be played to its end has broken its promise. */
function failureOf(thrown: unknown): Finding {
  const nothing = { requests: 0, rate: 0, lost: 0, allowed: 0, beforeMib: 0, afterMib: 0 };
  return { ...nothing, faults: '-', broken: [String(thrown)] };
}

const HEAD = `| scenario | load held, req/s | requests | faults injected | lost | allowed | RSS before, MiB | after | |
|---|---|---|---|---|---|---|---|---|`;

function rowOf(name: string, finding: Finding): string {
  const { requests, rate, faults, lost, allowed, beforeMib, afterMib, broken } = finding;
  const held = broken.length === 0 ? 'held' : 'BROKEN';
  const cells = [name, rate, requests, faults, lost, allowed, beforeMib, afterMib, held];
  const shown = cells.map((cell) => (typeof cell === 'number' ? Math.round(cell) : cell));
  return `| ${shown.join(' | ')} |`;
}
