// The demo's command line.

import { parseArgs } from 'node:util';

export const USAGE = `npm run demo -- [--port N] [--with wordpress] [--check]
  --port N   listen on 127.0.0.1:N, 1..65535; default 8080
  --with wordpress
             a WordPress too: downloaded once, 158 MB, and installed anew each time
  --check    request every page, print a table and stop; exit code 0 or 1; with WordPress
             also log in and write a post, in Chromium
`;

/** What the user asked for. */
export interface Wish {
  readonly port: number;
  readonly wordpress: boolean;
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
    const unknown = values.with.find((name) => name !== 'wordpress');
    if (unknown !== undefined) return `--with must be wordpress, not "${unknown}"`;
    return { port, wordpress: values.with.length > 0, check: values.check, help: values.help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
