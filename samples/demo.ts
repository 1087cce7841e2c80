// The demo: a private Apache with every sample on 127.0.0.1, until Ctrl-C or the last check.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';

import { buildModule } from '../apache/build.js';
import { type Httpd, startHttpd } from '../apache/httpd.js';
import { publicDirectory, stageProgram } from '../apache/stage.js';
import { ordinaryAccount } from './account.js';
import { SAMPLES, START_PAGE } from './checks.js';
import type { Begun, Extra, Step } from './extra.js';
import type { Sample } from './sample.js';
import { HTTPD_MODULES, openToAll, serveWordsIn, stageDemo } from './stage.js';
import { formatTable } from './table.js';
import { type Visit, visitSample } from './visit.js';
import { readWish, USAGE } from './wish.js';

const BUILT = path.join(import.meta.dirname, '..');
const ROOT = path.join(BUILT, '..');
/** Of the error log, when a page was not right. */
const LOG_LINES = 30;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Why there is no demo, in one line that the user can act on. */
class DemoError extends Error {
  override readonly name = 'DemoError';
}

/**
 * Runs the demo to its end: a signal, or with `--check` the last answer. Leaves nothing behind.
 * @param words the command line, see USAGE
 * @returns the exit code: 0 done, 1 a page was not right, 2 wrong usage
 * @throws DemoError
 */
export async function demo(words: readonly string[], step: Step): Promise<number> {
  const wish = readWish(words);
  if (typeof wish === 'string') {
    process.stderr.write(`${wish}\n${USAGE}`);
    return 2;
  }
  if (wish.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  await requireFreePort(wish.port);
  // As root, what we make is for another user to read.
  process.umask(0o022);
  const stop = awaitSignal();
  const dir = await publicDirectory('wasm-fcgi-demo-');
  let httpd: Httpd | undefined;
  try {
    const extras = new Map<Extra, string>();
    for (const extra of wish.extras) extras.set(extra, await extra.get(ROOT, step));
    httpd = await step(`start Apache on port ${wish.port}`, () =>
      startDemo(dir, wish.port, extras),
    );
    const begun: Begun[] = [];
    for (const { begin } of wish.extras) {
      if (begin !== undefined) begun.push(await begin(httpd.origin, step));
    }
    const samples = [...wish.extras.map(({ sample }) => sample), ...SAMPLES];
    if (wish.check)
      return await Promise.race([checkAll(httpd, samples, begun), stop.then(() => 1)]);
    process.stdout.write(`${listOf(httpd.origin, samples)}${notesOf(begun)}\nCtrl-C stops it.\n`);
    await stop;
    return 0;
  } finally {
    await httpd?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function startDemo(
  dir: string,
  port: number,
  extras: ReadonlyMap<Extra, string>,
): Promise<Httpd> {
  const module = await buildModule();
  const command = await stageProgram(dir, path.relative(ROOT, BUILT));
  if (existsSync(path.join(dir, 'program'))) openToAll(path.join(dir, 'program'));
  const account = await ordinaryAccount();
  const lines = [
    'WasmServer auto',
    `WasmCommand ${[...command, ...serveWordsIn(dir)].map((word) => `"${word}"`).join(' ')}`,
    stageDemo(ROOT, dir, account, extras),
  ];
  return startHttpd({
    dir,
    port,
    modules: ['proxy', 'proxy_fcgi', ...HTTPD_MODULES, `wasm=${module}`],
    config: lines.join('\n'),
    ...(account === undefined ? {} : { user: account.name }),
  });
}

/** Resolves at the first signal. Later ones are ignored: npm repeats Ctrl-C, and we are at it. */
function awaitSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve());
  });
}

/** @throws DemoError when somebody listens there */
async function requireFreePort(port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const fault = taken ? 'is taken' : `cannot be used (${String(error)})`;
    const other = port < 65_535 ? port + 1 : port - 1;
    throw new DemoError(`Port ${port} ${fault}; another: npm run demo -- --port ${other}`, {
      cause: error,
    });
  }
  server.close();
  await once(server, 'close');
}

function listOf(origin: string, samples: readonly Sample[]): string {
  const rows = samples.flatMap(({ title, checks }) =>
    checks
      .filter(({ link }) => link !== undefined)
      .map(({ link, path }) => [title, link ?? '', origin + path]),
  );
  return formatTable([['Start page', '', `${origin}/`], ...rows]);
}

function notesOf(begun: readonly Begun[]): string {
  return begun.map(({ note }) => `${note}\n`).join('');
}

/** Requests every page and prints the table. @returns the exit code */
async function checkAll(
  httpd: Httpd,
  samples: readonly Sample[],
  begun: readonly Begun[],
): Promise<number> {
  const visits: Visit[] = [];
  for (const sample of [START_PAGE, ...samples]) {
    visits.push(...(await visitSample(httpd.origin, sample)));
  }
  for (const { visit } of begun) visits.push(...(await visit()));
  const rows = visits.map(({ method, path, status, ms, faults }) => {
    return [`${method} ${path}`, String(status), String(ms), faults.join('; ') || 'right'];
  });
  const wrong = visits.filter(({ faults }) => faults.length > 0).length;
  process.stdout.write(formatTable([['page', 'status', 'ms', 'verdict'], ...rows]));
  process.stdout.write(`${visits.length} requests, ${wrong} wrong\n`);
  if (wrong === 0) return 0;
  const log = (await readFile(httpd.errorLog, 'utf8')).split('\n');
  process.stderr.write(`The end of the error log:\n${log.slice(-LOG_LINES).join('\n')}\n`);
  return 1;
}
