// `wasm-fcgi dev`: one program over plain HTTP on 127.0.0.1, by the stages of a request behind Apache.

import { randomBytes } from 'node:crypto';
import { basename, resolve } from 'node:path';

import yargs, { type Argv } from 'yargs';

import { limitsFromFlags } from '../lib/config/limitflags.js';
import { Policy } from '../lib/config/policy.js';
import { programParams } from '../lib/dev/params.js';
import { type DevOptions, type DevServer, serveHttp } from '../lib/dev/server.js';
import { ConfigError } from '../lib/errors.js';
import type { RequestHandler } from '../lib/fcgi/exchange.js';
import { createHandler } from '../lib/handler.js';
import { ModuleCache } from '../lib/module/cache.js';
import { prepareEngine } from '../lib/module/engine.js';
import { watchModule } from '../lib/module/watch.js';
import { OutgoingClient } from '../lib/outgoing/client.js';
import { Pool } from '../lib/pool/pool.js';
import type { Limits } from '../lib/run.js';
import { byteString } from './bytes.js';
import { devLog, say, servedLine, fitnessLine } from './devlog.js';
import { reasonsAgainst } from './fitness.js';
import { grantOptions, hostRules, preopensOf, variable } from './grant.js';

const FIRST_PORT = 8080;
/** Ports tried from the first one on, when none is asked for. */
const PORTS = 20;
const WORKERS = 4;
const QUEUE = 128;
const OUTGOING = 64;

/** The options of `dev`; they end at MODULE, too. */
export function devOptions(args: Argv) {
  return args
    .usage(
      '$0 dev [options] MODULE [args…]\n\nServes one program over plain HTTP on 127.0.0.1, for development.',
    )
    .parserConfiguration({
      'halt-at-non-option': true,
      'camel-case-expansion': false,
      'parse-positional-numbers': false,
    })
    .options({
      port: {
        type: 'number',
        description: 'Port to listen on, 0 for any',
        defaultDescription: `the first free one from ${FIRST_PORT} on`,
      },
      cgi: {
        type: 'boolean',
        default: false,
        description: 'The program speaks CGI (WasmEnableCGI On)',
      },
      'content-type': { type: 'string', description: 'Of the output of a program without CGI' },
      'pass-auth': {
        type: 'boolean',
        default: false,
        description: 'Show the program the Authorization header (CGIPassAuth On)',
      },
      ...grantOptions(),
    })
    .example('$0 dev hello.wasm', 'Output is the page')
    .example('$0 dev --cgi --map-dir /data ./data --env LANG=C app.wasm', 'A CGI program')
    .example(
      '$0 dev --cgi --ro --map-dir /www . --env SCRIPT_FILENAME=/www/index.php php-cgi.wasm',
      'PHP',
    )
    .strictOptions()
    .version(false)
    .wrap(100);
}

/**
 * Serves until SIGINT or SIGTERM.
 * @param words the command line after `dev`
 * @throws ConfigError for a wrong command line
 */
export async function dev(words: readonly string[]): Promise<void> {
  const flags = await devOptions(yargs([...words]).scriptName('wasm-fcgi'))
    .fail((message, error) => {
      throw error ?? new ConfigError([`dev: ${message} Try dev --help.`]);
    })
    .parseAsync();
  const [file, ...args] = flags._.map(String);
  if (file === undefined) throw new ConfigError(['dev: name the module to serve']);
  const { limits, moduleBytes } = limitsFromFlags(flags);
  hostRules(flags['allow-host'] ?? []);
  const key = randomBytes(32);
  const contentType = flags['content-type'];
  const program = programParams(
    {
      module: byteString(resolve(file)),
      args: args.map(byteString),
      env: (flags.env ?? []).map(variable),
      preopens: preopensOf(flags.dir ?? [], flags['map-dir'] ?? [], { readOnly: flags.ro }),
      hosts: flags['allow-host'] ?? [],
      cgi: flags.cgi,
      entryPoint: flags['entry-point'],
      ...(contentType === undefined ? {} : { contentType: byteString(contentType) }),
    },
    key,
  );
  prepareEngine();
  const options = { passAuth: flags['pass-auth'], program, served: servedLine };
  const server = await listen(
    createHandler(() => stages),
    options,
    flags.port,
  );
  // Made when it listens: its threads would keep a process that cannot.
  const pool = new Pool({ workers: WORKERS, queue: QUEUE, queueTimeoutMs: 10_000, log: devLog });
  const modules = new ModuleCache({ fileBytes: moduleBytes });
  const policy = policyFor(key, limits);
  const outgoing = new OutgoingClient({ connections: OUTGOING, certificates: undefined });
  const stages = { policy, modules, pool, outgoing, log: devLog, errorDetails: true };
  say(`${basename(file)} on ${server.origin}/  (Ctrl-C ends it)`);
  const judge = async (event: string): Promise<void> => {
    // A cache of its own: that of the requests may keep to the old file while the new one is written.
    const fresh = new ModuleCache({ fileBytes: moduleBytes });
    fitnessLine(event, await reasonsAgainst(file, flags['entry-point'], fresh, limits));
  };
  const unwatch = watchModule(resolve(file), () => void judge('changed'));
  await judge('loaded');
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
  unwatch();
  await server.close();
  await pool.close();
  process.exit(0);
}

/** As the responder that Apache starts: what is signed counts, and nothing else does. */
function policyFor(key: Buffer, limits: Limits): Policy {
  return new Policy({
    limits,
    ceilings: { signed: limits, unsigned: limits },
    trust: {
      key,
      allowUnsigned: false,
      moduleRoots: [],
      dirRoots: [],
      dirRootsReadOnly: [],
      allowedHosts: [],
      allowSystemDirs: false,
      allowSymlinks: false,
    },
  });
}

async function listen(
  handler: RequestHandler,
  options: Omit<DevOptions, 'port'>,
  wanted: number | undefined,
): Promise<DevServer> {
  const isPort =
    wanted === undefined || (Number.isInteger(wanted) && wanted >= 0 && wanted < 65_536);
  if (!isPort) throw new ConfigError([`dev: --port must be 0..65535, not ${wanted}`]);
  for (let port = wanted ?? FIRST_PORT; ; port += 1) {
    try {
      return await serveHttp(handler, { ...options, port });
    } catch (thrown) {
      const isTaken = thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE';
      if (isTaken && wanted === undefined && port < FIRST_PORT + PORTS) continue;
      throw isTaken ? new Error(`port ${port} is taken: give another --port`) : thrown;
    }
  }
}
