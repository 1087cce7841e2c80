// Rivals and us in one run: starts all of it, measures in turns, prints and writes the report.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { formatTable } from '../samples/table.js';
import { describeMachine, summaryOf } from './machine.js';
import type { Report, Row } from './model.js';
import { type Wish, readWish, usage } from './options.js';
import { GOALS, judge } from './report/goals.js';
import { jsonOf } from './report/json.js';
import { GOAL_HEADS, cellsOfVerdict, markdownOf } from './report/markdown.js';
import { svgOf } from './report/svg.js';
import { HEADS, cellsOf } from './report/table.js';
import { makeStage } from './stage.js';
import { rowOf } from './statistics.js';
import { WORKLOADS } from './workloads/all.js';
import { type Bench, type Workload, isSelected } from './workloads/workload.js';

/** The user has seen enough. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

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
    if (stopped !== undefined && text !== '') throw new Stopped(`Stopped by ${stopped}`);
    // One line that is written over, on a terminal only.
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  };
  const rows: Row[] = [];
  const leftOut: string[] = [];
  const stage = await makeStage();
  try {
    const given: Bench = {
      stage,
      quick: wish.quick,
      rounds: wish.rounds,
      seconds: wish.quick ? 1 : 2,
      progress,
      leaveOut: (line) => {
        leftOut.push(line);
        process.stderr.write(`${line}\n`);
      },
    };
    const wanted = WORKLOADS.filter(({ name, isQuick }) =>
      wish.only.length > 0 ? isSelected(name, wish.only) : isQuick || !wish.quick,
    );
    for (const workload of wanted) rows.push(...(await rowsOf(workload, given)));
  } finally {
    progress('');
    await stage.clear();
  }
  await tell({ machine: await describeMachine(), rows, leftOut, rounds: wish.rounds }, wish);
  return rows.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

/** Its rows, or one that says what went wrong where it cannot be told of one target. */
async function rowsOf(workload: Workload, bench: Bench): Promise<readonly Row[]> {
  try {
    return await workload.run(bench);
  } catch (thrown) {
    // Half an hour is not thrown away for one of them.
    if (thrown instanceof Stopped) throw thrown;
    const { name } = workload;
    const series = { workload: name, target: 'wasm-fcgi', concurrency: 1, figures: [] };
    return [rowOf({ ...series, failure: messageOf(thrown) }, undefined)];
  }
}

async function tell(report: Report, { json, report: directory }: Wish): Promise<void> {
  const { rows } = report;
  const verdicts = GOALS.map((goal) => judge(goal, rows)).filter(
    ({ verdict }) => verdict !== 'not measured',
  );
  process.stdout.write(formatTable([HEADS, ...rows.map(cellsOf)]));
  if (verdicts.length > 0)
    process.stdout.write(`\n${formatTable([GOAL_HEADS, ...verdicts.map(cellsOfVerdict)])}`);
  if (json !== undefined) await writeFile(json, jsonOf(report));
  if (directory === undefined) return;
  await writeFile(join(directory, 'report.md'), await markdownOf(report, 'report.svg'));
  await writeFile(join(directory, 'report.svg'), svgOf(rows, summaryOf(report.machine)));
}

/** In one line: it goes into a table. */
function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replaceAll(/\s+/g, ' ').slice(0, 200);
}
