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

/** Writes to the file `f` of its first directory, 64 KiB at a time, and prints the errno that ended it; 00 at 4 MiB. */
export const FILL = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "f")
  (func $write (param $fd i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func $digit (param $at i32) (param $value i32)
    (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10)))))
  (func (export "_start") (local $errno i32) (local $left i32)
    (local.set $left (i32.const 64))
    (local.set $errno (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1)
      (i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 12)))
    (block $end (loop $next
      (br_if $end (local.get $errno))
      (br_if $end (i32.eqz (local.get $left)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (local.set $errno (call $write (i32.load (i32.const 12)) (i32.const 65536) (i32.const 65536)))
      (br $next)))
    (call $digit (i32.const 32) (i32.div_u (local.get $errno) (i32.const 10)))
    (call $digit (i32.const 33) (local.get $errno))
    (drop (call $write (i32.const 1) (i32.const 32) (i32.const 2)))))`;

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
