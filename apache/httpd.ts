// A private httpd in a directory of its own: for specs, the demo and the bench.
//
// Event MPM on 127.0.0.1 with a free port; nothing of the system's configuration is read, and
// nothing is left behind. Works as root and as an ordinary user.

import { spawn, execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findHttpd } from './build.js';
import { publicDirectory } from './stage.js';

/** What to run. */
export interface HttpdOptions {
  /** Directory for everything the server writes; a temporary one that `stop` removes if not given. */
  readonly dir?: string;
  /** TCP port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** The text of the configuration, after the module lines and the server's own basics. */
  readonly config: string;
  /**
   * Modules to load, in this order: a name such as `proxy_fcgi` (mod_proxy_fcgi.so of the
   * installation) or `wasm=/path/mod_wasm.so`. The event MPM, unixd and authz_core always come
   * first.
   */
  readonly modules: readonly string[];
  /** User that httpd changes to when it is started as root; www-data or nobody by default. */
  readonly user?: string;
}

/** A running httpd. */
export interface Httpd {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Path of the error log, LogLevel info. */
  readonly errorLog: string;
  /** ServerRoot. `run` in it is the runtime directory. */
  readonly dir: string;
  readonly pid: number;
  /** Processes that the parent has started, responder included, at this moment. */
  children(): Promise<number[]>;
  /** Resolves with the match once the error log has it. Throws after `withinMs`, 10 s by default. */
  logged(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  /** Replaces the text of the configuration; it counts from the next `graceful` on. */
  reconfigure(config: string): Promise<void>;
  /** Restarts gracefully; resolves when the new configuration serves. */
  graceful(): Promise<void>;
  /** Ends httpd and all it has started. Throws if one of them had to be killed. */
  stop(): Promise<void>;
}

const DEADLINE_MS = 10_000;
const POLL_MS = 20;

/** Starts httpd. Throws with the error log's text when it does not come up. */
export async function startHttpd(options: HttpdOptions): Promise<Httpd> {
  const own = options.dir === undefined;
  const dir = options.dir ?? (await publicDirectory('wasm-httpd-'));
  const port = options.port ?? (await freePort());
  const file = path.join(dir, 'httpd.conf');
  const errorLog = path.join(dir, 'error.log');
  await mkdir(path.join(dir, 'run'), { recursive: true });
  const { text, binary } = await basics({ ...options, dir, port });
  await writeFile(file, `${text}\n${options.config}\n`);

  const serving = async (): Promise<number> =>
    (await readLog(errorLog)).split('resuming normal operations').length;
  const started = (await readLog(errorLog)).length;
  const servedBefore = await serving();
  const httpd = spawn(binary, ['-d', dir, '-f', file, '-DFOREGROUND'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(httpd, 'close');
  let complaints = '';
  httpd.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaints += chunk));
  if (!(await comesUp(httpd, async () => (await serving()) > servedBefore))) {
    const leftOver = await endAll(httpd);
    await Promise.race([closed, delay(1000)]);
    const log = (await readLog(errorLog)).slice(started);
    if (own) await rm(dir, { recursive: true, force: true });
    throw new Error(`httpd did not start:\n${complaints}${log}${leftOver.join(' ')}`);
  }

  const pid = httpd.pid ?? 0;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    errorLog,
    dir,
    pid,
    logged: (pattern, withinMs = DEADLINE_MS) => waitForLog(errorLog, pattern, withinMs),
    children: () => childrenOf(pid),
    reconfigure: (config) => writeFile(file, `${text}\n${config}\n`),
    async graceful() {
      const before = await serving();
      process.kill(pid, 'SIGUSR1');
      await until(async () => (await serving()) > before, 'the graceful restart');
    },
    async stop() {
      const leftOver = await endAll(httpd);
      if (own) await rm(dir, { recursive: true, force: true });
      if (leftOver.length > 0) throw new Error(`had to kill ${leftOver.join(', ')}`);
    },
  };
}

/** Runs `httpd -t` on a configuration; starts nothing. `output` is what it printed. */
export async function configtest(
  options: Omit<HttpdOptions, 'dir' | 'port'>,
): Promise<{ ok: boolean; output: string; file: string; headLines: number }> {
  const { dir, file, binary, headLines } = await writeConfig(options);
  const [ok, output] = await new Promise<[boolean, string]>((resolve) => {
    execFile(binary, ['-d', dir, '-f', file, '-t'], (error, stdout, stderr) => {
      resolve([error === null, stdout + stderr]);
    });
  });
  await rm(dir, { recursive: true, force: true });
  return { ok, output, file, headLines };
}

