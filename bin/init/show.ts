// What init says: what it found, each step, and what to do next. Plain words, styled on a terminal only.

import type { Change } from './changes.js';
import { buildWords } from './build.js';
import { harmless, styler } from '../terminal.js';
import type { Found } from './found.js';
import type { Judged } from './judge.js';
import { shellText } from './shell.js';

const style = styler(process.stdout);
const LABEL_WIDTH = 10;
const INDENT = '    ';

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** What is there, a line each. */
export function foundText(found: Found): string {
  const { httpd, layout, carriers, apxs, modulesDirectory, command, selinux } = found;
  const carrier = (name: keyof typeof carriers): string => `mod_${name} ${carriers[name]}`;
  const mpm = httpd.mpm === undefined ? '' : `, MPM ${httpd.mpm}`;
  const rows = [
    [
      'httpd',
      `${httpd.binary}, ${httpd.version}${mpm}, ${httpd.isRunning ? 'running' : 'not running'}`,
    ],
    ...(httpd.fault === undefined ? [] : [['wrong', `its configuration: ${httpd.fault}`] as const]),
    ['layout', `${layout.name} (${layout.mark}), ${httpd.config}`],
    ['FastCGI', `${carrier('proxy_fcgi')}, ${carrier('fcgid')}: by mod_${found.wiring}`],
    ['apxs', apxs ?? 'missing'],
    ['modules', modulesDirectory],
    [
      'program',
      `${shellText(command)}, run by httpd as ${httpd.user?.name ?? 'the user who starts it'}`,
    ],
    ...(selinux === undefined ? [] : [['SELinux', selinux] as const]),
  ] as const;
  return rows.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${harmless(text)}`).join('\n');
}

/** A step in one line. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case 'write':
      return `${change.content.from === 'build' ? 'build' : 'write'} ${change.path}`;
    case 'remove':
      return `remove ${change.path}`;
    case 'line':
      return change.there ? `add to ${change.path}` : `take out of ${change.path}`;
    case 'run':
      return `run ${shellText(change.words)}`;
  }
}

/** A step of a dry run: the line, then all that it would write or run. */
export function plannedText({ change, state, note }: Judged): string {
  if (state !== 'due') return stepText({ change, state, ...(note === undefined ? {} : { note }) });
  const head = `- ${changeText(change)}${note === undefined ? '' : ` (${note})`}`;
  return [head, ...detailsOf(change).map((line) => `${INDENT}${line}`)].join('\n');
}

/** A step that was done, or was not to do. */
export function stepText({ change, state, note }: Judged, aside?: string): string {
  const place = change.kind === 'run' ? shellText(change.words) : change.path;
  if (state === 'done') return style('dim', `= ${place}: as it should be`);
  if (state === 'kept') return style('yellow', `! ${place}: left as it is, ${note}`);
  const old = aside === undefined ? '' : `; ${note}: kept as ${aside}`;
  return `${style('green', '✓')} ${changeText(change)}${old}`;
}

function detailsOf(change: Change): string[] {
  if (change.kind === 'line') return [`| ${change.line}`];
  if (change.kind !== 'write') return [];
  const { content, mode } = change;
  const rights = `mode ${mode.toString(8).padStart(4, '0')}`;
  switch (content.from) {
    case 'text':
      return content.text
        .trimEnd()
        .split('\n')
        .map((line) => `| ${line}`.trimEnd());
    case 'copy':
      return [`a copy of ${content.file}, ${rights}`];
    case 'build':
      return [
        `$ ${shellText(buildWords('BUILD', content.apxs))}`,
        `BUILD is a copy of ${content.sources}`,
      ];
    case 'chance':
      return [`64 random hex digits, ${rights}`];
  }
}
