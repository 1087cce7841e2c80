// A module as a worker thread keeps it: what it imports is looked up once, not once per run.

import type { WasiHost } from '../wasi/host.js';
import { GuestMemory, MEMORY_NAMESPACE } from './memory.js';

export interface Program {
  readonly module: WebAssembly.Module;
  readonly imports: WebAssembly.Imports;
  /** Where its memory comes from, if it has one: set in `imports` before each run. */
  readonly memory: GuestMemory | undefined;
  /** Imports nobody provides, as `module.name (kind)`; empty when it can be linked. */
  readonly missing: readonly string[];
  readonly isReactor: boolean;
  readonly needsHost: boolean;
}

/** Matches `module` with what `host` provides. */
export function linkProgram(module: WebAssembly.Module, host: WasiHost): Program {
  const imports = host.importsFor(module);
  const wanted = WebAssembly.Module.imports(module);
  const memoryName = wanted.find((one) => one.module === MEMORY_NAMESPACE)?.name;
  const memory = memoryName === undefined ? undefined : new GuestMemory(memoryName);
  if (memory !== undefined) imports[MEMORY_NAMESPACE] = memory.imports;
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  return {
    module,
    imports,
    memory,
    missing: wanted
      .filter(
        (one) => one.module !== MEMORY_NAMESPACE && imports[one.module]?.[one.name] === undefined,
      )
      .map((one) => `${one.module}.${one.name} (${one.kind})`),
    isReactor: exported.has('_initialize') && !exported.has('_start'),
    needsHost: wanted.some(({ kind }) => kind === 'function'),
  };
}
