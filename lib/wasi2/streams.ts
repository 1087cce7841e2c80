// wasi:io/streams and error: bytes in and out, each call bounded, each wait ended by the deadline.

import { Trap } from '../component/handles.js';
import type { IoError } from './errors.js';
import { type Pollable, waitForAny } from './pollable.js';
import { type Result, failed, ok } from './result.js';
import type { Run } from './run.js';

/** Most bytes that one call moves. */
const PIECE_BYTES = 65_536;
/** WIT: blocking-write-and-flush and its kin take so much at most. */
const MOST_BLOCKING_BYTES = 4_096;
const ZEROS = new Uint8Array(MOST_BLOCKING_BYTES);

/** Ends a stream: the bytes are over, or a call of the system has failed. */
export type StreamError =
  { readonly tag: 'closed' } | { readonly tag: 'last-operation-failed'; readonly value: IoError };

export const CLOSED: StreamError = { tag: 'closed' };

export interface InputStream {
  readonly pollable: Pollable;
  /** Up to `most` bytes that are there; none when a read would wait; undefined at the end. */
  read(run: Run, most: number): Uint8Array | undefined;
  close?(run: Run): void;
}

export interface OutputStream {
  readonly pollable: Pollable;
  /** How much can be written without waiting; any length where nothing is said. */
  room?(): number;
  /** Takes all of `bytes`, which are the caller's. May wait. */
  write(run: Run, bytes: Uint8Array): void;
  flush(run: Run): void;
  close?(run: Run): void;
}

/** Thrown by a stream, to be answered as its error. */
export class StreamFault extends Error {
  override readonly name = 'StreamFault';
  constructor(readonly error: StreamError) {
    super(error.tag);
  }
}

function answer<Value>(call: () => Value): Result<Value, StreamError> {
  try {
    return ok(call());
  } catch (thrown) {
    if (!(thrown instanceof StreamFault)) throw thrown;
    return failed(thrown.error);
  }
}

function sized(length: bigint): number {
  return Number(length > PIECE_BYTES ? PIECE_BYTES : length);
}

function readSome(run: Run, stream: InputStream, length: bigint, waits: boolean): Uint8Array {
  const most = sized(length);
  if (waits && most > 0) waitForAny(run, [stream.pollable]);
  const bytes = stream.read(run, most);
  if (bytes === undefined) throw new StreamFault(CLOSED);
  return bytes;
}

function writeAll(run: Run, stream: OutputStream, bytes: Uint8Array, most: number): void {
  if (bytes.length > most)
    throw new Trap(`a write of ${bytes.length} bytes, permitted are ${most}`);
  stream.write(run, bytes);
}

function writeZeros(run: Run, stream: OutputStream, length: bigint, most: number): void {
  if (length > most) throw new Trap(`a write of ${length} bytes, permitted are ${most}`);
  for (let left = Number(length); left > 0; left -= ZEROS.length) {
    stream.write(run, ZEROS.subarray(0, left));
  }
}

function splice(
  run: Run,
  into: OutputStream,
  from: InputStream,
  length: bigint,
  waits: boolean,
): bigint {
  const bytes = readSome(run, from, length, waits);
  into.write(run, bytes);
  return BigInt(bytes.length);
}

export const error = {
  name: 'wasi:io/error',
  text: `
    resource error
    func [method]error.to-debug-string self:borrow<error> -> string
  `,
  functions: { '[method]error.to-debug-string': (_run: Run, { text }: IoError) => text },
};

