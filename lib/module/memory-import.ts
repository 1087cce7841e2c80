// Turns a module's own memory into an imported one, so that a worker can hand in a memory it has used
// and cleaned: fresh pages cost 0.7 ms per MB that is touched, cleaned ones a tenth of that.

import { appendEntries, encodeName } from './append.js';
import { readImport, readVector } from './inspect.js';
import { readMemoryType } from './limits.js';
import { UnpatchableModule } from './patch.js';
import { encodeU32 } from './reader.js';
import type { Reuse } from './reuse.js';
import { SECTION, type Section, readSections } from './sections.js';

/** Namespace of the import; lib/worker/program.ts knows it too. */
const NAMESPACE = 'wasm-fcgi';

/**
 * `bytes` with the memory imported from `wasm-fcgi` by a name that says its pages, and what becomes of
 * it after a run: `memory 3 4096 reset`.
 * @param bytes a patched module: its memory has a maximum
 * @throws UnpatchableModule when the module has imports of that name itself; MalformedModule
 */
export function importMemory(bytes: Uint8Array, reuse: Reuse): Uint8Array {
  const sections = readSections(bytes);
  const byId = new Map(sections.map((section) => [section.id, section]));
  const imports = readVector(bytes, byId.get(SECTION.import), readImport);
  if (imports.some(({ module }) => module === NAMESPACE)) {
    throw new UnpatchableModule(
      'unsupported',
      `has imports named ${NAMESPACE}, which is our own name`,
    );
  }
  const [memory] = readVector(bytes, byId.get(SECTION.memory), readMemoryType);
  if (memory?.maximum === undefined) return bytes;
  const name = `memory ${memory.minimum} ${memory.maximum} ${reuse}`;
  const limits = [...encodeU32(memory.minimum), ...encodeU32(memory.maximum)];
  const entry = [...encodeName(NAMESPACE), ...encodeName(name), 0x02, 0x01, ...limits];

  const [before, after] = split(sections);
  const old = byId.get(SECTION.import);
  const pieces = [bytes.subarray(0, 8), ...before.map((section) => whole(bytes, section))];
  pieces.push(appendEntries(bytes, SECTION.import, old, [entry]));
  for (const section of after) {
    if (section !== old && section.id !== SECTION.memory) pieces.push(whole(bytes, section));
  }
  return Buffer.concat(pieces);
}

/** Sections before and from the import section on, or from where it has to stand: after the types. */
function split(sections: readonly Section[]): readonly [readonly Section[], readonly Section[]] {
  const place = sections.findIndex(({ id }) => id >= SECTION.import);
  return [sections.slice(0, place), sections.slice(place)];
}

function whole(bytes: Uint8Array, { start, end }: Section): Uint8Array {
  return bytes.subarray(start, end);
}
