// How commands talk: styles on a terminal only, text from elsewhere made harmless, steps that take long.

import { styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
type Stream = NodeJS.WriteStream;

/** Whether escape sequences are wanted: a terminal, and neither NO_COLOR nor TERM=dumb. */
export function hasStyles(stream: Stream): boolean {
  return stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

/** A function that styles text for this stream, or leaves it as it is. */
export function styler(stream: Stream): (style: Style, text: string) => string {
  if (!hasStyles(stream)) return (_, text) => text;
  // The stream was asked already; Node would ask stdout.
  return (style, text) => styleText(style, text, { validateStream: false });
}

/** Text that a module or a client chose: nothing in it moves the cursor or ends the line. */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** `1.2 MiB`, for people only. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const larger of ['KiB', 'MiB', 'GiB']) {
    if (value < 1_024) break;
    value /= 1_024;
    unit = larger;
  }
  return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

/**
 * Does something that may take long. A terminal shows what after 300 ms, and clears it at the end;
 * a pipe sees nothing.
 */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const { stderr } = process;
  if (!hasStyles(stderr)) return work();
  let dots = 0;
  const timer = setInterval(() => {
    dots = (dots % 3) + 1;
    stderr.write(`\r\x1b[K… ${what}${'.'.repeat(dots)}`);
  }, 300);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (dots > 0) stderr.write('\r\x1b[K');
  }
}
