// The demo's command line.

import { parseArgs } from 'node:util';

import type { Extra } from './extra.js';
import { EXTRAS } from './extras.js';

const COLUMN = 21;
const NAMES = EXTRAS.map(({ sample }) => sample.name);

export const USAGE = `npm run demo -- [--port N] [--with NAME]… [--check]
  --port N           listen on 127.0.0.1:N, 1..65535; default 8080
${EXTRAS.map(usageOf).join('')}  --check            request every page, print a table and stop; exit code 0 or 1
`;

/** What the user asked for. */
export interface Wish {
  readonly port: number;
  /** In the order of EXTRAS, each once. */
  readonly extras: readonly Extra[];
  readonly check: boolean;
  readonly help: boolean;
}

/** @returns the wish, or one line that says what is wrong with the words */
export function readWish(words: readonly string[]): Wish | string {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        port: { type: 'string', default: '8080' },
        with: { type: 'string', multiple: true, default: [] },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : 0;
    if (port < 1 || port > 65_535) return `--port must be 1..65535, not "${values.port}"`;
    const unknown = values.with.find((name) => !NAMES.includes(name));
    if (unknown !== undefined) return `--with must be ${NAMES.join(' or ')}, not "${unknown}"`;
    const extras = EXTRAS.filter(({ sample }) => values.with.includes(sample.name));
    return { port, extras, check: values.check, help: values.help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function usageOf({ sample, usage }: Extra): string {
  const [first, ...others] = usage;
  const lines = [`  --with ${sample.name}`.padEnd(COLUMN) + first];
  for (const other of others) lines.push(' '.repeat(COLUMN) + other);
  return lines.map((line) => `${line}\n`).join('');
}
