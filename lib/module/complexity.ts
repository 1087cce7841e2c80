// Refuses functions that cost V8 far more to compile than their bytes say. It compiles a function at
// its first call, where nothing can end it: a thread that is busy with that is a process to replace.

import { setImmediate } from 'node:timers/promises';
import { readImport, readVector } from './inspect.js';
import { stepOver } from './instructions.js';
import { UnpatchableModule } from './patch.js';
import { Reader } from './reader.js';
import { SECTION, type Section } from './sections.js';

/** Bytes of one function. The largest in PHP, Ruby, clang and Python is 251,044. */
const MOST_BODY_BYTES = 1_048_576;
/** Blocks in each other: time grows with the square, 10,000 loops take 1 s. clang has 1,064. */
const MOST_DEPTH = 5_000;
/**
 * V8 carries all locals and the stack over each block. Values carried: 50 million take 0.5 s and
 * 650 MB; PHP, at the upper end, has 3 million.
 */
const MOST_CARRIED = 16_000_000;
/** What a block costs besides, in carried values: 300,000 empty loops take 900 MB. */
const BLOCK_COST = 64;
/** Locals of all functions together: V8 writes down each of them. clang has some 500,000. */
const MOST_LOCALS = 20_000_000;
/** Results of one function; toolchains write none or one. */
const MOST_RESULTS = 16;
/**
 * Bytes of all element segments; each element takes one to three, and some 30 ns of every run, in
 * which nothing can end it. clang has 150 KB.
 */
const MOST_ELEMENT_BYTES = 4_194_304;
/** Bytes checked in a row, some 10 ms; others are served in between. */
const TURN_BYTES = 1_048_576;
/** A body below both cannot pass the limits. */
const HARMLESS_BYTES = 4_096;
const HARMLESS_LOCALS = 1_000;

interface Signature {
  readonly parameters: number;
  readonly results: number;
}

/**
 * Checks every function of a module.
 * @throws UnpatchableModule, MalformedModule
 */
export async function checkComplexity(
  bytes: Uint8Array,
  sections: ReadonlyMap<number, Section>,
): Promise<void> {
  const code = sections.get(SECTION.code);
  const { contents = 0, end = 0 } = sections.get(SECTION.element) ?? {};
  if (end - contents > MOST_ELEMENT_BYTES) {
    const message = `has ${end - contents} bytes of elements, the limit is ${MOST_ELEMENT_BYTES}`;
    throw new UnpatchableModule('unsupported', message);
  }
  const types = readTypes(bytes, sections.get(SECTION.type));
  if (code === undefined) return;
  const functions = readFunctions(bytes, sections, types);
  const reader = new Reader(bytes, code.contents, code.end);
  const count = reader.count();
  const imported = functions.length - count;
  let allLocals = 0;
  let turnEnd = code.contents + TURN_BYTES;
  for (let i = 0; i < count; i += 1) {
    const size = reader.u32();
    if (size > MOST_BODY_BYTES) refuse(i + imported, `has ${size} bytes`, MOST_BODY_BYTES);
    const start = reader.skip(size);
    const own = new Reader(bytes, start, start + size);
    const locals = readLocals(own) + (functions[i + imported]?.parameters ?? 0);
    allLocals += locals;
    if (allLocals > MOST_LOCALS)
      refuse(i + imported, 'and those before have more locals', MOST_LOCALS);
    if (size < HARMLESS_BYTES && locals < HARMLESS_LOCALS) continue;
    new Body(i + imported, locals, bytes, types, functions).check(own, start + size);
    if (start < turnEnd) continue;
    turnEnd = start + TURN_BYTES;
    await setImmediate();
  }
}

/** One function, read from its first instruction to its last. */
class Body {
  /** Heights of the stack where each open block began. */
  readonly #open: number[] = [];
  #height = 0;
  #carried = 0;

  constructor(
    private readonly index: number,
    private readonly locals: number,
    private readonly bytes: Uint8Array,
    private readonly types: readonly Signature[],
    private readonly functions: readonly Signature[],
  ) {}

  check(reader: Reader, end: number): void {
    while (!reader.atEnd) {
      const start = reader.offset;
      this.#step(stepOver(reader), new Reader(this.bytes, start + 1, end), reader.offset - start);
      if (this.#carried > MOST_CARRIED) {
        refuse(this.index, 'carries more values through its blocks', MOST_CARRIED);
      }
    }
  }

  #step(opcode: number, immediates: Reader, size: number): void {
    if (opcode <= 0x1c) return this.#control(opcode, immediates, size);
    this.#height += effectOf(opcode);
    if (this.#height < 0) this.#height = 0;
  }

