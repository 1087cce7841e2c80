// Answers that the wire gives by itself, when a request cannot reach a handler.

import { ProtocolStatus } from './protocol.js';

/**
 * Both a CGI answer and a protocol status: Apache's modules and nginx look at the answer only,
 * and would make an empty 200 or a 502 of a bare FCGI_OVERLOADED.
 */
export interface Refusal {
  readonly answer: Buffer;
  readonly status: number;
  readonly protocolStatus: ProtocolStatus;
}

const REASONS = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
} as const;

export function refusal(
  status: number,
  protocolStatus: ProtocolStatus = ProtocolStatus.REQUEST_COMPLETE,
): Refusal {
  const known = status === 408 || status === 431 || status === 503 ? status : 400;
  const reason = REASONS[known];
  const retry = known === 503 ? 'Retry-After: 1\r\n' : '';
  const head = `Status: ${known} ${reason}\r\n${retry}Content-Type: text/plain\r\n\r\n`;
  return { answer: Buffer.from(`${head}${reason}\n`, 'latin1'), status: known, protocolStatus };
}
