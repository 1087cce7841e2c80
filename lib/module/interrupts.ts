// Lets a guest be ended in the middle of slow instructions that stand one after the other.

import { stepOver } from './instructions.js';
import { Reader, encodeU32 } from './reader.js';

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
  const reader = new Reader(module, start, end);
  const pieces: Uint8Array[] = [];
  let unchangedFrom = start;
  let suspect = -1;
  for (let left = reader.count(); left > 0; left -= 1) {
    const bodyStart = reader.offset;
    const size = reader.u32();
    const contents = reader.skip(size);
    if (suspect < contents) suspect = findSuspect(module, contents, end);
    if (suspect >= contents + size) continue;
    const places = slowPlaces(module, contents, contents + size);
    if (places.length === 0) continue;
    pieces.push(module.subarray(unchangedFrom, bodyStart));
    pieces.push(Uint8Array.from(encodeU32(size + places.length * INTERRUPT_CHECK.length)));
    let from = contents;
    for (const place of places) {
      pieces.push(module.subarray(from, place), INTERRUPT_CHECK);
      from = place;
    }
    unchangedFrom = from;
  }
  pieces.push(module.subarray(unchangedFrom, end));
  return pieces;
}

/**
 * Offset of the first bytes from `start` on that may be a slow instruction, else `end`. Most bodies
 * hold none and need not be read. Numbers may be written longer than needed, so bit 7 says nothing.
 */
function findSuspect(module: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    const byte = module[at];
    if (byte !== BULK_PREFIX && byte !== MEMORY_GROW) continue;
    const next = (module[at + 1] ?? 0) & 0x7f;
    if (byte === MEMORY_GROW ? next === 0 : next >= 8 && next <= 17) return at;
  }
  return end;
}

/** Offsets just after each slow instruction of a body. */
function slowPlaces(module: Uint8Array, start: number, end: number): number[] {
  const reader = new Reader(module, start, end);
  for (let groups = reader.count(); groups > 0; groups -= 1) {
    reader.skipLeb();
    reader.skipLeb();
  }
  const places: number[] = [];
  while (!reader.atEnd) if (SLOW.has(stepOver(reader))) places.push(reader.offset);
  return places;
}
