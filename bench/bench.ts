// Rivals and us in one run: starts all of it, measures in turns, prints and writes the report.

import { writeFile } from 'node:fs/promises';

import { formatTable } from '../samples/table.js';
import { describeMachine } from './machine.js';
import type { Row } from './model.js';
import { readWish, usage } from './options.js';
import { jsonOf } from './report/json.js';
import { HEADS, cellsOf } from './report/table.js';
import { makeStage } from './stage.js';
import { WORKLOADS } from './workloads/all.js';
import { type Bench, isSelected } from './workloads/workload.js';

/**
 * @param words the command line, see `usage`
 * @returns the exit code: 0 done, 1 a request failed, 2 wrong usage
 */
export async function bench(words: readonly string[]): Promise<number> {
  const names = WORKLOADS.map(({ name }) => name);
  const wish = readWish(words, names);
  if (typeof wish === 'string') {
    process.stderr.write(`${wish}\n${usage(names)}`);
    return 2;
  }
  if (wish.help) {
    process.stdout.write(usage(names));
    return 0;
  }
  // What we make is for another user to read.
  process.umask(0o022);
  let stopped: string | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => (stopped ??= signal));
  const progress = (text: string): void => {
    // Between two measurements, so that all that was started is ended on the way out.
    if (stopped !== undefined && text !== '') throw new Error(`Stopped by ${stopped}`);
    // One line that is written over, on a terminal only.
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  };
  const rows: Row[] = [];
  const leftOut: string[] = [];
  const stage = await makeStage();
  try {
    const given: Bench = {
      stage,
      rounds: wish.rounds,
      seconds: wish.quick ? 1 : 3,
      progress,
      leaveOut: (line) => {
        leftOut.push(line);
        process.stderr.write(`${line}\n`);
      },
    };
    for (const workload of WORKLOADS.filter(({ name }) => isSelected(name, wish.only)))
      rows.push(...(await workload.run(given)));
  } finally {
    progress('');
    await stage.clear();
  }
  process.stdout.write(formatTable([HEADS, ...rows.map(cellsOf)]));
  if (wish.json !== undefined)
    await writeFile(wish.json, jsonOf({ machine: await describeMachine(), rows }));
  return rows.some(({ failure }) => failure !== undefined) ? 1 : 0;
}
