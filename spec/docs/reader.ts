// Somebody who does on a machine what a page says.

import type { Machine } from '../install/machine.js';
import type { Shell } from '../install/shell.js';
import type { Block } from './blocks.js';
import { matches, parseConsole } from './console.js';

/** What stays in the foreground until it is told to end. */
const SERVES = /^(?:runuser -u \S+ -- \\?\s*)?wasm-fcgi (?:serve|dev)\b/;
/** A server has said so, then. */
const SERVING = ' listening | on http://';
/** Tenths of a second for it. */
const PATIENCE = 300;
/** What needs more network than a shell has. */
const DOWNLOADS = /\b(?:apt-get|npm|npx|dnf)\b/;
const END = 'END_OF_THE_FILE';
/** What servers have said at last. */
const LOGS = 'tail -n 40 /var/log/apache2/error.log /tmp/terminal-* 2>&1 || true';

export class Reader {
  readonly #machine: Machine;
  readonly #shell: Shell;
  #servers = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#shell = machine.startShell();
  }

  /** Does what the blocks of one page say, in order, up to the first that fails; answers its fault. */
  async read(blocks: readonly Block[]): Promise<string | undefined> {
    // As on a terminal: there it shows no progress beside an answer.
    await this.#shell.run('echo silent > .curlrc');
    for (const block of blocks) {
      if (block.doneElsewhere !== undefined) continue;
      const fault = await this.#do(block);
      if (fault === undefined) continue;
      const { output: logs } = await this.#shell.run(LOGS);
      return `${block.page}:${block.line}: ${fault}\n${logs}`;
    }
    return undefined;
  }

  async stop(): Promise<void> {
    await this.#shell.stop();
  }

  async #do({ language, text, file }: Block): Promise<string | undefined> {
    if (file !== undefined) return this.#type(`cat > '${file}' <<'${END}'\n${text}${END}`);
    if (language === 'sh') return this.#type(text);
    if (language !== 'console') return undefined;
    for (const { command, output } of parseConsole(text)) {
      const { output: got } = await this.#run(command);
      if (!matches(output, got)) return `${command}\nexpected\n${output.join('\n')}\ngot\n${got}`;
    }
    return undefined;
  }

  /** Commands whose output the page does not show. */
  async #type(commands: string): Promise<string | undefined> {
    const lines = commands.trimEnd().split(/(?<!\\)\n/);
    const last = lines.at(-1) ?? '';
    const serves = SERVES.test(last) ? last : undefined;
    const others = serves === undefined ? commands : lines.slice(0, -1).join('\n');
    const { code, output } = await this.#run(others);
    if (code !== 0) return `${others}\nended with ${code}:\n${output}`;
    return serves === undefined ? undefined : this.#serve(serves);
  }

  /** Starts what stays in the foreground of another terminal, and waits until it serves. */
  async #serve(command: string): Promise<string | undefined> {
    this.#servers += 1;
    const log = `/tmp/terminal-${this.#servers}`;
    const { code, output } = await this.#run(`{ ${command}
      } > ${log} 2>&1 &
      for i in $(seq ${PATIENCE}); do
        ! grep -qE '${SERVING}' ${log} || exit 0
        kill -0 $! || break
        sleep 0.1
      done
      cat ${log}; exit 1`);
    return code === 0 ? undefined : `${command}\ndoes not serve:\n${output}`;
  }

  async #run(commands: string): Promise<{ code: number; output: string }> {
    if (!DOWNLOADS.test(commands)) return this.#shell.run(commands);
    try {
      return { code: 0, output: await this.#machine.run(`cd /root; ${commands}`) };
    } catch (error) {
      return { code: 1, output: String(error) };
    }
  }
}
