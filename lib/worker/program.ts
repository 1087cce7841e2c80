// A module as a worker thread keeps it: what it imports is looked up once, not once per run.

import type { WasiHost } from '../wasi/host.js';
import type { KeptBytes } from './kept.js';
import { Instances, MEMORY_NAMESPACE } from './instances.js';
import { GLOBAL_PREFIX } from './picture.js';

export interface Program {
  readonly instances: Instances;
  /** Imports nobody provides, as `module.name (kind)`; empty when it can be linked. */
  readonly missing: readonly string[];
  readonly isReactor: boolean;
  readonly needsHost: boolean;
  /** Export that counts the pages its guest has, where the memory may be larger (lib/module/growth.ts). */
  readonly pagesName: string | undefined;
}

/** Matches `module` with what `host` provides. @param kept what the thread's programs keep between runs */
export function linkProgram(module: WebAssembly.Module, host: WasiHost, kept: KeptBytes): Program {
  const imports = host.importsFor(module);
  const wanted = WebAssembly.Module.imports(module);
  const memoryName = wanted.find((one) => one.module === MEMORY_NAMESPACE)?.name;
  const exports = WebAssembly.Module.exports(module);
  const exported = new Set(exports.map(({ name }) => name));
  return {
    instances: new Instances(module, imports, memoryName, kept),
    missing: wanted
      .filter(
        (one) => one.module !== MEMORY_NAMESPACE && imports[one.module]?.[one.name] === undefined,
      )
      .map((one) => `${one.module}.${one.name} (${one.kind})`),
    isReactor: exported.has('_initialize') && !exported.has('_start'),
    needsHost: wanted.some(({ kind }) => kind === 'function'),
    pagesName:
      memoryName?.endsWith(' reset') === true
        ? exports.findLast(({ name }) => name.startsWith(GLOBAL_PREFIX))?.name
        : undefined,
  };
}