  #control(opcode: number, immediates: Reader, size: number): void {
    switch (opcode) {
      case 0x04: // if
      case 0x02: // block, loop, try
      case 0x03:
      case 0x06:
        if (opcode === 0x04) this.#height -= 1;
        this.#open.push(this.#height + this.#resultsOfBlock(immediates));
        if (this.#open.length > MOST_DEPTH) refuse(this.index, 'nests blocks deeper', MOST_DEPTH);
        this.#carry(1, BLOCK_COST + this.#open.length);
        return;
      case 0x05: // else, catch, catch_all
      case 0x07:
      case 0x19:
        this.#height = this.#open.at(-1) ?? 0;
        return this.#carry(1, BLOCK_COST);
      case 0x0b: // end, delegate
      case 0x18:
        this.#height = this.#open.pop() ?? 0;
        return;
      case 0x0d: // br_if
        this.#height -= 1;
        return this.#carry(1 / 4, 0);
      case 0x0e: // br_table: a branch for each byte of it
        this.#height -= 1;
        return this.#carry(size / 64, 0);
      case 0x10: // call
        return this.#call(this.functions[immediates.u32()]);
      case 0x11: // call_indirect
        this.#height -= 1;
        return this.#call(this.types[immediates.u32()]);
      case 0x1a: // drop
        this.#height -= 1;
        return;
      case 0x1b: // select
      case 0x1c:
        this.#height -= 2;
        return;
    }
  }

  #carry(share: number, more: number): void {
    this.#carried += share * (this.locals + Math.max(0, this.#height)) + more;
  }

  #call(signature: Signature | undefined): void {
    if (signature !== undefined) this.#height += signature.results - signature.parameters;
  }

  /** A block type is a type index, or one byte: empty, or one result. */
  #resultsOfBlock(immediates: Reader): number {
    const first = immediates.byte();
    if (first === 0x40) return 0;
    if (first > 0x40 && first < 0x80) return 1;
    return MOST_RESULTS;
  }
}

/** By how much an instruction that is no control instruction makes the stack higher, at most. */
function effectOf(opcode: number): number {
  const isPush =
    opcode === 0x20 || opcode === 0x23 || opcode === 0x3f || (opcode >= 0x41 && opcode <= 0x44);
  if (isPush || opcode === 0xd0 || opcode === 0xd2) return 1;
  if (opcode === 0x21 || opcode === 0x24) return -1;
  if (opcode === 0x26 || (opcode >= 0x36 && opcode <= 0x3e)) return -2;
  if (opcode >= 0x46 && opcode <= 0xa6) return isUnary(opcode) ? 0 : -1;
  // Of prefixed ones only what pushes; taking SIMD for unary errs to the safe side.
  return opcode === 0xfd00c || opcode === 0xfc010 ? 1 : 0;
}

const UNARY: readonly (readonly [number, number])[] = [
  [0x50, 0x50],
  [0x67, 0x69],
  [0x79, 0x7b],
  [0x8b, 0x91],
  [0x99, 0x9f],
];

function isUnary(opcode: number): boolean {
  return UNARY.some(([first, last]) => opcode >= first && opcode <= last);
}

function readLocals(reader: Reader): number {
  let locals = 0;
  for (let groups = reader.count(2); groups > 0; groups -= 1) {
    locals += reader.u32();
    reader.skipLeb();
  }
  return locals;
}

function readTypes(bytes: Uint8Array, section: Section | undefined): Signature[] {
  if (section === undefined) return [];
  const reader = new Reader(bytes, section.contents, section.end);
  const types: Signature[] = [];
  for (let left = reader.count(3); left > 0; left -= 1) {
    reader.byte();
    const parameters = reader.u32();
    reader.skip(parameters);
    const results = reader.u32();
    reader.skip(results);
    if (results > MOST_RESULTS) {
      const message = `has a function type of ${results} results, the limit is ${MOST_RESULTS}`;
      throw new UnpatchableModule('unsupported', message);
    }
    types.push({ parameters, results });
  }
  return types;
}

/** Signatures of all functions, the imported ones first. */
function readFunctions(
  bytes: Uint8Array,
  sections: ReadonlyMap<number, Section>,
  types: readonly Signature[],
): Signature[] {
  const imported = readVector(bytes, sections.get(SECTION.import), readImport);
  const own = readVector(bytes, sections.get(SECTION.function), (reader) => reader.u32());
  const unknown = { parameters: 0, results: MOST_RESULTS };
  return [...imported.flatMap(({ typeIndex }) => typeIndex ?? []), ...own].map(
    (index) => types[index] ?? unknown,
  );
}

function refuse(index: number, what: string, limit: number): never {
  throw new UnpatchableModule('unsupported', `function ${index} ${what}, the limit is ${limit}`);
}
