// `wasm-fcgi run`: one program in a shell, by the engine and the limits that a request gets.

import { basename, resolve } from 'node:path';

import yargs, { type Argv } from 'yargs';

import type { GuestModule } from '../lib/component/definition.js';
import type { Job, Run } from '../lib/channel/contract.js';
import { limitsFromFlags } from '../lib/config/limitflags.js';
import { formatLimit } from '../lib/config/limits.js';
import { ConfigError, RequestError } from '../lib/errors.js';
import { faultOf } from '../lib/ending.js';
import { createLog } from '../lib/log.js';
import { ModuleCache } from '../lib/module/cache.js';
import { prepareEngine } from '../lib/module/engine.js';
import { OutgoingClient, type RunRequests } from '../lib/outgoing/client.js';
import { Pool } from '../lib/pool/pool.js';
import type { HostRule, Limits, Outcome } from '../lib/run.js';
import { byteString } from './bytes.js';
import { grantOptions, hostRules, preopensOf, variable } from './grant.js';

/** Beside the program's own exit code: what timeout(1), a shell and SIGINT, SIGPIPE, SIGABRT would give. */
const EXIT = {
  timeout: 124,
  limit: 125,
  cannotRun: 126,
  notFound: 127,
  interrupt: 130,
  trap: 134,
  pipe: 141,
};

const WASI = new Map([
  ['preview1', 'wasi_snapshot_preview1'],
  ['unstable', 'wasi_unstable'],
]);

/** The options of `run`; they end at MODULE, all that follows is the program's. */
export function runOptions(args: Argv) {
  return args
    .usage('$0 run [options] MODULE [args…]\n\nRuns one program with the limits of a request.')
    .parserConfiguration({
      'halt-at-non-option': true,
      'camel-case-expansion': false,
      'parse-positional-numbers': false,
    })
    .options({
      ...grantOptions(),
      symlinks: {
        type: 'boolean',
        default: false,
        description: 'Let the program make symlinks in them, relative ones',
      },
      wasi: {
        choices: [...WASI.keys()],
        description: 'Refuse a program of another WASI than this one',
      },
    })
    .example('echo hi | $0 run --dir . --env LANG=C program.wasm --its-own-option', '')
    .strictOptions()
    .version(false)
    .wrap(100);
}

/**
 * Runs one program; its stdin, stdout and stderr are ours.
 * @param words the command line after `run`
 * @returns the exit code
 * @throws ConfigError for a wrong command line
 */
export async function run(words: readonly string[]): Promise<number> {
  const flags = await runOptions(yargs([...words]).scriptName('wasm-fcgi'))
    .fail((message, error) => {
      throw error ?? new ConfigError([`run: ${message} Try run --help.`]);
    })
    .parseAsync();
  const [file, ...args] = flags._.map(String);
  if (file === undefined) throw new ConfigError(['run: name the module to run']);
  const { limits, moduleBytes } = limitsFromFlags(flags);
  const rights = { readOnly: flags.ro, symlinks: flags.symlinks };
  const preopens = preopensOf(flags.dir ?? [], flags['map-dir'] ?? [], rights);
  const env = (flags.env ?? []).map((text) => variable(text).join('='));
  const hosts = hostRules(flags['allow-host'] ?? []);
  prepareEngine();
  const modules = new ModuleCache({ fileBytes: moduleBytes });
  try {
    const loaded = await modules.get(byteString(resolve(file)), limits);
    if (flags.wasi !== undefined) refuseOtherWasi(loaded.module, flags.wasi);
    const job = {
      moduleKey: loaded.key,
      module: loaded.module,
      args: [basename(file), ...args].map(byteString),
      env,
      preopens,
      entryPoint: flags['entry-point'],
      limits,
    };
    return await runJob(job, hosts);
  } catch (thrown) {
    if (!(thrown instanceof RequestError)) throw thrown;
    complain(thrown.message);
    return thrown.code === 'MODULE_NOT_FOUND' ? EXIT.notFound : EXIT.cannotRun;
  }
}

async function runJob(job: Job, hosts: readonly HostRule[]): Promise<number> {
  const log = createLog((line) => process.stderr.write(line), 'error');
  const pool = new Pool({ workers: 1, spares: 0, queue: 0, queueTimeoutMs: 10_000, log });
  const reached = (limit: keyof Limits): void =>
    complain(`the program reached its limit ${formatLimit(job.limits, limit)}`);
  const requests = requestsOf(hosts, job.limits, reached);
  const outcome = await new Promise<Outcome>((resolveOutcome) => {
    const handle = pool.submit(job, {
      stdout: (chunk) => process.stdout.write(chunk),
      stderr: (chunk) => void process.stderr.write(chunk),
      reached,
      outgoing: (question, peer) => requests.begin(question, peer),
      bodyWanted: () => process.stdin.resume(),
      ended: resolveOutcome,
    });
    if (handle === 'full') throw new Error('the pool takes no run');
    connect(handle);
  });
  requests.close();
  process.stdin.destroy();
  await pool.close();
  return exitCodeOf(outcome, job.limits);
}

/** What the program asks of others: refusals and failures are told, all else is its own. */
function requestsOf(
  rules: readonly HostRule[],
  limits: Limits,
  reached: (limit: keyof Limits) => void,
): RunRequests {
  const client = new OutgoingClient({ connections: limits.outgoingOpen, certificates: undefined });
  return client.forRun({
    rules,
    limits,
    log: ({ method, to = '', reason }) => {
      if (reason !== undefined) complain(`${method} ${to}: ${reason}`);
    },
    reached,
  });
}

/** Couples our own streams to the run, with backpressure both ways. */
function connect(handle: Run): void {
  process.stdout.on('drain', () => handle.drained());
  process.stdout.on('error', () => process.exit(EXIT.pipe));
  process.once('SIGINT', () => handle.abort());
  process.stdin.on('data', (chunk: Buffer) => {
    if (!handle.body(chunk)) process.stdin.pause();
  });
  process.stdin.on('end', () => handle.bodyEnded());
  process.stdin.on('error', () => handle.bodyEnded());
}

function exitCodeOf(outcome: Outcome, limits: Limits): number {
  if (outcome.kind === 'exit') return outcome.code;
  if (outcome.kind === 'aborted') return EXIT.interrupt;
  complain(faultOf(outcome, limits)?.message ?? outcome.kind);
  switch (outcome.kind) {
    case 'timeout':
      return EXIT.timeout;
    case 'trap':
    case 'unanswered':
      return EXIT.trap;
    case 'limit':
      return outcome.limit === 'cpuTimeMs' ? EXIT.timeout : EXIT.limit;
    case 'link':
    case 'overload':
    case 'late':
    case 'exhausted':
    case 'failed':
      return EXIT.cannotRun;
  }
}

function refuseOtherWasi(module: GuestModule, wanted: string): void {
  if (!(module instanceof WebAssembly.Module)) {
    throw new RequestError('LINK', 500, `it is a WASI 0.2 component, which is not of ${wanted}`);
  }
  const other = WebAssembly.Module.imports(module).find(
    (one) => one.module.startsWith('wasi_') && one.module !== WASI.get(wanted),
  );
  if (other === undefined) return;
  throw new RequestError(
    'LINK',
    500,
    `it imports ${other.module}.${other.name}, which is not of ${wanted}`,
  );
}

function complain(message: string): void {
  process.stderr.write(`wasm-fcgi: ${message}\n`);
}
