// One event, one line: `time level event key=value …`, values quoted and control bytes escaped.

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one event. Fields that are undefined are left out. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

const BARE = /^[\w./:@%+,~-]+$/;
// oxlint-disable-next-line no-control-regex -- the point is to find control characters
const UNSAFE = /[\u0000-\u001f"\\\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** One field's value as it stands in a line: bare where harmless, else quoted and escaped. */
function formatValue(value: string | number | boolean): string {
  const text = String(value);
  if (BARE.test(text)) return text;
  return `"${text.replace(UNSAFE, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  if (character === '\n') return '\\n';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * A log that writes lines of `least` and more important levels.
 * @param write takes one whole line, newline included
 * @param always fields of every line, before those of the event
 */
export function createLog(
  write: (line: string) => void,
  least: LogLevel = 'info',
  always: LogFields = {},
): Log {
  const limit = LOG_LEVELS.indexOf(least);
  return (level, event, fields = {}) => {
    if (LOG_LEVELS.indexOf(level) > limit) return;
    let line = `${new Date().toISOString()} ${level} ${event}`;
    for (const [key, value] of Object.entries({ ...always, ...fields })) {
      if (value !== undefined) line += ` ${key}=${formatValue(value)}`;
    }
    write(`${line}\n`);
  };
}
