// A shell on a machine that stays, as the terminal of somebody who works there. It has a network of
// its own, of loopback alone: port 80 is free there, and nobody outside reaches what it starts. Its
// processes are its own too, and end with it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a command printed, both outputs, and how it ended. */
interface Outcome {
  readonly output: string;
  readonly code: number;
}

export interface Shell {
  /** Runs commands in root's home, until the first that fails. */
  run(commands: string): Promise<Outcome>;
  /** Ends the shell and everything that was started in it. */
  stop(): Promise<void>;
}

const ALONE = ['--net', '--pid', '--mount-proc', '--fork', '--kill-child=KILL'];
const LIFETIME_MS = 200_000;
/** Ends what a command prints; a number follows. */
const MARK = '<<<ended with';

/** @param words what runs `/bin/sh` there: its last word */
export function startShell(words: readonly string[]): Shell {
  const child = spawn(
    'unshare',
    [...ALONE, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...words],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const closed = once(child, 'close');
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stdin.write('exec 2>&1\n');
  // What waits for ever would keep its suite from ending.
  const deadline = setTimeout(() => child.kill('SIGKILL'), LIFETIME_MS);
  return {
    async run(commands) {
      child.stdin.write(
        `( cd /root; set -e; ${commands}\n) </dev/null; printf '${MARK} %d\\n' $?\n`,
      );
      const ending = new RegExp(`${MARK} (\\d+)\\n`);
      for (;;) {
        const found = ending.exec(printed);
        if (found !== null) {
          const output = printed.slice(0, found.index);
          printed = printed.slice(found.index + found[0].length);
          return { output, code: Number(found[1]) };
        }
        const gone = await Promise.race([once(child.stdout, 'data').then(() => false), closed]);
        if (gone !== false) throw new Error(`the shell has ended:\n${printed}`);
      }
    },
    async stop() {
      clearTimeout(deadline);
      child.kill('SIGKILL');
      await closed;
    },
  };
}
