// Proves of a module that a run changes nothing but its memory and its numbers, and shows the numbers:
// then one instance serves many runs, each of which finds it as new.

import { setImmediate } from 'node:timers/promises';
import { appendEntries, encodeName } from './append.js';
import { countImported, readExport, readImport, readVector } from './inspect.js';
import { stepOver } from './instructions.js';
import { MalformedModule, Reader, encodeU32 } from './reader.js';
import { SECTION, type Section, readSections, sectionsById } from './sections.js';

/** Exports of ours: `wasm-fcgi global 0` is the first global; lib/worker/instances.ts knows it too. */
export const PREFIX = 'wasm-fcgi ';

/**
 * What changes an instance besides memory and globals: table.set; data.drop; table.init, elem.drop,
 * table.copy, table.grow, table.fill. Memory may grow: that is seen after the run.
 */
export const CHANGING: ReadonlySet<number> = new Set([
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

/** Of a core module, by id. */
export type Sections = ReadonlyMap<number, Section>;

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
  return isProven(
    bytes,
    async (sections) =>
      !sections.has(SECTION.start) &&
      hasPlainInterface(bytes, sections) &&
      hasPlainGlobals(bytes, sections) &&
      !(await uses(bytes, sections, CHANGING)),
  );
}

/** What cannot be read is not proven. */
export async function isProven(
  bytes: Uint8Array,
  proof: (sections: Sections) => Promise<boolean>,
): Promise<boolean> {
  try {
    return await proof(sectionsById(bytes));
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
  const sections = sectionsById(bytes);
  const first = countImported(bytes, sections, 'global');
  const entries = readGlobals(bytes, sections).flatMap(({ isMutable }, place) =>
    isMutable
      ? [[...encodeName(`${PREFIX}global ${first + place}`), 0x03, ...encodeU32(first + place)]]
      : [],
  );
  return withExports(bytes, entries);
}

/** @param bytes a module that has exports already */
export function withExports(
  bytes: Uint8Array,
  entries: readonly (readonly number[])[],
): Uint8Array {
  const pieces = readSections(bytes).map((section) =>
    section.id === SECTION.export
      ? appendEntries(bytes, section.id, section, entries)
      : bytes.subarray(section.start, section.end),
  );
  return Buffer.concat([bytes.subarray(0, 8), ...pieces]);
}

function hasPlainInterface(bytes: Uint8Array, sections: Sections): boolean {
  const imports = readVector(bytes, sections.get(SECTION.import), readImport);
  const exports = readVector(bytes, sections.get(SECTION.export), readExport);
  return (
    imports.every(({ kind }) => kind === 'function') &&
    exports.length > 0 &&
    !exports.some(({ name }) => name.startsWith(PREFIX))
  );
}

export function hasPlainGlobals(bytes: Uint8Array, sections: Sections): boolean {
  const globals = readGlobals(bytes, sections);
  return (
    globals.length <= MOST_GLOBALS &&
    globals.every(
      ({ type, isMutable }) => NUMBERS.has(type) || (!isMutable && OTHER_CONSTANTS.has(type)),
    )
  );
}

/** Its own, not imported ones. */
export function readGlobals(bytes: Uint8Array, sections: Sections): Global[] {
  return readVector(bytes, sections.get(SECTION.global), (reader) => {
    const type = reader.byte();
    const isMutable = reader.byte() !== 0;
    while (stepOver(reader) !== 0x0b);
    return { type, isMutable };
  });
}

/** Whether any of these instructions stands in its functions. */
export async function uses(
  bytes: Uint8Array,
  sections: Sections,
  opcodes: ReadonlySet<number>,
): Promise<boolean> {
  const code = sections.get(SECTION.code);
  if (code === undefined) return false;
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
    while (!body.atEnd) if (opcodes.has(stepOver(body))) return true;
    if (start < turnEnd) continue;
    turnEnd = start + TURN_BYTES;
    await setImmediate();
  }
  return false;
}
