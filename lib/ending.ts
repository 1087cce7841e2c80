// What a run that did not come to an end of its own is, to the client and to the log.

import { formatLimit } from './config/limits.js';
import type { Grant } from './config/policy.js';
import { RequestError } from './errors.js';
import type { FaultCode } from './faults.js';
import type { Limits, Outcome } from './run.js';

/** Of a limit that ended a run; LIMIT with 500 where nothing else is said. */
const ENDINGS: ReadonlyMap<keyof Limits, readonly [FaultCode, number]> = new Map([
  ['timeoutMs', ['TIMEOUT', 504]],
  ['cpuTimeMs', ['LIMIT', 504]],
  ['bodyBytes', ['BODY_TOO_LARGE', 413]],
]);

/** Undefined where the run did end by itself. */
export function faultOf(outcome: Outcome, limits: Limits): RequestError | undefined {
  switch (outcome.kind) {
    case 'exit':
      return undefined;
    case 'trap':
      return new RequestError('TRAP', 500, outcome.message);
    case 'link':
      return new RequestError('LINK', 500, outcome.message);
    case 'timeout':
      return overLimit(limits, 'timeoutMs', 'the program took longer');
    case 'limit':
      return overLimit(limits, outcome.limit, outcome.message);
    case 'unanswered':
      return new RequestError('NO_RESPONSE', 500, outcome.message);
    case 'overload':
      return new RequestError('OVERLOAD', 503, outcome.message);
    case 'late':
      return new RequestError('BODY_TIMEOUT', 408, outcome.message);
    case 'exhausted':
      return new RequestError('NO_DESCRIPTORS', 503, outcome.message);
    case 'aborted':
      return new RequestError('ABORTED', 500, 'the run was ended from outside');
    case 'failed':
      return new RequestError('RUN_FAILED', 500, outcome.message);
  }
}

/**
 * Refuses a body that is announced to be over its limit, before anything is made ready for it.
 * @throws RequestError 413
 */
export function refuseLargeBody(params: ReadonlyMap<string, string>, { cgi, limits }: Grant): void {
  const announced = Number(params.get('CONTENT_LENGTH') ?? 0);
  if (!cgi || !(announced > limits.bodyBytes)) return;
  throw overLimit(limits, 'bodyBytes', `the request body has ${announced} bytes`);
}

function overLimit(limits: Limits, limit: keyof Limits, what: string): RequestError {
  const [code, status] = ENDINGS.get(limit) ?? ['LIMIT', 500];
  return new RequestError(code, status, `over the limit ${formatLimit(limits, limit)}: ${what}`);
}
