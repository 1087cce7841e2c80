// Why a component would not run here, one line a reason, for `wasm-fcgi check`.

import type { GuestComponent } from './definition.js';
import { entryPointOf } from './entry.js';
import { linkComponent } from './link.js';
import type { ImportProvider } from './provision.js';
import { LinkFault } from './scope.js';
import { UnsupportedType } from './types.js';

/** Every reason why it cannot run from `entryPoint` on this host; empty when it can. */
export function explainComponent(
  guest: GuestComponent,
  entryPoint: string,
  host: ImportProvider,
): string[] {
  try {
    const linked = linkComponent(guest, host);
    const entry = entryPointOf(linked, guest.world, entryPoint);
    const missing = linked.missing.map((name) => `it imports ${name}, which nothing provides`);
    return typeof entry === 'string' ? [entry, ...missing] : missing;
  } catch (thrown) {
    if (thrown instanceof LinkFault || thrown instanceof UnsupportedType)
      return [`it ${thrown.message}`];
    throw thrown;
  }
}
