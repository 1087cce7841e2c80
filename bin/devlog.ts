// What `wasm-fcgi dev` says on the terminal: a line for each request, and what happened in it.

import type { Served } from '../lib/dev/server.js';
import { type Log, createLog } from '../lib/log.js';
import { harmless, styler } from './terminal.js';

const style = styler(process.stderr);
const plainLog = createLog((line) => say(line.trimEnd()), 'warn');

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The events of requests as people read them; others as in any log. */
export const devLog: Log = (level, event, fields = {}) => {
  const text = (name: string): string => harmless(String(fields[name] ?? ''));
  if (event === 'guest-stderr') return say(style('dim', `  | ${text('text')}`));
  if (event !== 'request-failed') return plainLog(level, event, fields);
  say(style('red', `  ${text('code')}: ${text('reason')}`));
  say(`  ${text('fix')}`);
};

/** `GET /a 200 12 ms` */
export function servedLine({ method, url, status, ms }: Served): void {
  const shown = status === undefined ? 'cut off' : String(status);
  const colour = status === undefined || status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green';
  say(`${method} ${harmless(url)} ${style(colour, shown)} ${style('dim', `${Math.round(ms)} ms`)}`);
}

/** Whether the module would run, when it is first looked at and after each change. */
export function fitnessLine(event: string, against: readonly string[]): void {
  if (against.length === 0) return say(style('dim', `${event}: would run`));
  for (const reason of against) say(style('red', `${event}: would not run: ${harmless(reason)}`));
}
