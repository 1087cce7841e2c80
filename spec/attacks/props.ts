// What stands in the directory that the attack programs are granted: symlinks of every kind to what
// lies outside, special files, directories to move. And who changes it while they run.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Symlinks, by name: those that lead outside, and those that stay inside where they stand. */
function linksTo(outside: string): Readonly<Record<string, string>> {
  return {
    l: '../outside',
    'to-file': '../outside/secret',
    'to-dir': '../outside/d',
    'to-tree': '..',
    absolute: '/etc',
    'absolute-dir': outside,
    'absolute-file': join(outside, 'secret'),
    chain: 'chain-2',
    'chain-2': 'deep/../chain-3',
    'chain-3': '../outside/secret',
    loop: 'loop',
    'loop-a': 'loop-b',
    'loop-b': 'deep/../loop-a',
    dangling: '../outside/new',
    'deep/up': '../../outside',
    'deep/deeper/up': '../../../outside',
    'deep/to-top': '..',
    'deep/deeper/to-top-2': '../..',
    'up-and-down': 'deep/../../outside/d',
    dot: '.',
    dots: '..',
    'proc-fd': '/proc/self/fd',
    'proc-root': '/proc/self/root',
    'proc-cwd': '/proc/self/cwd',
    'proc-self': '/proc/self',
    'proc-exe': '/proc/self/exe',
    'dev-null': '/dev/null',
    'to-own': 'own',
    'to-mine': 'mine',
    'to-fifo': 'fifo',
    'to-socket': 'socket',
    'to-null': 'null',
    'to-zero': 'zero',
    'to-tty': 'tty',
    'to-block': 'block',
  };
}

/** Device nodes: only root can make them, and not everywhere; without them there is one less to try. */
const DEVICES = [
  ['null', 'c', '1', '3'],
  ['zero', 'c', '1', '5'],
  ['tty', 'c', '5', '0'],
  ['block', 'b', '7', '0'],
] as const;

export class Props {
  #server: Server | undefined;

  private constructor(private readonly inside: string) {}

  /** Empties `inside` and plants all anew; anybody may change it. */
  static async plant(inside: string, outside: string): Promise<Props> {
    for (const name of readdirSync(inside)) rmSync(join(inside, name), { recursive: true });
    for (const name of ['d', 'd/e', 'deep', 'deep/deeper', 'own']) mkdirSync(join(inside, name));
    for (const name of ['mine', 'd/secret', 'deep/file', 'deep/deeper/file', 'own/file']) {
      writeFileSync(join(inside, name), 'inside\n');
    }
    for (const [name, target] of Object.entries(linksTo(outside))) {
      symlinkSync(target, join(inside, name));
    }
    execFileSync('mkfifo', [join(inside, 'fifo')]);
    for (const [name, ...what] of DEVICES) spawnSync('mknod', [join(inside, name), ...what]);
    const props = new Props(inside);
    await props.#listen();
    openToAll(inside);
    return props;
  }

  /** Closes the socket. */
  async clear(): Promise<void> {
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()) ?? resolve());
  }

  async #listen(): Promise<void> {
    const server = createServer();
    this.#server = server;
    server.listen(join(this.inside, 'socket'));
    await once(server, 'listening');
  }
}

/** No permission of the file system takes part in what is tried. */
function openToAll(path: string): void {
  const stat = lstatSync(path);
  if (process.getuid?.() === 0) lchownSync(path, 65_534, 65_534);
  if (!stat.isSymbolicLink()) chmodSync(path, 0o777);
  if (stat.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name));
}

/** Inode numbers that no guest may ever be shown. */
export function inodesOutside(outside: string): string[] {
  const paths = ['', 'secret', 'd', 'd/secret', 'd/other', '..'].map((name) => join(outside, name));
  return [...paths, '/', '/etc', '/etc/passwd'].map((path) => String(lstatSync(path).ino));
}

/** Builds the native racer, with the compiler that also builds the Apache module. */
export function buildExchange(directory: string): string {
  const program = join(directory, 'exchange');
  execFileSync('gcc', ['-O2', '-Wall', '-Werror', '-o', program, 'spec/attacks/native/exchange.c']);
  return program;
}

/** A native program that exchanges `d` and `l` all the time. */
export class Exchange {
  private constructor(private readonly child: ChildProcess) {}

  static async start(program: string, cwd: string): Promise<Exchange> {
    const child = spawn(program, ['d', 'l'], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return new Exchange(child);
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.stdin?.end();
    await exited;
  }
}
