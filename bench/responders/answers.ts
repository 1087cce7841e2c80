// The answers of bench/guests/*.c, for those who give them without a guest.

export const HELLO = 'Hello, world!\n';
const TEXT = 'Content-Type: text/plain\r\n\r\n';

export const HELLO_ANSWER = Buffer.from(`${TEXT}${HELLO}`);

/** What headers.c says of 31 headers. */
export const HEADERS_ANSWER = Buffer.from(`${TEXT}   31 headers,    31 with a value\n`);

export const DOWN_HEAD = Buffer.from('Content-Type: application/octet-stream\r\n\r\n');

/** What up.c says. */
export function upAnswer(bytes: number): Buffer {
  return Buffer.from(`${TEXT}${String(bytes).padStart(12)}\n`);
}
