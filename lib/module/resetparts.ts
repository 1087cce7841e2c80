// Proves of all core modules of a component together what reset.ts proves of one, and shows their
// memories too: what one has from another is in the other's picture.

import { encodeName } from './append.js';
import { countPages } from './growth.js';
import { countImported, readExport, readImport, readVector } from './inspect.js';
import {
  CHANGING,
  PREFIX,
  type Sections,
  exportGlobals,
  hasPlainGlobals,
  isProven,
  readGlobals,
  uses,
  withExports,
} from './reset.js';
import { SECTION, sectionsById } from './sections.js';

/** memory.size, memory.grow */
const SIZING: ReadonlySet<number> = new Set([0x3f, 0x40]);

/**
 * The patched core modules of a component with their mutable globals and memories exported; undefined
 * when a run could leave anything else in them.
 *
 * - A part may import memories, tables and globals, which then are those of other parts: nothing of
 *   ours has any. No part changes a table; filling one from a segment is what instantiation does.
 * - A start function may stand in one, for that is how components begin. What it does is part of the
 *   picture, unless it asks us for anything: then there is none (lib/worker/parts.ts).
 */
export async function makeResettable(
  parts: readonly Uint8Array[],
): Promise<readonly Uint8Array[] | undefined> {
  let sizeOthers = false;
  for (const bytes of parts) {
    if (!(await isProven(bytes, (sections) => isPlainPart(bytes, sections)))) return undefined;
    const sections = sectionsById(bytes);
    const hasOthers = countImported(bytes, sections, 'memory') > 0;
    sizeOthers ||= hasOthers && (await uses(bytes, sections, SIZING));
  }
  // Where one part sizes the memory of another, each has to be told the true size.
  return parts.map((bytes) =>
    sizeOthers ? exportState(bytes, 'memory') : exportState(countPages(bytes), 'counted memory'),
  );
}

async function isPlainPart(bytes: Uint8Array, sections: Sections): Promise<boolean> {
  const imports = readVector(bytes, sections.get(SECTION.import), readImport);
  const exports = readVector(bytes, sections.get(SECTION.export), readExport);
  const hasMemory = sections.has(SECTION.memory);
  const hasState = hasMemory || readGlobals(bytes, sections).some(({ isMutable }) => isMutable);
  return (
    imports.every(({ kind }) => kind !== 'tag') &&
    !(hasMemory && imports.some(({ kind }) => kind === 'memory')) &&
    (exports.length > 0 || !hasState) &&
    ![...imports, ...exports].some(({ name }) => name.startsWith(PREFIX)) &&
    hasPlainGlobals(bytes, sections) &&
    !(await uses(bytes, sections, CHANGING))
  );
}

/** @param name of the memory's export; lib/worker/parts.ts knows both */
function exportState(bytes: Uint8Array, name: 'memory' | 'counted memory'): Uint8Array {
  const sections = sectionsById(bytes);
  if (!sections.has(SECTION.export)) return bytes;
  const shown = exportGlobals(bytes);
  if (!sections.has(SECTION.memory)) return shown;
  return withExports(shown, [[...encodeName(`${PREFIX}${name}`), 0x02, 0]]);
}
