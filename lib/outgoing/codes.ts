// Errors of sockets, names, TLS and HTTP as error-codes of wasi:http.

import type { ErrorCode } from '../channel/outgoing.js';
import { messageOf } from '../errors.js';

const BY_SYSTEM = new Map<string, ErrorCode>([
  ['ECONNREFUSED', { tag: 'connection-refused' }],
  ['EHOSTUNREACH', { tag: 'destination-IP-unroutable' }],
  ['ENETUNREACH', { tag: 'destination-IP-unroutable' }],
  ['EADDRNOTAVAIL', { tag: 'destination-IP-unroutable' }],
  ['ETIMEDOUT', { tag: 'connection-timeout' }],
  ['ECONNRESET', { tag: 'connection-terminated' }],
  ['EPIPE', { tag: 'connection-terminated' }],
  ['EPROTO', { tag: 'TLS-protocol-error' }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', { tag: 'TLS-certificate-error' }],
]);

/** OpenSSL's verdicts on certificates (X509_V_ERR_*), as Node names them. */
const CERTIFICATE = /^(?:CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(?:CA|PURPOSE))/;

/** What the parser found, and what Node does not write. */
const HTTP = /^(?:HPE_|ERR_HTTP_|ERR_INVALID_(?:CHAR|HTTP_TOKEN)$)/;

/** @param limitBytes of the head, for the code that says it was passed */
export function codeOfError(thrown: unknown, limitBytes: number): ErrorCode {
  const name = nameOf(thrown);
  const known = BY_SYSTEM.get(name);
  if (known !== undefined) return known;
  if (CERTIFICATE.test(name)) return { tag: 'TLS-certificate-error' };
  if (name.startsWith('ERR_SSL_') || name.startsWith('ERR_TLS_'))
    return { tag: 'TLS-protocol-error' };
  if (name === 'HPE_HEADER_OVERFLOW')
    return { tag: 'HTTP-response-header-section-size', value: limitBytes };
  if (HTTP.test(name)) return { tag: 'HTTP-protocol-error' };
  return { tag: 'internal-error', value: messageOf(thrown) };
}

/** What the resolver threw. */
export function codeOfLookup(thrown: unknown): ErrorCode {
  const name = nameOf(thrown);
  const rcode = name === 'ENOTFOUND' ? 'NXDOMAIN' : name === 'EAI_AGAIN' ? 'SERVFAIL' : undefined;
  return { tag: 'DNS-error', value: { rcode, 'info-code': undefined } };
}

/** Of several attempts to connect, the first tells most. */
function nameOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) return nameOf(thrown.errors[0]);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : '';
}
