// The report as Markdown.

import { format } from 'prettier';

import { summaryOf } from '../machine.js';
import type { Report } from '../model.js';
import { type Verdict, GOALS, judge } from './goals.js';
import { HEADS, cellsOf, number } from './table.js';

export const GOAL_HEADS = ['goal', 'bound', 'measured', 'verdict'] as const;

export function cellsOfVerdict({ what, bound, measured, verdict }: Verdict): string[] {
  return [what, bound, number(measured), verdict];
}

/** The whole report, laid out as prettier wants it. @param plot file name of the SVG */
export async function markdownOf(report: Report, plot: string): Promise<string> {
  const { machine, rows, rounds, leftOut } = report;
  const verdicts = GOALS.map((goal) => judge(goal, rows));
  const text = `# Rivals and us in one run

${summaryOf(machine)}; load generators on the same cores. ${rounds} rounds; in each, every target is measured in turn, so that what slows
the machine down for a while slows all of them.

- **ratio**: requests per second over those of the target in the column "to", round by round; median
  of the rounds (least–most). Where that column says "cpu", "time" or "memory", that is compared.
- **CPU µs**: processor time of the target's own processes per request, mod_cgid's daemon and all it
  starts included. httpd's own is in nobody's.
- **RSS**: resident memory of those processes. Pages that processes share count for each of them.
- Every answer's status and length are checked; one wrong answer fails the row.
- \`null\`: our FastCGI server answers from the main thread, without Wasm. \`echo\`: from a worker
  thread. \`static\`: httpd sends a file. \`libfcgi\`: the guest's C source compiled natively, threads,
  kept connections. \`node-fastcgi\`: the npm package with node:wasi.

![Ratios](${plot})

## Goals

${tableOf(GOAL_HEADS, verdicts.map(cellsOfVerdict))}

## Figures

${tableOf(HEADS, rows.map(cellsOf))}
${leftOut.length === 0 ? '' : `\n## Left out\n\n${leftOut.map((line) => `- ${line}`).join('\n')}\n`}`;
  return format(text, { parser: 'markdown', printWidth: 100 });
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [lineOf(heads), lineOf(heads.map(() => '---')), ...rows.map(lineOf)].join('\n');
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
