// A server in the foreground that a spec starts, asks and ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** A running server. */
export interface Service {
  /** Resolves once it has printed that. Throws when it ends without. */
  printed(pattern: RegExp): Promise<unknown>;
  /** Resolves with the answer to a GET, once there is one. Throws with the output if it ends before. */
  get(url: string): Promise<Response>;
  stop(): Promise<void>;
}

/** Starts a program; `end` makes it stop. */
export function startService(
  program: string,
  words: readonly string[],
  end: () => Promise<unknown>,
): Service {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const until = async <T>(attempt: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const result = await attempt();
      if (result !== undefined) return result;
      if (hasEnded()) throw new Error(`it has ended:\n${output}`);
      await delay(50);
    }
  };
  return {
    printed: (pattern) => until(async () => pattern.test(output) || undefined),
    get: (url) => until(() => fetch(url).catch(() => undefined)),
    async stop() {
      if (hasEnded()) return;
      await end();
      if (!hasEnded()) await once(child, 'exit');
    },
  };
}
