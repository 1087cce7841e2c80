// Proves of a module that a run changes nothing but its memory and its numbers, and shows the numbers:
// then one instance serves many runs, each of which finds it as new.

import { setImmediate } from 'node:timers/promises';
import { appendEntries, encodeName } from './append.js';
import { readExport, readImport, readVector } from './inspect.js';
import { stepOver } from './instructions.js';
import { MalformedModule, Reader } from './reader.js';
import { SECTION, type Section, readSections } from './sections.js';

/** Exports of ours: `wasm-fcgi global 0` is the first global; lib/worker/instances.ts knows it too. */
const PREFIX = 'wasm-fcgi ';

/**
 * What changes an instance besides memory and globals: table.set; data.drop; table.init, elem.drop,
 * table.copy, table.grow, table.fill. Memory may grow: that is seen after the run.
 */
const CHANGING: ReadonlySet<number> = new Set([
  0x26, 0xfc009, 0xfc00c, 0xfc00d, 0xfc00e, 0xfc00f, 0xfc011,
]);

/** i32, i64, f32, f64: what can be read and set from outside, and refers to nothing. */
const NUMBERS: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c]);
/** v128, funcref, externref: harmless where they cannot change. */
const OTHER_CONSTANTS: ReadonlySet<number> = new Set([0x7b, 0x70, 0x6f]);

/** Compilers write one, or a few; each is set after each run. */
const MOST_GLOBALS = 64;
/** Bytes checked in a row, some 10 ms; others are served in between. */
const TURN_BYTES = 1_048_576;

interface Global {
  readonly type: number;
  readonly isMutable: boolean;
}

/**
 * Whether `exportGlobals` and a memory from outside show all state that a run can leave. What the
 * proof does not know (instructions of later proposals, their types) is no.
 *
 * - Tables: nobody else has them (none is imported; nothing of ours touches one that is exported), and
 *   no instruction changes them.
 * - Segments: no instruction drops one. The active ones are dropped by instantiation itself.
 * - Globals: numbers, or constants that hold nothing that could change.
 * - No start function: what it does would be part of the picture, its exceptions and host calls not.
 */
export async function isResettable(bytes: Uint8Array): Promise<boolean> {
  try {
    const sections = new Map(readSections(bytes).map((section) => [section.id, section]));
    return (
      !sections.has(SECTION.start) &&
      hasPlainInterface(bytes, sections) &&
      hasPlainGlobals(bytes, sections) &&
      (await hasPlainCode(bytes, sections.get(SECTION.code)))
    );
  } catch (thrown) {
    if (thrown instanceof MalformedModule) return false;
    throw thrown;
  }
}

/**
 * `bytes` with all mutable globals exported as well.
 * @param bytes a module that `isResettable`
 */
export function exportGlobals(bytes: Uint8Array): Uint8Array {
  const sections = readSections(bytes);
  const globals = readGlobals(bytes, new Map(sections.map((section) => [section.id, section])));
  const entries = globals.flatMap(({ isMutable }, index) =>
    isMutable ? [[...encodeName(`${PREFIX}global ${index}`), 0x03, index]] : [],
  );
  const pieces = sections.map((section) =>
    section.id === SECTION.export
      ? appendEntries(bytes, section.id, section, entries)
      : bytes.subarray(section.start, section.end),
  );
  return Buffer.concat([bytes.subarray(0, 8), ...pieces]);
}

function hasPlainInterface(bytes: Uint8Array, sections: ReadonlyMap<number, Section>): boolean {
  const imports = readVector(bytes, sections.get(SECTION.import), readImport);
  const exports = readVector(bytes, sections.get(SECTION.export), readExport);
  return (
    imports.every(({ kind }) => kind === 'function') &&
    exports.length > 0 &&
    !exports.some(({ name }) => name.startsWith(PREFIX))
  );
}

function hasPlainGlobals(bytes: Uint8Array, sections: ReadonlyMap<number, Section>): boolean {
  const globals = readGlobals(bytes, sections);
  return (
    globals.length <= MOST_GLOBALS &&
    globals.every(
      ({ type, isMutable }) => NUMBERS.has(type) || (!isMutable && OTHER_CONSTANTS.has(type)),
    )
  );
}

function readGlobals(bytes: Uint8Array, sections: ReadonlyMap<number, Section>): Global[] {
  return readVector(bytes, sections.get(SECTION.global), (reader) => {
    const type = reader.byte();
    const isMutable = reader.byte() !== 0;
    while (stepOver(reader) !== 0x0b);
    return { type, isMutable };
  });
}

async function hasPlainCode(bytes: Uint8Array, code: Section | undefined): Promise<boolean> {
  if (code === undefined) return true;
  const bodies = new Reader(bytes, code.contents, code.end);
  let turnEnd = code.contents + TURN_BYTES;
  for (let left = bodies.count(); left > 0; left -= 1) {
    const size = bodies.u32();
    const start = bodies.skip(size);
    const body = new Reader(bytes, start, start + size);
    for (let groups = body.count(); groups > 0; groups -= 1) {
      body.skipLeb();
      body.skipLeb();
    }
    while (!body.atEnd) if (CHANGING.has(stepOver(body))) return false;
    if (start < turnEnd) continue;
    turnEnd = start + TURN_BYTES;
    await setImmediate();
  }
  return true;
}
