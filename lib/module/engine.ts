// Flags of V8 that must be set before the first module is compiled and the first request is served.

import { setFlagsFromString } from 'node:v8';

/**
 * Makes every guest end within milliseconds of `terminate()`. With dynamic tiering, baseline code asks
 * for interrupts only when its tiering budget is used up, and a loop around a bulk-memory operation
 * uses up next to nothing of it: measured, a loop that fills 256 MiB was still alive after 20 s. The
 * price is paid once per module and server start: optimizing everything at once makes the first runs
 * of an interpreter slower. A smaller `--wasm-tiering-budget` only shortens the wait, in proportion.
 *
 * No object of a request is made an old one at once. V8 does so where most objects that a place in the
 * code makes were alive at a collection; once it had chosen one such place, each object from there kept
 * all of its request alive until the next full collection, and so the others seemed to live long too:
 * measured, 7.9 KB of each request were copied instead of 1.2, in 15 % of all processor time.
 *
 * Buffers are freed by the collection that finds them unused. V8 has another thread free them, and counts
 * them as used until its next collection: with 64 KiB for each read of a socket it soon took the memory
 * to be short, and marked everything that lives five times for a body of 100 MB, half of all processor time.
 *
 * Functions of any size get the register allocator that lets values share their places on the stack. V8
 * gives large ones another that does not: the main loop of Python, as a snapshot has it, had a frame of
 * over the 984 KB that V8 allows one, and once it was optimized each request ended by a stack overflow.
 *
 * Sums as offsets of data, which all linkers of shared objects write, are in the V8 of Node 20 and not
 * switched on; its next release did that. Python's components need them.
 */
export function prepareEngine(): void {
  setFlagsFromString('--no-wasm-dynamic-tiering');
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
  if (/^1[12]\./.test(process.versions.v8))
    setFlagsFromString('--no-turbo-use-mid-tier-regalloc-for-huge-functions');
  if (/^1[12]\./.test(process.versions.v8))
    setFlagsFromString('--experimental-wasm-compilation-hints');
  if (process.versions.v8.startsWith('11.3.'))
    setFlagsFromString('--experimental-wasm-extended-const');
}
