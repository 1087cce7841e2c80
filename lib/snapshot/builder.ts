// Has a snapshot built by a process of its own, which is given little, watched, and thrown away.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.js';
import type { Order, Report } from './child.js';
import type { Built, Refused, SnapshotProgram, Source } from './contract.js';
import { Dialogue } from './dialogue.js';
import { BootWatch } from './patience.js';
import { SnapshotStore, keyOf } from './store.js';
import { MOST_LEVELS, MOST_WATCHED, TOO_MANY } from './watched.js';

export interface BuildOptions {
  readonly program: SnapshotProgram;
  /** Where snapshots are kept. */
  readonly directory: string;
  /** Largest module file, bytes. Default 64 MiB. */
  readonly moduleBytes?: number;
  /** Longest time it may take, ms. Default 10 minutes. */
  readonly buildMs?: number;
  /** Most memory it may have, bytes. Default 2 GiB. */
  readonly buildBytes?: number;
  /** Ends the build. */
  readonly signal?: AbortSignal;
}

const ENTRY = fileURLToPath(new URL('child.js', import.meta.url));
const LOOK_MS = 200;
const PAGE_BYTES = 4_096;

/**
 * Builds the snapshot of a program and keeps it.
 * @throws Error when the directory is not fit, or the build failed for no fault of the program
 */
export async function buildSnapshot(options: BuildOptions): Promise<Built | Refused> {
  const { program, directory, moduleBytes = 64 * 2 ** 20 } = options;
  const crowded = program.watched.find(({ state }) => state === TOO_MANY);
  if (crowded !== undefined) return refusalOf(crowded);
  const store = new SnapshotStore(directory);
  const into = store.begin();
  try {
    const report = await ask({ program, moduleBytes, parent: process.pid, into }, options);
    if (report.kind === 'failed') throw new Error(report.message);
    if (report.kind === 'refused') {
      const { reason, change, sources = [] } = report;
      return { reason, change, sources };
    }
    const key = keyOf(program);
    store.keep(into, key);
    const { bootMs, requestMs, megabytes } = report;
    return { bootMs, requestMs, megabytes, cachedAs: store.pathOf(key) };
  } finally {
    store.drop(into);
  }
}

function refusalOf({ path }: Source): Refused {
  return {
    reason: `it is to be made anew with any of over ${MOST_WATCHED} files, or more than ${MOST_LEVELS} levels of them: ${path}`,
    change:
      'let WasmSnapshotWatch name the sources alone, or one file that is touched after an update',
  };
}

async function ask(
  order: Order,
  { buildMs = 600_000, buildBytes = 2 * 2 ** 30, signal }: BuildOptions,
): Promise<Report> {
  // Baseline code: it runs twice. And no variable of the server's environment, whatever is in it.
  const flags = ['--liftoff-only', '--stack-size=4000'];
  if (process.versions.v8.startsWith('11.3.')) flags.push('--experimental-wasm-extended-const');
  const child = spawn(process.execPath, [...flags, ENTRY], {
    env: {},
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const boots = new BootWatch(order.program.limits);
  const ended = ending(child, new Dialogue((doesRun) => boots.runs(child.pid, doesRun)));
  behaveWell(child);
  let fault: string | undefined;
  let change = 'read the request earlier';
  const stop = (reason: string): void => {
    fault ??= reason;
    child.kill('SIGKILL');
  };
  const stopNow = (): void => stop('the build was called off');
  signal?.addEventListener('abort', stopNow);
  const deadline = setTimeout(() => stop(`it took over ${buildMs} ms`), buildMs);
  const watch = setInterval(() => {
    if (residentBytes(child.pid) > buildBytes) stop(`it took over ${buildBytes} bytes of memory`);
    const impatience = boots.look(child.pid);
    if (impatience === undefined) return;
    change = 'read the request earlier, or raise that limit';
    stop(impatience);
  }, LOOK_MS);
  try {
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(
      JSON.stringify(order, (_key, value: unknown) => (value === Infinity ? 'Infinity' : value)),
    );
    const text = await ended;
    if (fault !== undefined) return refusedFor(fault, change);
    return JSON.parse(text);
  } catch (thrown) {
    return { kind: 'failed', message: fault ?? messageOf(thrown) };
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    signal?.removeEventListener('abort', stopNow);
  }
}

function refusedFor(fault: string, change: string): Report {
  if (fault.endsWith('called off')) return { kind: 'failed', message: fault };
  return { kind: 'refused', reason: fault, change };
}

/** What it wrote, once it has gone. */
function ending(child: ChildProcess, dialogue: Dialogue): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => dialogue.hear(text));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const { report } = dialogue;
      if (report !== '' || signal === 'SIGKILL') resolve(report);
      else reject(new Error(`the build ended with ${signal ?? `code ${code}`} and said nothing`));
    });
  });
}

/** Requests come first. */
function behaveWell({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has gone already; its end says why.
  }
}

function residentBytes(pid: number | undefined): number {
  try {
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ');
    return Number(pages) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
