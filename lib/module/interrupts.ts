// Lets a guest be ended in the middle of slow instructions that stand one after the other.

import { rewriteBodies } from './bodies.js';

/**
 * An empty loop. V8 looks for interrupts where functions and loops begin, nowhere else: 400 times
 * memory.fill of 128 MiB in a row could not be ended for 25 s, with this after each for 0.05 to 0.2 s.
 */
const INTERRUPT_CHECK = Uint8Array.of(0x03, 0x40, 0x0b);

const MEMORY_GROW = 0x40;
const BULK_PREFIX = 0xfc;
/** Behind the prefix: memory.init, copy and fill; table.init, copy, grow and fill. */
const SLOW: ReadonlySet<number> = new Set(
  [8, 10, 11, 12, 14, 15, 17].map((number) => BULK_PREFIX * 0x1000 + number).concat(MEMORY_GROW),
);

/**
 * The contents of the code section from `start` to `end` with a check after every instruction that
 * may take milliseconds.
 * @throws MalformedModule
 */
export function checkInterrupts(module: Uint8Array, start: number, end: number): Uint8Array[] {
  return rewriteBodies(module, start, end, {
    // Numbers may be written longer than needed, so bit 7 says nothing.
    isSuspect: (byte, next) =>
      byte === MEMORY_GROW
        ? (next & 0x7f) === 0
        : byte === BULK_PREFIX && (next & 0x7f) >= 8 && (next & 0x7f) <= 17,
    replace: (opcode, at, after) =>
      SLOW.has(opcode) ? Buffer.concat([module.subarray(at, after), INTERRUPT_CHECK]) : undefined,
  });
}
