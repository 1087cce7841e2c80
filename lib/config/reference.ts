// The options and the faults as Markdown, for the manual.

import { FAULTS } from '../faults.js';
import { LIMIT_ROWS } from './limitrows.js';
import { expectation, type OptionRow } from './option.js';
import { OPTIONS } from './options.js';

/** One table per ini section, one for what the command line alone takes, one of all limits. Ends with a newline. */
export function optionReference(rows: readonly OptionRow[] = OPTIONS): string {
  const sections = new Set(rows.map(({ section }) => section));
  const parts = [...sections].map((section) => {
    const title = section === undefined ? 'Command line only' : `[${section}]`;
    const lines = rows.filter((row) => row.section === section).map(line);
    return [`### ${title}`, '', ...HEADING, ...lines, ''].join('\n');
  });
  return [...parts, limitTable(rows)].join('\n');
}

/** What has a limit, and what passing it does. */
function limitTable(rows: readonly OptionRow[]): string {
  const perRequest = new Set<string>(LIMIT_ROWS.map(({ name }) => name));
  const lines = rows.flatMap(({ name, over, section, default: usual, defaultNote }) => {
    if (over === undefined || name.startsWith('max-')) return [];
    const request = perRequest.has(name) ? `; \`WasmLimit ${name}\` up to \`max-${name}\`` : '';
    return [`| ${name} | ${usual ?? defaultNote} | [${section}] ${name}${request} | ${over} |`];
  });
  const heading = ['| Limit | Default | Set by | Over it |', '| --- | --- | --- | --- |'];
  return ['### Limits, and what passing one does', '', ...heading, ...lines, ''].join('\n');
}

const HEADING = ['| Option | Value | Default | Meaning |', '| --- | --- | --- | --- |'];

function line(row: OptionRow): string {
  const value = `${expectation(row)}${row.repeatable === true ? '; repeatable' : ''}`;
  const cells = [`\`${row.name}\``, value, row.default ?? row.defaultNote ?? '-', row.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Every code of a failed request with its cause and what to do. Ends with a newline. */
export function faultReference(): string {
  const parts = Object.entries(FAULTS).map(
    ([code, { cause, fix }]) => `### ${code}\n\n${cause}\n\nWhat to do: ${fix}\n`,
  );
  return parts.join('\n');
}
