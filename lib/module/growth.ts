// Lets a guest grow its memory from its initial size in each run, though the memory itself, which
// cannot shrink, stays as large as a run before has made it.

import { appendEntries } from './append.js';
import { rewriteBodies } from './bodies.js';
import { countImported, readVector } from './inspect.js';
import { readMemoryType } from './limits.js';
import { Reader, encodeS32, encodeU32 } from './reader.js';
import { SECTION, type Section, readSections, sectionsById } from './sections.js';

const MEMORY_SIZE = 0x3f;
const MEMORY_GROW = 0x40;
const I32 = 0x7f;

/**
 * `bytes` with its size in pages in a global: memory.size reads it, memory.grow is a function that
 * raises it and grows the memory only when that is smaller. What the guest is told is the same in
 * each run; only an access beyond its size, which would trap in a memory of its own, may find the
 * zeros of what another run had.
 * @param bytes a patched module that `isResettable`: its own memory has a maximum, and nobody else grows it
 * @throws MalformedModule
 */
export function countPages(bytes: Uint8Array): Uint8Array {
  const sections = readSections(bytes);
  const byId = sectionsById(bytes);
  const [memory] = readVector(bytes, byId.get(SECTION.memory), readMemoryType);
  const [types, functions, code] = [SECTION.type, SECTION.function, SECTION.code].map((id) =>
    byId.get(id),
  );
  if (memory?.maximum === undefined || !types || !functions || !code) return bytes;
  const imported = countImported(bytes, byId, 'function');
  const place = countImported(bytes, byId, 'global') + countOf(bytes, byId.get(SECTION.global));
  const global = encodeU32(place);
  const grow = Uint8Array.of(0x10, ...encodeU32(imported + countOf(bytes, functions)));
  const size = Uint8Array.of(0x23, ...global);
  const contents = rewriteBodies(
    bytes,
    code.contents,
    code.end,
    {
      isSuspect: (byte, next) =>
        (byte === MEMORY_SIZE || byte === MEMORY_GROW) && (next & 0x7f) === 0,
      replace: (opcode) =>
        opcode === MEMORY_GROW ? grow : opcode === MEMORY_SIZE ? size : undefined,
    },
    [growFunction(global, memory.maximum)],
  );
  const type = encodeU32(countOf(bytes, types));
  const initial = [I32, 0x01, 0x41, ...encodeS32(memory.minimum), 0x0b];
  const replaced = new Map([
    [SECTION.type as number, appendEntries(bytes, SECTION.type, types, [[0x60, 1, I32, 1, I32]])],
    [SECTION.function, appendEntries(bytes, SECTION.function, functions, [type])],
    [SECTION.code, wholeSection(SECTION.code, contents)],
  ]);
  const globals = appendEntries(bytes, SECTION.global, byId.get(SECTION.global), [initial]);
  const pieces = [bytes.subarray(0, 8)];
  for (const { id, start, end } of sections) {
    // Exports stand right behind the globals, which there may be none of.
    if (id === SECTION.export) pieces.push(globals);
    if (id !== SECTION.global) pieces.push(replaced.get(id) ?? bytes.subarray(start, end));
  }
  return Buffer.concat(pieces);
}

/** What memory.grow does, on the global: a body with its size before it. */
function growFunction(global: readonly number[], maximum: number): Uint8Array {
  const fails = [0x04, 0x40, 0x41, 0x7f, 0x0f, 0x0b]; // (if (then (return (i32.const -1))))
  const body = [
    [1, 1, I32], // local 1: the new size
    [0x20, 0, 0x41, ...encodeS32(maximum), 0x23, ...global, 0x6b, 0x4b, ...fails],
    [0x23, ...global, 0x20, 0, 0x6a, 0x21, 1],
    [0x20, 1, MEMORY_SIZE, 0, 0x4b, 0x04, 0x40], // larger than the memory is?
    [0x20, 1, MEMORY_SIZE, 0, 0x6b, MEMORY_GROW, 0, 0x41, 0x7f, 0x46, ...fails, 0x0b],
    [0x23, ...global, 0x20, 1, 0x24, ...global, 0x0b], // answers the old size
  ].flat();
  return Uint8Array.from([...encodeU32(body.length), ...body]);
}

function countOf(bytes: Uint8Array, section: Section | undefined): number {
  return section === undefined ? 0 : new Reader(bytes, section.contents, section.end).u32();
}

function wholeSection(id: number, contents: readonly Uint8Array[]): Uint8Array {
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Uint8Array.from([id, ...encodeU32(size)]), ...contents]);
}
