// Starts the process of a pool's responder, with what it is handed.

import { type ChildProcess, spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { accountOf } from '../config/accounts.js';
import type { Identity } from '../config/pools.js';

/** What a responder is started with. */
export interface ResponderStart {
  /** Of the pool. */
  readonly name: string;
  /** Options of `serve`. */
  readonly words: readonly string[];
  readonly key: Buffer | undefined;
  /** Who it becomes; undefined: it stays who we are. */
  readonly identity: Identity | undefined;
  /** Its listening sockets. */
  readonly descriptors: readonly number[];
}

const PROGRAM = fileURLToPath(new URL('../../bin/wasm-fcgi.js', import.meta.url));
const KEY_FD = 3;
const SERVING_FD = 4;
const FIRST_SOCKET_FD = 5;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Its standard input ends when we do, and so does it. Standard error is ours. The key comes on a pipe,
 * which nobody else can read, and nothing of our environment comes with it.
 * @param leaving called when it takes no more connections, which may be long before it ends
 */
export function spawnResponder(
  { name, words, key, identity, descriptors }: ResponderStart,
  leaving: () => void,
): ChildProcess {
  const told = [
    `--pool=${name}`,
    `--serving-fd=${SERVING_FD}`,
    ...(key === undefined ? [] : [`--key-fd=${KEY_FD}`]),
    ...descriptors.map((_, index) => `--listen=fd:${FIRST_SOCKET_FD + index}`),
  ];
  const [command, ...rest] = [...becoming(identity), process.execPath];
  const child = spawn(command, [...rest, PROGRAM, 'serve', ...words, ...told], {
    cwd: '/',
    // Node.js hands this one on where it is not named.
    env: { PATH, NODE_V8_COVERAGE: undefined },
    // Of its own session: what is typed at our terminal comes to us alone.
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit', 'pipe', 'pipe', ...descriptors],
  });
  const [life, , , keyEnd, serving] = child.stdio;
  for (const end of [life, keyEnd, serving]) end?.on('error', ignored);
  if (keyEnd instanceof Writable) keyEnd.end(key);
  if (serving instanceof Readable) serving.once('data', leaving);
  return child;
}

/**
 * The command that becomes somebody else and then what it is given, setpriv(1). Node.js could itself, but
 * for ever refuses to where its libuv might use io_uring, as Debian 13's does.
 */
function becoming(identity: Identity | undefined): string[] {
  if (identity === undefined) return [];
  const { user, group } = identity;
  // A number need not be in /etc/passwd; then there are no other groups either.
  const account = accountOf(user);
  const groups = account === undefined ? '--clear-groups' : '--init-groups';
  const main = group ?? String(account?.gid);
  return ['setpriv', `--reuid=${user}`, `--regid=${main}`, groups, '--no-new-privs'];
}

/** That it ended is told by its exit. */
function ignored(): void {}
