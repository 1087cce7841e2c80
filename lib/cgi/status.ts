// The usual words for a status.

import { STATUS_CODES } from 'node:http';

/** The phrase of RFC 9110 and its registry; `Unknown` where there is none. */
export function phraseOf(status: number): string {
  return STATUS_CODES[status] ?? 'Unknown';
}

/** Answers to HEAD, and 204 and 304, have no body (RFC 9110 sections 9.3.2, 15.3.5, 15.4.5). */
export function hasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}
