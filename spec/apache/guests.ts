// Guests of the Apache specs, in WAT: each does one thing that a row is about.

import { command } from '../pool/guests.js';

const data = (at: number, text: string): string => `(data (i32.const ${at}) "${escaped(text)}")`;

function escaped(text: string): string {
  return [...Buffer.from(text, 'latin1')]
    .map((byte) => `\\${byte.toString(16).padStart(2, '0')}`)
    .join('');
}

const write = (fd: number, at: number, length: number): string =>
  `(call $write (i32.const ${fd}) (i32.const ${at}) (i32.const ${length}))`;

/** Prints `text`, then does `next`. */
export function print(text: string, next = '', fd = 1): string {
  return command(`${write(fd, 1024, text.length)} ${next}`, data(1024, text));
}

export const EXIT = (code: number): string => `(call $exit (i32.const ${code}))`;

/** Sleeps `ms`: a relative subscription to the monotonic clock at 65536. */
function sleep(ms: number): string {
  return `(i32.store (i32.const 65552) (i32.const 1))
    (i64.store (i32.const 65560) (i64.const ${ms}000000))
    (drop (call $poll (i32.const 65536) (i32.const 65600) (i32.const 1) (i32.const 8)))`;
}

/** Prints `first`, sleeps, prints `second`. */
export function printTwice(first: string, ms: number, second: string, next = ''): string {
  return command(
    `${write(1, 1024, first.length)} ${sleep(ms)} ${write(1, 4096, second.length)} ${next}`,
    data(1024, first) + data(4096, second),
  );
}

const ECHO_HEAD = 'Content-Type: application/x-echo\n\n';

/** A CGI program that sends its body back. */
export const ECHO = command(
  `(local $n i32) ${write(1, 180_000, ECHO_HEAD.length)}
  (loop $next
    (local.set $n (call $read))
    (if (local.get $n) (then
      (call $write (i32.const 1) (i32.const 1024) (local.get $n))
      (br $next))))`,
  data(180_000, ECHO_HEAD),
);
