// From the bytes of a file to a compiled module within its limits, or the error that says why not.

import type { GuestModule } from '../component/definition.js';
import { RequestError, messageOf } from '../errors.js';
import { checkComplexity } from './complexity.js';
import { compileComponent } from './compilecomponent.js';
import { decodeComponent } from './component.js';
import { countPages } from './growth.js';
import { withoutOptimizing } from './hints.js';
import { type Inspection, inspect } from './inspect.js';
import { importMemory } from './memory-import.js';
import { type SizeLimits, UnpatchableModule, patchModule } from './patch.js';
import { MalformedModule } from './reader.js';
import { exportGlobals } from './reset.js';
import { type Reuse, chooseReuse } from './reuse.js';
import { binaryKind, hex, sectionsById } from './sections.js';
import { unwrap } from './unwrap.js';

/** A module that can be run. */
export interface LoadedModule extends Inspection {
  /** Content hash and limits: the same key always means the same `module`. */
  readonly key: string;
  readonly module: GuestModule;
  /** Where it was asked for, a byte string. */
  readonly path: string;
}

/**
 * @param path for messages
 * @throws RequestError MODULE_NOT_WASM, MODULE_INVALID, MODULE_TOO_MUCH_MEMORY,
 *   MODULE_TABLE_TOO_LARGE
 */
export async function compileModule(
  path: string,
  bytes: Uint8Array,
  limits: SizeLimits,
): Promise<Inspection & { readonly module: GuestModule }> {
  checkKind(path, bytes);
  try {
    if (binaryKind(bytes) === 'core') return await compileCore(bytes, limits);
    const decoded = decodeComponent(bytes);
    const core = unwrap(decoded);
    if (core !== undefined) return await compileCore(core, limits);
    return { ...inspect(bytes), module: await compileComponent(decoded, limits) };
  } catch (thrown) {
    throw loadError(path, thrown);
  }
}

async function compileCore(
  bytes: Uint8Array,
  limits: SizeLimits,
): Promise<Inspection & { readonly module: WebAssembly.Module }> {
  const inspection = inspect(bytes);
  await checkComplexity(bytes, sectionsById(bytes));
  const patched = patchModule(bytes, limits);
  const reuse = await chooseReuse(patched);
  return { ...inspection, module: await WebAssembly.compile(makeReusable(patched, reuse)) };
}

/**
 * A module of which a snapshot has been taken.
 * @param unoptimized functions that V8 is not to optimize, by index
 * @throws UnpatchableModule, MalformedModule, CompileError
 */
export async function compileResettable(
  bytes: Uint8Array,
  limits: SizeLimits,
  unoptimized: readonly number[],
): Promise<WebAssembly.Module> {
  await checkComplexity(bytes, sectionsById(bytes));
  const whole = makeReusable(patchModule(bytes, limits), 'reset');
  return WebAssembly.compile(withoutOptimizing(whole, unoptimized));
}

/** A patched module in the form in which `reuse` works. */
export function makeReusable(patched: Uint8Array, reuse: Reuse): Uint8Array {
  return importMemory(reuse === 'reset' ? exportGlobals(countPages(patched)) : patched, reuse);
}

const UNPATCHABLE = {
  'too-much-memory': 'MODULE_TOO_MUCH_MEMORY',
  'too-many-elements': 'MODULE_TABLE_TOO_LARGE',
  unsupported: 'MODULE_INVALID',
} as const;

function checkKind(path: string, bytes: Uint8Array): void {
  if (binaryKind(bytes) !== 'unknown') return;
  const begins = hex(bytes, 0, 8) || 'nothing';
  const fault = `is not WebAssembly: it begins with ${begins}, expected 0061736d01000000`;
  throw new RequestError('MODULE_NOT_WASM', 500, `module ${path} ${fault}`);
}

function loadError(path: string, thrown: unknown): unknown {
  const message = `module ${path}: ${messageOf(thrown)}`;
  if (thrown instanceof UnpatchableModule) {
    return new RequestError(UNPATCHABLE[thrown.reason], 500, message);
  }
  const isInvalid = thrown instanceof MalformedModule || thrown instanceof WebAssembly.CompileError;
  return isInvalid ? new RequestError('MODULE_INVALID', 500, message) : thrown;
}
