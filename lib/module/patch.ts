// Makes a module one that can be held: maxima beyond which growing answers -1, checks that let it be ended.

import { isHints } from './hints.js';
import { type MemoryType, type TableType, readMemoryType, readTableType } from './limits.js';
import { readVector } from './inspect.js';
import { checkInterrupts } from './interrupts.js';
import { encodeU32 } from './reader.js';
import { SECTION, type Section, readSections } from './sections.js';

const PAGE_BYTES = 65_536;

/** Compilers write one table, or two. */
const MOST_TABLES = 100;

/** The module asks for more than it may have, or for a kind of memory this host does not run. */
export class UnpatchableModule extends Error {
  override readonly name = 'UnpatchableModule';
  constructor(
    readonly reason: 'too-much-memory' | 'too-many-elements' | 'unsupported',
    message: string,
  ) {
    super(message);
  }
}

/** What a module may have. */
export interface SizeLimits {
  /** Of its memory; a multiple of 65,536. */
  readonly memoryBytes: number;
  /**
   * Of all its tables together; at most 1,000,000. V8 aborts the whole process when a table cannot
   * be allocated, which a table of ten million elements or a loop of table.grow reaches.
   */
  readonly tableElements: number;
}

/**
 * The module with every maximum set: the memory's to the lower of its own and the limit, the
 * tables' so that together they stay within theirs; and with a check for interrupts after every
 * instruction that may take long. `bytes` is not changed.
 * @throws UnpatchableModule, MalformedModule
 */
export function patchModule(bytes: Uint8Array, limits: SizeLimits): Uint8Array {
  const pieces: Uint8Array[] = [bytes.subarray(0, 8)];
  for (const section of readSections(bytes)) {
    if (isHints(bytes, section)) continue;
    const contents = patchedContents(bytes, section, limits);
    if (contents === undefined) pieces.push(bytes.subarray(section.start, section.end));
    else pieces.push(sectionHead(section.id, contents), ...contents);
  }
  return Buffer.concat(pieces);
}

/** The new contents of a section, or undefined when it stays as it is. */
function patchedContents(
  bytes: Uint8Array,
  section: Section,
  { memoryBytes, tableElements }: SizeLimits,
): readonly Uint8Array[] | undefined {
  const { id, contents, end } = section;
  if (id === SECTION.memory) {
    return [encodeVector(capMemories(readVector(bytes, section, readMemoryType), memoryBytes))];
  }
  if (id === SECTION.table)
    return [encodeVector(capTables(readVector(bytes, section, readTableType), tableElements))];
  return id === SECTION.code ? checkInterrupts(bytes, contents, end) : undefined;
}

function sectionHead(id: number, contents: readonly Uint8Array[]): Uint8Array {
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  return Uint8Array.from([id, ...encodeU32(size)]);
}

function encodeVector(entries: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...encodeU32(entries.length), ...entries.flat()]);
}

function capMemories(memories: readonly MemoryType[], memoryBytes: number): number[][] {
  if (memories.length > 1) unsupported(`has ${memories.length} memories, only one is supported`);
  return memories.map(({ minimum, maximum = Infinity, isShared, is64 }) => {
    if (is64) unsupported('has a 64-bit memory, only 32-bit is supported');
    if (isShared) unsupported('has a shared memory (threads), which is not supported');
    const most = Math.floor(memoryBytes / PAGE_BYTES);
    if (minimum > most) {
      const wants = `needs ${minimum * PAGE_BYTES} bytes of memory to start`;
      throw new UnpatchableModule('too-much-memory', `${wants}, the limit is ${memoryBytes}`);
    }
    return [1, ...encodeU32(minimum), ...encodeU32(Math.max(minimum, Math.min(maximum, most)))];
  });
}

function capTables(tables: readonly TableType[], limit: number): number[][] {
  if (tables.length > MOST_TABLES) {
    unsupported(`has ${tables.length} tables, the limit is ${MOST_TABLES}`);
  }
  const minima = tables.reduce((sum, { minimum }) => sum + minimum, 0);
  if (minima > limit) {
    const message = `has tables of ${minima} elements, the limit is ${limit}`;
    throw new UnpatchableModule('too-many-elements', message);
  }
  // What is left is shared, so that no number of tables can grow beyond the limit together.
  const room = Math.floor((limit - minima) / Math.max(1, tables.length));
  return tables.map(({ element, minimum, maximum = Infinity }) => {
    const most = Math.max(minimum, Math.min(maximum, minimum + room));
    return [element, 1, ...encodeU32(minimum), ...encodeU32(most)];
  });
}

function unsupported(message: string): never {
  throw new UnpatchableModule('unsupported', message);
}