/** Writes a configuration that nobody serves: the caller removes `dir`. */
export async function writeConfig(
  options: Omit<HttpdOptions, 'dir'>,
): Promise<{ dir: string; file: string; binary: string; headLines: number }> {
  const dir = await publicDirectory('wasm-configtest-');
  const file = path.join(dir, 'httpd.conf');
  await mkdir(path.join(dir, 'run'));
  const { text, binary } = await basics({ port: 1, ...options, dir });
  await writeFile(file, `${text}\n${options.config}\n`);
  return { dir, file, binary, headLines: text.split('\n').length };
}

async function basics(
  options: HttpdOptions & { dir: string; port: number },
): Promise<{ text: string; binary: string }> {
  const { binary, modulesDirectory, staticModules } = await findHttpd();
  const { dir } = options;
  const lines = [
    `ServerRoot "${dir}"`,
    'ServerName localhost',
    `Listen 127.0.0.1:${options.port}`,
    `PidFile "${dir}/httpd.pid"`,
    `ErrorLog "${dir}/error.log"`,
    'LogLevel info',
    `DefaultRuntimeDir "${dir}/run"`,
    `Mutex file:${dir}/run default`,
  ];
  for (const module of ['mpm_event', 'unixd', 'authz_core', ...options.modules]) {
    const [name = '', given] = module.split('=');
    if (staticModules.has(`mod_${name}.c`)) continue;
    lines.push(`LoadModule ${name}_module "${given ?? `${modulesDirectory}/mod_${name}.so`}"`);
  }
  if (options.modules.includes('mime')) lines.push('TypesConfig /dev/null');
  if (process.getuid?.() === 0) {
    const user = options.user ?? (await ordinaryUser());
    lines.push(`User ${user}`, `Group "#${await groupOf(user)}"`);
  }
  lines.push('StartServers 1', 'ServerLimit 4', 'ThreadsPerChild 16', 'MaxRequestWorkers 64');
  lines.push('MinSpareThreads 8', 'MaxSpareThreads 32');
  return { text: lines.join('\n'), binary };
}

async function accounts(): Promise<string[][]> {
  return (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
}

async function ordinaryUser(): Promise<string> {
  const names = new Set((await accounts()).map(([name]) => name));
  return names.has('www-data') ? 'www-data' : 'nobody';
}

async function groupOf(user: string): Promise<string> {
  const account = (await accounts()).find(([name]) => name === user);
  if (account?.[3] === undefined) throw new Error(`there is no user ${user}`);
  return account[3];
}

/** A TCP port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  return address.port;
}

async function readLog(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`waited ${DEADLINE_MS} ms for ${what}`);
    await delay(POLL_MS);
  }
}

async function waitForLog(
  file: string,
  pattern: RegExp,
  withinMs: number,
): Promise<RegExpExecArray> {
  const end = Date.now() + withinMs;
  for (;;) {
    const log = await readLog(file);
    const found = pattern.exec(log);
    if (found !== null) return found;
    if (Date.now() > end) throw new Error(`the error log has no ${pattern}:\n${log}`);
    await delay(POLL_MS);
  }
}

/** Resolves with true once it serves, with false when it has ended or does not serve in time. */
async function comesUp(httpd: ChildProcess, serves: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + DEADLINE_MS;
  while (httpd.exitCode === null && httpd.signalCode === null && Date.now() < end) {
    if (await serves()) return true;
    await delay(POLL_MS);
  }
  return false;
}

async function childrenOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // After the name, which may hold spaces and brackets: state, parent.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parent) === pid && state !== 'Z') found.push(Number(entry));
  }
  return found;
}

/** Ends httpd and waits for all it started; answers those that had to be killed. */
async function endAll(httpd: ChildProcess): Promise<number[]> {
  const children = httpd.pid === undefined ? [] : await childrenOf(httpd.pid);
  const family = [...children];
  for (const child of children) family.push(...(await childrenOf(child)));
  if (httpd.exitCode === null && httpd.signalCode === null) {
    httpd.kill('SIGTERM');
    await once(httpd, 'exit');
  }
  const leftOver = [];
  for (const pid of family) {
    const gone = async (): Promise<boolean> => !(await isRunning(pid));
    await until(gone, 'the responder to end').catch(() => undefined);
    if (await gone()) continue;
    process.kill(pid, 'SIGKILL');
    leftOver.push(pid);
  }
  return leftOver;
}

/** Does the process run? A zombie that its new parent has not collected yet does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}
