// What a `console` block shows: commands behind `$`, and below each what it prints.

/** One command and the output that the page shows for it. */
export interface Shown {
  readonly command: string;
  /** Lines; `…` stands for anything in its line, a line of its own for any number of lines. */
  readonly output: readonly string[];
}

/** A command may go on after a backslash at the end of a line. */
export function parseConsole(text: string): Shown[] {
  const shown: { command: string; output: string[] }[] = [];
  let goesOn = false;
  for (const line of text.trimEnd().split('\n')) {
    const last = shown.at(-1);
    if (goesOn && last !== undefined) last.command += `\n${line}`;
    else if (line.startsWith('$ ')) shown.push({ command: line.slice(2), output: [] });
    else last?.output.push(line);
    goesOn = line.endsWith('\\') && (goesOn || line.startsWith('$ '));
  }
  return shown;
}

/** Does the output look as the page shows it? Spaces at the ends of lines do not count. */
export function matches(expected: readonly string[], output: string): boolean {
  const pattern = expected
    .map((line) =>
      line.trim() === '…'
        ? '(?:.*\n)*?'
        : `${line.trimEnd().split('…').map(literally).join('.*')}\n`,
    )
    .join('');
  const text = output.trimEnd().replaceAll(/[ \t\r]+$/gm, '');
  return new RegExp(`^${pattern}$`).test(text === '' ? '' : `${text}\n`);
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
