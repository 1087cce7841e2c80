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
import { EXTRAS, SAMPLES, START_PAGE } from './checks.js';
import { HTTPD_MODULES, openToAll, SERVE_WORDS, stageDemo } from './stage.js';
import { formatTable } from './table.js';
import { type Visit, visitSample } from './visit.js';
import { readWish, USAGE } from './wish.js';
import { writePost } from './wordpress/browse.js';
import {
  downloadWordPress,
  hasWordPress,
  unpackWordPress,
  wordPressIn,
} from './wordpress/fetch.js';
import { installWordPress, WORDPRESS_USER } from './wordpress/site.js';

const BUILT = path.join(import.meta.dirname, '..');
const ROOT = path.join(BUILT, '..');
/** Of the error log, when a page was not right. */
const LOG_LINES = 30;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Names a step to the user, runs it, and says how long it took. */
type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>;

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
    const files = wish.wordpress ? await getWordPress(step) : undefined;
    httpd = await step(`start Apache on port ${wish.port}`, () => startDemo(dir, wish.port, files));
    const { origin } = httpd;
    const password = wish.wordpress
      ? await step('install WordPress', () => installWordPress(origin))
      : undefined;
    if (wish.check) return await Promise.race([checkAll(httpd, password), stop.then(() => 1)]);
    process.stdout.write(`${listOf(origin, password)}\nCtrl-C stops it.\n`);
    await stop;
    return 0;
  } finally {
    await httpd?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** @returns WordPress's files; they are kept, next to what else is built */
async function getWordPress(step: Step): Promise<string> {
  const cache = path.join(ROOT, '.build-wordpress');
  if (!hasWordPress(cache)) {
    await step('download WordPress, 158 MB', () => downloadWordPress(cache));
    await step('unpack WordPress', () => unpackWordPress(cache));
  }
  return wordPressIn(cache);
}

async function startDemo(dir: string, port: number, wordpress?: string): Promise<Httpd> {
  const module = await buildModule();
  const command = await stageProgram(dir, path.relative(ROOT, BUILT));
  if (existsSync(path.join(dir, 'program'))) openToAll(path.join(dir, 'program'));
  const account = await ordinaryAccount();
  const lines = [
    'WasmServer auto',
    `WasmCommand ${[...command, ...SERVE_WORDS].map((word) => `"${word}"`).join(' ')}`,
    stageDemo(ROOT, dir, account, wordpress),
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

function listOf(origin: string, password?: string): string {
  const samples = password === undefined ? SAMPLES : [...EXTRAS, ...SAMPLES];
  const rows = samples.flatMap(({ title, checks }) =>
    checks
      .filter(({ link }) => link !== undefined)
      .map(({ link, path }) => [title, link ?? '', origin + path]),
  );
  const table = formatTable([['Start page', '', `${origin}/`], ...rows]);
  return password === undefined ? table : `${table}WordPress: ${WORDPRESS_USER}, ${password}\n`;
}

/**
 * Requests every page and prints the table.
 * @param password WordPress's, when it is there: then a post is written as well
 * @returns the exit code
 */
async function checkAll(httpd: Httpd, password?: string): Promise<number> {
  const visits: Visit[] = [];
  const samples = password === undefined ? SAMPLES : [...EXTRAS, ...SAMPLES];
  for (const sample of [START_PAGE, ...samples]) {
    visits.push(...(await visitSample(httpd.origin, sample)));
  }
  if (password !== undefined) visits.push(...(await writePost(httpd.origin, password)));
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
