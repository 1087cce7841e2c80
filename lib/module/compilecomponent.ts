// The core modules of a component, each checked, held and compiled as a module of its own would be.

import type { GuestComponent } from '../component/definition.js';
import { checkComplexity } from './complexity.js';
import { type DecodedComponent, worldOf } from './component.js';
import { readVector } from './inspect.js';
import { readMemoryType, readTableType } from './limits.js';
import { type SizeLimits, UnpatchableModule, patchModule } from './patch.js';
import { makeResettable } from './resetparts.js';
import { SECTION, sectionsById } from './sections.js';

const PAGE_BYTES = 65_536;

/** What a core module starts with, of its own. */
interface Needs {
  readonly memories: number;
  readonly memoryBytes: number;
  readonly tables: number;
  readonly tableElements: number;
}

/** @throws UnpatchableModule, MalformedModule, CompileError */
export async function compileComponent(
  { definition, cores }: DecodedComponent,
  limits: SizeLimits,
): Promise<GuestComponent> {
  const needs = cores.map(needsOf);
  const shares = shareOut(needs, limits);
  const patched: Uint8Array[] = [];
  for (const [index, bytes] of cores.entries()) {
    await checkComplexity(bytes, sectionsById(bytes));
    patched.push(patchModule(bytes, shares[index] ?? limits));
  }
  const proven = await makeResettable(patched);
  const modules: WebAssembly.Module[] = [];
  for (const bytes of proven ?? patched) modules.push(await WebAssembly.compile(bytes));
  const owners = needs.flatMap(({ memories, tables }, index) =>
    memories + tables > 0 ? [index] : [],
  );
  return {
    world: worldOf(definition),
    definition,
    cores: modules,
    owners,
    isResettable: proven !== undefined,
  };
}

function needsOf(bytes: Uint8Array): Needs {
  const sections = sectionsById(bytes);
  const memories = readVector(bytes, sections.get(SECTION.memory), readMemoryType);
  const tables = readVector(bytes, sections.get(SECTION.table), readTableType);
  return {
    memories: memories.length,
    memoryBytes: memories.reduce((sum, { minimum }) => sum + minimum * PAGE_BYTES, 0),
    tables: tables.length,
    tableElements: tables.reduce((sum, { minimum }) => sum + minimum, 0),
  };
}

/** What each may have, so that together they stay within the limits: its minimum, and as much more as the others. */
function shareOut(needs: readonly Needs[], limits: SizeLimits): SizeLimits[] {
  const sum = (pick: (one: Needs) => number): number =>
    needs.reduce((total, one) => total + pick(one), 0);
  const [memoryBytes, tableElements] = [
    sum((one) => one.memoryBytes),
    sum((one) => one.tableElements),
  ];
  if (memoryBytes > limits.memoryBytes) {
    const wants = `needs ${memoryBytes} bytes of memory to start`;
    throw new UnpatchableModule('too-much-memory', `${wants}, the limit is ${limits.memoryBytes}`);
  }
  if (tableElements > limits.tableElements) {
    const wants = `has tables of ${tableElements} elements`;
    throw new UnpatchableModule(
      'too-many-elements',
      `${wants}, the limit is ${limits.tableElements}`,
    );
  }
  const owners = (pick: (one: Needs) => number): number =>
    Math.max(1, needs.filter((one) => pick(one) > 0).length);
  const memoryRoom = (limits.memoryBytes - memoryBytes) / owners((one) => one.memories);
  const tableRoom = (limits.tableElements - tableElements) / owners((one) => one.tables);
  return needs.map((one) => ({
    memoryBytes: one.memoryBytes + Math.floor(memoryRoom / PAGE_BYTES) * PAGE_BYTES,
    tableElements: one.tableElements + Math.floor(tableRoom),
  }));
}
