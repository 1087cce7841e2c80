// The options as a Markdown table, for the manual.

import { expectation, type OptionRow } from './option.js';
import { OPTIONS } from './options.js';

/** One table per ini section and one for what the command line alone takes. Ends with a newline. */
export function optionReference(rows: readonly OptionRow[] = OPTIONS): string {
  const sections = new Set(rows.map(({ section }) => section));
  const parts = [...sections].map((section) => {
    const title = section === undefined ? 'Command line only' : `[${section}]`;
    const lines = rows.filter((row) => row.section === section).map(line);
    return [`### ${title}`, '', ...HEADING, ...lines, ''].join('\n');
  });
  return parts.join('\n');
}

const HEADING = ['| Option | Value | Default | Meaning |', '| --- | --- | --- | --- |'];

function line(row: OptionRow): string {
  const value = `${expectation(row)}${row.repeatable === true ? '; repeatable' : ''}`;
  const cells = [`\`${row.name}\``, value, row.default ?? row.defaultNote ?? '-', row.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
