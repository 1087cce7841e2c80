// What becomes of a module's memory and instance after a run: the cheapest way that is proven safe.

import { readVector } from './inspect.js';
import { readMemoryType } from './limits.js';
import { isResettable } from './reset.js';
import { SECTION, readSections } from './sections.js';

/**
 * - reset: the instance is kept, its memory and globals are made as instantiation left them
 * - clean: the memory is zeroed and given to a new instance
 * - fresh: each run has a memory of its own
 *
 * A memory cannot shrink. With `reset` its guest sees its own size of it (growth.ts), with `clean` one
 * that has grown is given up.
 */
export type Reuse = 'reset' | 'clean' | 'fresh';

/** Up to here cleaning costs less than fresh pages, even when the guest touches few of them. */
const MOST_KEPT_PAGES = 160;

/**
 * @param bytes a patched module
 * @throws MalformedModule
 */
export async function chooseReuse(bytes: Uint8Array): Promise<Reuse> {
  const memorySection = readSections(bytes).find(({ id }) => id === SECTION.memory);
  const [memory] = readVector(bytes, memorySection, readMemoryType);
  if (memory === undefined || memory.minimum > MOST_KEPT_PAGES) return 'fresh';
  return (await isResettable(bytes)) ? 'reset' : 'clean';
}
