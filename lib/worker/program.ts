// A module as a worker thread keeps it: what it imports is looked up once, not once per run.

import type { WasiHost } from '../wasi/host.js';

export interface Program {
  readonly module: WebAssembly.Module;
  readonly imports: WebAssembly.Imports;
  /** Imports nobody provides, as `module.name (kind)`; empty when it can be linked. */
  readonly missing: readonly string[];
  readonly isReactor: boolean;
  readonly needsHost: boolean;
}

/** Matches `module` with what `host` provides. */
export function linkProgram(module: WebAssembly.Module, host: WasiHost): Program {
  const imports = host.importsFor(module);
  const wanted = WebAssembly.Module.imports(module);
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  return {
    module,
    imports,
    missing: wanted
      .filter((one) => imports[one.module]?.[one.name] === undefined)
      .map((one) => `${one.module}.${one.name} (${one.kind})`),
    isReactor: exported.has('_initialize') && !exported.has('_start'),
    needsHost: wanted.some(({ kind }) => kind === 'function'),
  };
}
