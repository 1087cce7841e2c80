// A rival: somebody who answers the same question through the same httpd.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';

import type { Httpd } from '../../apache/httpd.js';
import type { Costs } from '../measure/costs.js';
import type { Program } from '../programs.js';
import type { Stage } from '../stage.js';

export interface Rival {
  /** As in the table, and the first part of the URL's path. */
  readonly name: string;
  /** More requests at a time than it can take; default: no limit. */
  readonly mostAtATime?: number;
  /** Why it cannot take part on this machine, in one line; undefined when it can. */
  missing?(program: Program): string | undefined;
  /** Gets ready to serve the program. @throws when it does not start */
  start(stage: Stage, program: Program): Promise<Running>;
}

export interface Running {
  /** Lines for httpd that serve `/<rival>/<path of the program>`. */
  readonly config: string;
  /** Of its own processes, httpd's not among them. */
  costs(httpd: Httpd): Promise<Costs>;
  /**
   * Resolves once it serves as it is to be measured. Asked after the first answer, and again after
   * each measurement. @throws WrongAnswer when it does not, or has not all the time
   */
  settled?(httpd: Httpd): Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A rival's own process. */
export interface Responder {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a process that listens on `socket` and prints a line when it does.
 * @throws when it ends instead
 */
export async function startResponder(words: readonly string[], socket: string): Promise<Responder> {
  const [command = '', ...rest] = words;
  rmSync(socket, { force: true });
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const responder = await listening(child, child.stdout);
  if (existsSync(socket)) chmodSync(socket, 0o666);
  return responder;
}

/**
 * Waits for the first output of a child, which says that it listens.
 * @param signal that ends it. By force, mostly: they have nothing to save, and libfcgi catches
 *   SIGTERM to wait for its next request.
 * @throws when it ends instead
 */
export async function listening(
  child: ChildProcess,
  output: Readable,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<Responder> {
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${child.spawnfile} ended before it listened`);
  });
  await Promise.race([once(output, 'data'), ended]);
  ended.catch(() => undefined);
  output.resume();
  return { pid: child.pid ?? 0, stop: () => stop(child, signal) };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

/** Lines that send a path to a FastCGI socket over kept connections, as mod_wasm's own way does. */
export function reusedSocket(path: string, socket: string, name: string, lines = ''): string {
  return `
<Proxy "unix:${socket}|fcgi://${name}/">
    ProxySet enablereuse=on flushpackets=on
</Proxy>
<Location "${path}">
    SetHandler "proxy:unix:${socket}|fcgi://${name}/"
    ${lines}
</Location>`;
}
