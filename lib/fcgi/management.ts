// FCGI_GET_VALUES (section 4.1): what a web server may ask before it sends requests.

import { ProtocolError, messageOf } from '../errors.js';
import type { FcgiLimits } from './limits.js';
import { ParamsDecoder } from './params.js';
import { MAX_CONTENT_BYTES } from './protocol.js';
import { encodeValues } from './record.js';

/**
 * The FCGI_GET_VALUES_RESULT record for the names asked; names we do not know are left out.
 * @param content of the FCGI_GET_VALUES record
 * @throws ProtocolError when the content is no list of pairs
 */
export function answerValues(content: Buffer, limits: FcgiLimits): Buffer {
  const asked = askedNames(content);
  const known: readonly (readonly [string, string])[] = [
    ['FCGI_MAX_CONNS', String(limits.connections)],
    ['FCGI_MAX_REQS', String(limits.connections * limits.requestsPerConnection)],
    ['FCGI_MPXS_CONNS', limits.requestsPerConnection > 1 ? '1' : '0'],
  ];
  return encodeValues(known.filter(([name]) => asked.has(name)));
}

function askedNames(content: Buffer): ReadonlyMap<string, string> {
  try {
    const decoder = new ParamsDecoder(MAX_CONTENT_BYTES);
    decoder.push(content, 0, content.length);
    return decoder.finish();
  } catch (error) {
    throw new ProtocolError(`FCGI_GET_VALUES: ${messageOf(error)}`);
  }
}
