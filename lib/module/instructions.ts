// Steps over the instructions of a function body (core specification 5.4, and what V8 has shipped since).

import type { Reader } from './reader.js';

/** What follows an opcode: nothing, or these immediates in turn. */
type Immediates = (reader: Reader) => void;

const none: Immediates = () => undefined;
/** An index, a signed or unsigned constant, a block type: all are LEB128, which needs no value to be skipped. */
const leb: Immediates = (reader) => reader.skipLeb();
const lebs =
  (count: number): Immediates =>
  (reader) => {
    for (let left = count; left > 0; left -= 1) reader.skipLeb();
  };
const bytes =
  (count: number): Immediates =>
  (reader) =>
    void reader.skip(count);
const vector =
  (extra: number): Immediates =>
  (reader) =>
    lebs(reader.count() + extra)(reader);
const memoryAndLane: Immediates = (reader) => {
  lebs(2)(reader);
  reader.skip(1);
};

/** First and last opcode, and what follows each of them. */
type Row = readonly [first: number, last: number, immediates: Immediates];

const PLAIN = table([
  [0x00, 0x01, none],
  // block, loop, if; else; try, catch, throw, rethrow of the first exceptions proposal.
  [0x02, 0x04, leb],
  [0x05, 0x05, none],
  [0x06, 0x09, leb],
  // throw_ref, end; br, br_if; br_table; return
  [0x0a, 0x0b, none],
  [0x0c, 0x0d, leb],
  [0x0e, 0x0e, vector(1)],
  [0x0f, 0x0f, none],
  // call, call_indirect, and both as tail calls
  [0x10, 0x10, leb],
  [0x11, 0x11, lebs(2)],
  [0x12, 0x12, leb],
  [0x13, 0x13, lebs(2)],
  // delegate, catch_all; drop, select; select with types
  [0x18, 0x18, leb],
  [0x19, 0x1b, none],
  [0x1c, 0x1c, vector(0)],
  // locals, globals, tables; loads and stores; memory.size, memory.grow
  [0x20, 0x26, leb],
  [0x28, 0x3e, lebs(2)],
  [0x3f, 0x40, leb],
  [0x41, 0x42, leb],
  [0x43, 0x43, bytes(4)],
  [0x44, 0x44, bytes(8)],
  [0x45, 0xc4, none],
  // ref.null, ref.is_null, ref.func
  [0xd0, 0xd0, leb],
  [0xd1, 0xd1, none],
  [0xd2, 0xd2, leb],
]);

const PREFIXED = new Map([
  // Saturating truncation; bulk memory and table operations
  [
    0xfc,
    table([
      [0, 7, none],
      [8, 8, lebs(2)],
      [9, 9, leb],
      [10, 10, lebs(2)],
      [11, 11, leb],
      [12, 12, lebs(2)],
      [13, 13, leb],
      [14, 14, lebs(2)],
      [15, 17, leb],
    ]),
  ],
  // SIMD: loads and stores, constants and shuffles, lanes, lanes in memory, all the rest
  [
    0xfd,
    table([
      [0, 11, lebs(2)],
      [12, 13, bytes(16)],
      [14, 20, none],
      [21, 34, bytes(1)],
      [35, 83, none],
      [84, 91, memoryAndLane],
      [92, 93, lebs(2)],
      [94, 0x113, none],
    ]),
  ],
  // Atomics: notify and waits; the fence; loads, stores and exchanges
  [
    0xfe,
    table([
      [0, 2, lebs(2)],
      [3, 3, bytes(1)],
      [0x10, 0x4e, lebs(2)],
    ]),
  ],
]);

function table(rows: readonly Row[]): readonly (Immediates | undefined)[] {
  const found: (Immediates | undefined)[] = [];
  for (const [first, last, immediates] of rows) found.fill(immediates, first, grow(found, last));
  return found;
}

function grow(found: unknown[], last: number): number {
  found.length = Math.max(found.length, last + 1);
  return last + 1;
}

/**
 * Steps over one instruction.
 * @returns its opcode; of a prefixed one prefix * 0x1000 + number
 * @throws MalformedModule when it is not known
 */
export function stepOver(reader: Reader): number {
  const first = reader.byte();
  const prefixed = PREFIXED.get(first);
  const number = prefixed === undefined ? first : reader.u32();
  const immediates = (prefixed ?? PLAIN)[number];
  const opcode = prefixed === undefined ? first : first * 0x1000 + number;
  if (immediates === undefined) reader.fail(`instruction 0x${opcode.toString(16)} is not known`);
  immediates(reader);
  return opcode;
}
