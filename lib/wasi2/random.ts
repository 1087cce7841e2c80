// wasi:random: all of it from the system's generator, the insecure kind too.

import { randomBytes } from 'node:crypto';
import { Trap } from '../component/handles.js';
import type { Run } from './run.js';

/** One call; libraries ask for seeds of some dozens. */
const MOST_BYTES = 1_048_576;

function bytes(_run: Run, length: bigint): Uint8Array {
  if (length > MOST_BYTES)
    throw new Trap(`${length} random bytes in one call, the limit is ${MOST_BYTES}`);
  return randomBytes(Number(length));
}

function u64(): bigint {
  return randomBytes(8).readBigUInt64LE();
}

export const random = {
  name: 'wasi:random/random',
  text: `
    func get-random-bytes len:u64 -> list<u8>
    func get-random-u64 -> u64
  `,
  functions: { 'get-random-bytes': bytes, 'get-random-u64': u64 },
};

export const insecure = {
  name: 'wasi:random/insecure',
  text: `
    func get-insecure-random-bytes len:u64 -> list<u8>
    func get-insecure-random-u64 -> u64
  `,
  functions: { 'get-insecure-random-bytes': bytes, 'get-insecure-random-u64': u64 },
};

export const insecureSeed = {
  name: 'wasi:random/insecure-seed',
  text: 'func insecure-seed -> tuple<u64,u64>',
  functions: { 'insecure-seed': () => [u64(), u64()] },
};
