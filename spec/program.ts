// The program itself as a child process: `serve` on a unix socket of its own, and single commands.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { publicDirectory, stageProgram } from '../apache/stage.js';
import { KEY, paramsOf, signed } from './config/params.js';
import { type Answer, Client } from './fcgi/client.js';
import { request } from './fcgi/wire.js';
import { assemble } from './pool/guests.js';

/** The folder this file was built to: the specs run the program that was built with them. */
export const BUILT = import.meta.dirname.split('/').at(-2) ?? 'dist';
const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;

export interface Program {
  readonly directory: string;
  readonly socket: string;
  readonly child: ChildProcess;
  readonly log: string;
  /** Text of its key file. */
  key(): Promise<string>;
  /** Waits until text is in the log, `times` times. */
  logged(text: string, times?: number): Promise<void>;
  /** Sends one signed request on a connection of its own. */
  ask(params: Readonly<Record<string, string>>, body?: string): Promise<Answer>;
  /** Writes a guest, from WAT; its path. */
  guest(name: string, wat: string): Promise<string>;
  write(name: string, text: string | Uint8Array, mode?: number): Promise<string>;
  /** SIGTERM, or another signal; resolves to the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Ends it and removes its directory. */
  clear(): Promise<void>;
}

/**
 * Starts `serve` and waits until it listens.
 * @param words more of its command line
 * @param ini text of `wasm-fcgi.ini` in its directory
 */
export async function startProgram(words: readonly string[] = [], ini = ''): Promise<Program> {
  const directory = await publicDirectory('wasm-fcgi-');
  const run = join(directory, 'run');
  await mkdir(run, { mode: 0o750 });
  if (IS_ROOT) await chown(run, NOBODY, NOBODY);
  const socket = join(run, 'socket');
  const key = join(directory, 'key');
  await writeFile(key, KEY, { mode: 0o600 });
  const command = await stageProgram(directory, BUILT);
  const user = IS_ROOT ? ['--user', 'nobody', '--group', 'nogroup'] : [];
  const config = join(directory, 'wasm-fcgi.ini');
  await writeFile(config, ini);
  const options = [
    '--config',
    config,
    '--listen',
    `unix:${socket}`,
    '--key-file',
    key,
    ...user,
    ...words,
  ];
  return startCommand(directory, [...command, ...options], socket);
}

/**
 * Starts a command and waits until it listens.
 * @param directory is removed with it
 * @param socket where `ask` goes
 */
export async function startCommand(
  directory: string,
  [command = '', ...words]: readonly string[],
  socket: string,
): Promise<Program> {
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const program = new ChildProgram(directory, socket, child);
  try {
    await program.logged(' listening ');
  } catch (thrown) {
    await program.clear();
    throw thrown;
  }
  return program;
}

/** Runs one command of the program to its end. */
export function runCommand(
  words: readonly string[],
  input: string | Uint8Array = '',
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const program = join(import.meta.dirname, '../bin/wasm-fcgi.js');
  return spawnSync(process.execPath, [program, ...words], {
    input,
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
  });
}

class ChildProgram implements Program {
  log = '';
  #waiters: (() => void)[] = [];

  constructor(
    readonly directory: string,
    readonly socket: string,
    readonly child: ChildProcess,
  ) {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
      this.#wake();
    });
    child.once('exit', () => this.#wake());
  }

  async logged(text: string, times = 1): Promise<void> {
    while (this.log.split(text).length <= times) {
      if (this.child.exitCode !== null) throw new Error(`ended without "${text}":\n${this.log}`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async ask(params: Readonly<Record<string, string>>, body = ''): Promise<Answer> {
    const client = await Client.connect(`unix:${this.socket}`);
    try {
      client.send(request(1, { entries: params, body }));
      return await client.answer(1);
    } finally {
      client.close();
    }
  }

  key(): Promise<string> {
    return readFile(join(this.directory, 'key'), 'utf8');
  }

  guest(name: string, wat: string): Promise<string> {
    return this.write(name, assemble(wat));
  }

  async write(name: string, text: string | Uint8Array, mode = 0o644): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text, { mode });
    return path;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal);
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }

  async clear(): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.directory, { recursive: true, force: true });
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/** What the Apache module would send for these directives, and the request's own params. */
export function signedParams(
  directives: Parameters<typeof paramsOf>[0],
  params: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...params, ...Object.fromEntries(signed(paramsOf(directives))) };
}
