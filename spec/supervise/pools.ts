// `serve` with pools as a child process: its ini, its sockets, its responders, and clients of each.

import { mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import { publicDirectory, stageProgram } from '../../apache/stage.js';
import { paramsOf, signed } from '../config/params.js';
import { type Answer, Client } from '../fcgi/client.js';
import { request } from '../fcgi/wire.js';
import { type Program, startCommand } from '../program.js';
import { IS_ROOT } from '../root.js';

const BUILT = import.meta.dirname.split('/').at(-3) ?? 'dist';

/** Two accounts of every Debian that nothing runs as. Without root there is one user only. */
export const USERS: Readonly<Record<string, string>> = IS_ROOT
  ? { alice: 'games', bob: 'man', carol: 'games' }
  : {};

export interface Pools {
  readonly program: Program;
  /** Holds the ini, run/ with the sockets, and keys/. */
  readonly directory: string;
  /** The words that started it. */
  readonly command: readonly string[];
  readonly socketOf: (pool: string) => string;
  readonly keyFileOf: (pool: string) => string;
  /** The lines of a pool's section. */
  readonly section: (pool: string, lines?: string) => string;
  /** Writes the ini, sends SIGHUP and waits until that is done. */
  reload(ini: string): Promise<void>;
  /** The process that was started last for a pool. */
  readonly pidOf: (pool: string) => number;
  /** Sends one request, signed with the pool's key, on a connection of its own. */
  ask(pool: string, directives: Parameters<typeof paramsOf>[0]): Promise<Answer>;
  /** Asks again and again, until `event` is over and some more. */
  underLoad(
    pool: string,
    module: string,
    event: () => Promise<unknown>,
  ): Promise<{ readonly answered: number; readonly failed: number }>;
}

export const keyOf = (pool: string): string => `the key of pool ${pool} and of no other`;
const PARALLEL = 4;
/** Answers before the event, and after it. */
const AROUND = 40;

/**
 * @param ini text of the file; `section` writes pools
 * @param through words before those of the command
 */
export async function startPools(
  ini: (pools: Pick<Pools, 'section' | 'directory'>) => string,
  through: readonly string[] = [],
): Promise<Pools> {
  const directory = await publicDirectory('wasm-pools-');
  for (const name of ['run', 'keys']) await mkdir(join(directory, name), { mode: 0o755 });
  for (const pool of ['alice', 'bob', 'carol']) {
    await writeFile(join(directory, 'keys', pool), keyOf(pool), { mode: 0o600 });
  }
  const file = join(directory, 'wasm-fcgi.ini');
  const socketOf = (pool: string): string => join(directory, 'run', pool);
  const keyFileOf = (pool: string): string => join(directory, 'keys', pool);
  const section = (pool: string, lines = ''): string => {
    const user = USERS[pool];
    const own = user === undefined ? '' : `user = ${user}\n`;
    return `[pool ${pool}]\nlisten = unix:${socketOf(pool)}\nkey-file = ${keyFileOf(pool)}\n${own}${lines}\n`;
  };
  await writeFile(file, ini({ section, directory }));
  const command = [...through, ...(await stageProgram(directory, BUILT)), '--config', file];
  const program = await startCommand(directory, command, '');

  const ask: Pools['ask'] = async (pool, directives) => {
    const client = await Client.connect(`unix:${socketOf(pool)}`);
    try {
      const entries = Object.fromEntries(signed(paramsOf(directives), Buffer.from(keyOf(pool))));
      client.send(request(1, { entries }));
      return await client.answer(1);
    } finally {
      client.close();
    }
  };
  return {
    program,
    directory,
    command,
    socketOf,
    keyFileOf,
    section,
    ask,
    async reload(text) {
      await writeFile(file, text);
      const before = program.log.split(' reloaded ').length;
      program.child.kill('SIGHUP');
      await program.logged(' reloaded ', before);
    },
    pidOf(pool) {
      const started = [
        ...program.log.matchAll(new RegExp(`pool-started pool=${pool} pid=(\\d+)`, 'g')),
      ];
      return Number(started.at(-1)?.[1]);
    },
    async underLoad(pool, module, event) {
      const load = { answered: 0, failed: 0, over: false };
      const client = async (): Promise<void> => {
        while (!load.over) {
          const { stdout } = await ask(pool, { module }).catch(() => ({ stdout: '' }));
          if (stdout.startsWith('Status: 200 ')) load.answered += 1;
          else load.failed += 1;
        }
      };
      const more = async (): Promise<void> => {
        for (const enough = load.answered + AROUND; load.answered < enough;) await turn();
      };
      const clients = Array.from({ length: PARALLEL }, client);
      await more();
      await event();
      await more();
      load.over = true;
      await Promise.all(clients);
      return load;
    },
  };
}

/** Real, effective, saved and file system ids of a process, and its groups. */
export async function idsOf(pid: number): Promise<Record<'Uid' | 'Gid' | 'Groups', number[]>> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number[] =>
    (new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '').split(/\s+/).map(Number);
  return { Uid: field('Uid'), Gid: field('Gid'), Groups: field('Groups') };
}

/** How many descriptors of a process are listening unix sockets, of which paths. */
export async function listeningPaths(pid: number): Promise<string[]> {
  const fds = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(
    fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  const inodes = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  const table = await readFile('/proc/net/unix', 'utf8');
  return table.split('\n').flatMap((line) => {
    const [, , , flags, , , inode, path] = line.split(/\s+/);
    // __SO_ACCEPTCON
    return flags === '00010000' && path !== undefined && inodes.has(inode) ? [path] : [];
  });
}
