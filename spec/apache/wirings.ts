// The three ways to a responder, so that one suite can run over each of them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startHttpd } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';

/** What a suite says of its server, in words that fit every wiring. */
interface WiredOptions {
  /** The words that start the responder; `--listen … --key-fd 3` is added to them. */
  readonly command: readonly string[];
  /** mod_wasm.so */
  readonly so: string;
  /** A directory that everybody can read, for keys, sockets and wrapper scripts. */
  readonly dir: string;
  /** Further modules, for example `dir`, `rewrite`. */
  readonly modules?: readonly string[];
  /**
   * The configuration. `handler` is the line that makes a section run Wasm, for example
   * `SetHandler wasm-handler`.
   */
  readonly config: (handler: string) => string;
}

export interface Wiring {
  readonly name: 'auto' | 'proxy_fcgi' | 'fcgid';
  /** Starts httpd and, where it does not do so itself, the responder. `stop` ends both. */
  start(options: WiredOptions): Promise<Httpd>;
}

export const WIRING_KEY = 'the key of wired responders, over 32 characters';

/** `WasmServer auto`: httpd starts the responder. */
const auto: Wiring = {
  name: 'auto',
  async start({ command, so, dir, modules = [], config }) {
    const key = await keyFile(dir);
    return startHttpd({
      modules: ['proxy', 'proxy_fcgi', ...modules, `wasm=${so}`],
      config: `WasmCommand ${quoted(command)}\nWasmKeyFile "${key}"\n${config('SetHandler wasm-handler')}`,
    });
  },
};

/** A responder of its own on a unix socket, and a handler that names it. */
const proxyFcgi: Wiring = {
  name: 'proxy_fcgi',
  async start({ command, so, dir, modules = [], config }) {
    const key = await keyFile(dir);
    const socket = path.join(dir, 'responder', 'socket');
    const responder = await startResponder(command, socket);
    const handler = `SetHandler "proxy:unix:${socket}|fcgi://responder/"`;
    try {
      const httpd = await startHttpd({
        modules: ['proxy', 'proxy_fcgi', ...modules, `wasm=${so}`],
        config: [
          `WasmServer unix:${socket}`,
          `WasmKeyFile "${key}"`,
          `<Proxy "unix:${socket}|fcgi://responder/">`,
          'ProxySet enablereuse=on flushpackets=on',
          '</Proxy>',
          config(handler),
        ].join('\n'),
      });
      const stop = async (): Promise<void> => {
        try {
          await httpd.stop();
        } finally {
          await responder.stop();
        }
      };
      return { ...httpd, stop };
    } catch (error) {
      await responder.stop();
      throw error;
    }
  },
};

/** mod_fcgid starts the responder. */
const fcgid: Wiring = {
  name: 'fcgid',
  async start({ command, so, dir, modules = [], config }) {
    const key = await keyFile(dir);
    const wrapper = path.join(dir, 'wrapper');
    // mod_fcgid starts it as the server's user, for whom the key has to be readable.
    const words = `${shellQuoted(command)} --listen fd:0 --key-fd 3 3<'${key}'`;
    await writeFile(wrapper, `#!/bin/sh\nexec ${words}\n`, { mode: 0o755 });
    return startHttpd({
      modules: [...modules, 'fcgid', `wasm=${so}`],
      config: [
        'WasmServer fcgid',
        `WasmKeyFile "${key}"`,
        `FcgidWrapper "${wrapper}" virtual`,
        'FcgidMaxRequestLen 1073741824',
        'FcgidMaxProcesses 4',
        'FcgidIOTimeout 60',
        config('SetHandler wasm-handler'),
      ].join('\n'),
    });
  },
};

/** Every wiring; run the same suite over each. */
export const wirings: readonly Wiring[] = [auto, proxyFcgi, fcgid];

/** Writes WIRING_KEY where the server's user can read it; the path. */
export async function keyFile(dir: string): Promise<string> {
  const file = path.join(dir, 'wiring.key');
  await writeFile(file, `${WIRING_KEY}\n`, { mode: 0o600 });
  const ids = await serverUser();
  if (ids !== undefined) await chown(file, ids.uid, ids.gid);
  return file;
}

/** The user that httpd changes to; undefined where it does not change. */
export async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const text = await readFile('/etc/passwd', 'utf8');
  const found =
    /^www-data:[^:]*:(\d+):(\d+):/m.exec(text) ?? /^nobody:[^:]*:(\d+):(\d+):/m.exec(text);
  return { uid: Number(found?.[1]), gid: Number(found?.[2]) };
}

/** Starts a responder as the server's user, in a directory of its own, by WIRING_KEY. */
export async function startResponder(
  command: readonly string[],
  socket: string,
): Promise<{ pid: number; stop: () => Promise<void> }> {
  const [program = '', ...words] = command;
  const directory = path.dirname(socket);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o750 });
  const ids = await serverUser();
  if (ids !== undefined) await chown(directory, ids.uid, ids.gid);
  const responder = spawn(program, [...words, '--listen', `unix:${socket}`, '--key-fd', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
    ...ids,
  });
  let complaints = '';
  responder.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const pipe = responder.stdio[3];
  if (pipe !== null && pipe !== undefined && 'end' in pipe) pipe.end(`${WIRING_KEY}\n`);
  const stop = async (): Promise<void> => {
    if (responder.exitCode !== null || responder.signalCode !== null) return;
    responder.kill('SIGTERM');
    await once(responder, 'exit');
  };
  for (let tries = 0; !(await accepts(socket)); tries += 1) {
    if (responder.exitCode !== null || tries > 500) {
      await stop();
      throw new Error(`the responder does not listen:\n${complaints}`);
    }
    await delay(20);
  }
  return { pid: responder.pid ?? 0, stop };
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('error', () => resolve(false));
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
  });
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(' ');
}

function shellQuoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
}