export const streams = {
  name: 'wasi:io/streams',
  text: `
    use wasi:io/error error
    use wasi:io/poll pollable
    variant stream-error last-operation-failed(error) closed
    resource input-stream
    resource output-stream
    func [method]input-stream.read self:borrow<input-stream> len:u64 -> result<list<u8>,stream-error>
    func [method]input-stream.blocking-read self:borrow<input-stream> len:u64 -> result<list<u8>,stream-error>
    func [method]input-stream.skip self:borrow<input-stream> len:u64 -> result<u64,stream-error>
    func [method]input-stream.blocking-skip self:borrow<input-stream> len:u64 -> result<u64,stream-error>
    func [method]input-stream.subscribe self:borrow<input-stream> -> pollable
    func [method]output-stream.check-write self:borrow<output-stream> -> result<u64,stream-error>
    func [method]output-stream.write self:borrow<output-stream> contents:list<u8> -> result<_,stream-error>
    func [method]output-stream.blocking-write-and-flush self:borrow<output-stream> contents:list<u8> -> result<_,stream-error>
    func [method]output-stream.flush self:borrow<output-stream> -> result<_,stream-error>
    func [method]output-stream.blocking-flush self:borrow<output-stream> -> result<_,stream-error>
    func [method]output-stream.subscribe self:borrow<output-stream> -> pollable
    func [method]output-stream.write-zeroes self:borrow<output-stream> len:u64 -> result<_,stream-error>
    func [method]output-stream.blocking-write-zeroes-and-flush self:borrow<output-stream> len:u64 -> result<_,stream-error>
    func [method]output-stream.splice self:borrow<output-stream> src:borrow<input-stream> len:u64 -> result<u64,stream-error>
    func [method]output-stream.blocking-splice self:borrow<output-stream> src:borrow<input-stream> len:u64 -> result<u64,stream-error>
  `,
  functions: {
    '[method]input-stream.read': (run: Run, stream: InputStream, length: bigint) =>
      answer(() => readSome(run, stream, length, false)),
    '[method]input-stream.blocking-read': (run: Run, stream: InputStream, length: bigint) =>
      answer(() => readSome(run, stream, length, true)),
    '[method]input-stream.skip': (run: Run, stream: InputStream, length: bigint) =>
      answer(() => BigInt(readSome(run, stream, length, false).length)),
    '[method]input-stream.blocking-skip': (run: Run, stream: InputStream, length: bigint) =>
      answer(() => BigInt(readSome(run, stream, length, true).length)),
    '[method]input-stream.subscribe': (_run: Run, { pollable }: InputStream) => pollable,

    '[method]output-stream.check-write': (_run: Run, stream: OutputStream) =>
      answer(() => BigInt(Math.min(PIECE_BYTES, stream.room?.() ?? PIECE_BYTES))),
    '[method]output-stream.write': (run: Run, stream: OutputStream, bytes: Uint8Array) =>
      answer(() => writeAll(run, stream, bytes, PIECE_BYTES)),
    '[method]output-stream.blocking-write-and-flush': (
      run: Run,
      stream: OutputStream,
      bytes: Uint8Array,
    ) =>
      answer(() => {
        writeAll(run, stream, bytes, MOST_BLOCKING_BYTES);
      }),
    '[method]output-stream.flush': (run: Run, stream: OutputStream) =>
      answer(() => stream.flush(run)),
    '[method]output-stream.blocking-flush': (run: Run, stream: OutputStream) =>
      answer(() => stream.flush(run)),
    '[method]output-stream.subscribe': (_run: Run, { pollable }: OutputStream) => pollable,
    '[method]output-stream.write-zeroes': (run: Run, stream: OutputStream, length: bigint) =>
      answer(() => writeZeros(run, stream, length, PIECE_BYTES)),
    '[method]output-stream.blocking-write-zeroes-and-flush': (
      run: Run,
      stream: OutputStream,
      length: bigint,
    ) => answer(() => writeZeros(run, stream, length, MOST_BLOCKING_BYTES)),
    '[method]output-stream.splice': (
      run: Run,
      into: OutputStream,
      from: InputStream,
      length: bigint,
    ) => answer(() => splice(run, into, from, length, false)),
    '[method]output-stream.blocking-splice': (
      run: Run,
      into: OutputStream,
      from: InputStream,
      length: bigint,
    ) => answer(() => splice(run, into, from, length, true)),
  },
};
