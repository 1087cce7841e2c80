// The life of one request: params to a grant, to a module and an environment, a run, its answer.

import { guestEnvironment } from './cgi/environment.js';
import type { Grant, Policy } from './config/policy.js';
import { RequestError, messageOf } from './errors.js';
import type { Exchange, RequestHandler } from './fcgi/exchange.js';
import type { Log } from './log.js';
import type { LoadedModule, ModuleCache } from './module/cache.js';
import type { Pool } from './pool/pool.js';
import { Reply } from './reply.js';
import { RequestLog } from './requestlog.js';

/** The parts that a request passes through; replaced as one when the configuration is reloaded. */
export interface Stages {
  readonly policy: Policy;
  readonly modules: ModuleCache;
  readonly pool: Pool;
  readonly log: Log;
}

/**
 * Makes the handler that the listeners call for each request.
 * @param stages asked once per request: a request ends on the stages it began with
 */
export function createHandler(stages: () => Stages): RequestHandler {
  return (exchange) => void serve(exchange, stages());
}

async function serve(exchange: Exchange, { policy, modules, pool, log }: Stages): Promise<void> {
  const requestLog = new RequestLog(log, exchange.params);
  const reply = new Reply(exchange, requestLog);
  exchange.onAbort = (reason) => reply.abandoned(reason);
  try {
    const grant = policy.admit(exchange.params);
    requestLog.module = grant.module;
    const loaded =
      modules.peek(grant.module, grant.limits) ?? (await modules.get(grant.module, grant.limits));
    if (exchange.open) run(exchange, pool, grant, loaded, reply, requestLog);
  } catch (thrown) {
    reply.refuse(
      thrown instanceof RequestError ? thrown : new RequestError('INTERNAL', 500, messageOf(thrown)),
    );
  }
}
