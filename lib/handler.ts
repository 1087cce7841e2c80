// The life of one request: params to a grant, to a module and an environment, a run, its answer.

import type { GuestModule } from './component/definition.js';
import { type Beginning, Beginnings } from './begun.js';
import type { Job, RunEvents } from './channel/contract.js';
import { guestEnvironment } from './cgi/environment.js';
import { formatLimit } from './config/limits.js';
import type { Grant, Policy } from './config/policy.js';
import { RequestError, messageOf } from './errors.js';
import { refuseLargeBody } from './ending.js';
import type { Exchange, RequestHandler } from './fcgi/exchange.js';
import type { Log } from './log.js';
import type { ModuleCache } from './module/cache.js';
import type { LoadedModule } from './module/load.js';
import { TurnMemory } from './module/turn.js';
import type { OutgoingClient, RunRequests } from './outgoing/client.js';
import type { Pool } from './pool/pool.js';
import { Reply } from './reply.js';
import { RequestLog } from './requestlog.js';
import type { Limits } from './run.js';
import type { Ready } from './snapshot/entry.js';
import type { Snapshots } from './snapshot/snapshots.js';

/** The parts that a request passes through; replaced as one when the configuration is reloaded. */
export interface Stages {
  readonly policy: Policy;
  readonly modules: ModuleCache;
  readonly pool: Pool;
  readonly outgoing: OutgoingClient;
  /** `wasm-fcgi dev` has none: there each request is to see the program as it is now. */
  readonly snapshots?: Snapshots;
  readonly log: Log;
  /** Whether error pages tell the cause. */
  readonly errorDetails: boolean;
}

/** A grant is the same object for each request of its signed configuration. */
type ThisTurn = TurnMemory<Grant, LoadedModule>;

/**
 * Makes the handler that the listeners call for each request.
 * @param stages asked once per request: a request ends on the stages it began with
 */
export function createHandler(stages: () => Stages): RequestHandler {
  const thisTurn: ThisTurn = new TurnMemory();
  const beginnings = new Beginnings();
  return (exchange) => void serve(exchange, stages(), thisTurn, beginnings);
}

async function serve(
  exchange: Exchange,
  stages: Stages,
  thisTurn: ThisTurn,
  beginnings: Beginnings,
): Promise<void> {
  const { policy, modules, snapshots, log } = stages;
  const requestLog = new RequestLog(log, exchange.params);
  const reply = new Reply(exchange, requestLog, stages.errorDetails);
  exchange.onAbort = (reason) => reply.abandoned(reason);
  try {
    const grant = policy.admit(exchange.params);
    requestLog.module = grant.module;
    const { memoryBytes, tableElements } = grant.limits;
    const wanted = { memoryBytes, tableElements, below: grant.moduleBelow };
    const loaded =
      thisTurn.find(grant, () => modules.peek(grant.module, wanted)) ??
      (await modules.get(grant.module, wanted));
    const asked = isHandler(loaded.module) ? { ...grant, cgi: true } : grant;
    refuseLargeBody(exchange.params, asked);
    let found = snapshots?.find(grant, loaded);
    const arrival = found === 'not-ready' ? snapshots?.arrival(grant) : undefined;
    if (arrival !== undefined) {
      await arrival;
      found = snapshots?.find(grant, loaded);
    }
    if (exchange.open) {
      const [ready, why] = typeof found === 'string' ? [undefined, found] : [found, undefined];
      const began = found && beginnings.begin(grant, why, requestLog);
      const job = jobOf(exchange, asked, loaded, ready);
      start(job, asked, stages, exchange, reply, requestLog, began);
    }
  } catch (thrown) {
    reply.refuse(
      thrown instanceof RequestError
        ? thrown
        : new RequestError('INTERNAL', 500, messageOf(thrown)),
    );
  }
}

/** A component that handles HTTP has its own words for what CGI says in variables and headers. */
function isHandler(module: GuestModule): boolean {
  return 'world' in module && module.world === 'handler';
}

function jobOf(
  { params }: Exchange,
  grant: Grant,
  loaded: LoadedModule,
  ready: Ready | undefined,
): Job {
  const scriptFilename = params.get('WASM_SCRIPT_FILENAME');
  const env = guestEnvironment(
    params,
    scriptFilename === undefined ? grant : { ...grant, scriptFilename },
  );
  const configured = grant.env.length;
  const { argv: args, preopens, entryPoint, limits } = grant;
  const { key: moduleKey, module } =
    ready === undefined ? loaded : { key: ready.key, module: ready.guest };
  return { moduleKey, module, args, env, configured, preopens, entryPoint, limits };
}

/** Runs the guest between the two halves of the exchange: its body in, its answer out. */
function start(
  job: Job,
  grant: Grant,
  { pool, outgoing }: Stages,
  exchange: Exchange,
  reply: Reply,
  requestLog: RequestLog,
  began: Beginning | undefined,
): void {
  if (!grant.cgi) reply.raw(grant.contentType);
  const bodyComes = grant.cgi && !exchange.bodyComplete;
  let requests: RunRequests | undefined;
  const reached = (limit: keyof Limits): void =>
    requestLog.write('warn', 'limit-reached', { limit: formatLimit(job.limits, limit) });
  const events: RunEvents = {
    stdout: (chunk) => {
      const hasRoom = reply.stdout(chunk);
      if (reply.over && run !== 'full') run.abort();
      return hasRoom;
    },
    stderr: (chunk) => requestLog.stderr(chunk),
    reached,
    fresh: (why) => began?.fresh(why),
    bodyWanted: () => exchange.resumeBody(),
    outgoing: (question, peer) => {
      requests ??= outgoing.forRun({
        rules: grant.hosts,
        limits: job.limits,
        log: (fields) => requestLog.write('info', 'outgoing', fields),
        reached,
      });
      requests.begin(question, peer);
    },
    ended: (outcome) => {
      requests?.close();
      requestLog.stderrEnded();
      began?.ended(outcome);
      reply.ended(outcome, job.limits);
    },
  };
  const run = pool.submit(job, events, bodyComes);
  if (run === 'full') throw new RequestError('QUEUE_FULL', 503, pool.fullness);
  exchange.onDrain = () => run.drained();
  exchange.onAbort = (reason) => {
    reply.abandoned(reason);
    run.abort();
  };
  // Without CGI a guest has no body: what the client sends is left unread.
  if (!grant.cgi) return run.bodyEnded();
  exchange.readBody(
    (chunk) => {
      if (!run.body(chunk)) exchange.pauseBody();
    },
    () => run.bodyEnded(),
  );
}
