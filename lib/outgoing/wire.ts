// A request as node:http is told to send it, and the header fields of an answer.

import type { RequestOptions } from 'node:https';

import type { AnswerHead } from '../channel/outgoing.js';
import type { FoundAddress, Lookup } from './names.js';
import type { Target } from './target.js';

export interface Means {
  readonly lookup: Lookup;
  /** Trusted authorities in PEM; undefined for Node's own. */
  readonly ca: readonly string[] | undefined;
}

/** Of the connection between us and the server: nothing that the guest could use. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Nothing is shared: no agent, so no connection outlives its request, and no proxy; a lookup that
 * answers what was checked, so that no name is looked up twice.
 * @param headBytes of the answer's header fields, at most
 */
export function connectionOptions(
  { host, port, method, path, isAddress }: Target,
  headers: readonly string[],
  found: readonly FoundAddress[],
  ca: Means['ca'],
  headBytes: number,
): RequestOptions {
  return {
    host,
    port,
    method,
    path,
    headers,
    agent: false,
    lookup: (_name, { all }, done) => {
      const [first] = found;
      if (all === true) done(null, [...found]);
      else done(null, first?.address ?? '', first?.family ?? 0);
    },
    // It counts up to where it would refuse.
    maxHeaderSize: headBytes + 1,
    insecureHTTPParser: false,
    rejectUnauthorized: true,
    servername: isAddress ? '' : host,
    ...(ca === undefined ? {} : { ca: [...ca] }),
  };
}

/** Of Node's list of names and values by turns. */
export function fieldsOf(raw: readonly string[]): AnswerHead['headers'] {
  return raw.flatMap((name, index) => {
    const isWanted = index % 2 === 0 && !HOP_BY_HOP.has(name.toLowerCase());
    return isWanted ? [[name, raw[index + 1] ?? ''] as const] : [];
  });
}
