// Starts the process of a pool's responder, with what it is handed.

import { type ChildProcess, spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** What a responder is started with. */
export interface ResponderStart {
  /** Of the pool. */
  readonly name: string;
  /** Options of `serve`. */
  readonly words: readonly string[];
  readonly key: Buffer | undefined;
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
  { name, words, key, descriptors }: ResponderStart,
  leaving: () => void,
): ChildProcess {
  const told = [
    `--pool=${name}`,
    `--serving-fd=${SERVING_FD}`,
    ...(key === undefined ? [] : [`--key-fd=${KEY_FD}`]),
    ...descriptors.map((_, index) => `--listen=fd:${FIRST_SOCKET_FD + index}`),
  ];
  const child = spawn(process.execPath, [PROGRAM, 'serve', ...words, ...told], {
    cwd: '/',
    env: { PATH },
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

/** That it ended is told by its exit. */
function ignored(): void {}
