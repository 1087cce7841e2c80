// Durations and sizes as people write them, and back.

const DURATION_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['', 1_000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
]);

const SIZE_BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['B', 1],
  ['K', 1_024],
  ['KiB', 1_024],
  ['M', 1_048_576],
  ['MiB', 1_048_576],
  ['G', 1_073_741_824],
  ['GiB', 1_073_741_824],
]);

/** `30` and `30s` are 30,000; also `500ms`, `2m`, `2min`, `1h`. In ms; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return parse(text, DURATION_MS);
}

/** `65536`, `64K`, `64KiB`, `256M`, `1GiB`: powers of 1,024. In bytes; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  return parse(text, SIZE_BYTES);
}

/** The shortest text that `parseDuration` reads back: `1500ms`, `30s`, `2m`. */
export function formatDuration(ms: number): string {
  return format(ms, DURATION_MS, ['h', 'm', 's', 'ms']);
}

/** The shortest text that `parseSize` reads back: `256MiB`, `65537B`. */
export function formatSize(bytes: number): string {
  return format(bytes, SIZE_BYTES, ['GiB', 'MiB', 'KiB', 'B']);
}

function parse(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^(\d+)[ ]?([A-Za-z]*)$/.exec(text);
  const unit = units.get(match?.[2] ?? '?');
  const value = Number(match?.[1]) * (unit ?? NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}

function format(
  value: number,
  units: ReadonlyMap<string, number>,
  order: readonly string[],
): string {
  for (const unit of order) {
    const one = units.get(unit) ?? 1;
    if (value >= one && value % one === 0) return `${value / one}${unit}`;
  }
  return String(value);
}
