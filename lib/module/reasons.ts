// Why a module would not run here, one line a reason, for `wasm-fcgi check` and the log.

import type { Export, Inspection } from './inspect.js';

const RUNNABLE_TYPE = '() -> ()';

/**
 * Every reason why `inspection` cannot run from `entryPoint`; empty when it can.
 * @param knownImports what the host provides, as `module.name`
 */
export function explain(
  inspection: Inspection,
  entryPoint: string,
  knownImports: ReadonlySet<string>,
): string[] {
  const missing = inspection.imports
    .filter(({ module, name }) => !knownImports.has(`${module}.${name}`))
    .map(
      ({ module, name, kind }) =>
        `it imports the ${kind} ${module}.${name}, which nothing provides`,
    );
  return [...entryPointReasons(inspection, entryPoint), ...memoryReasons(inspection), ...missing];
}

function entryPointReasons({ exports }: Inspection, entryPoint: string): string[] {
  const found = exports.find(({ name }) => name === entryPoint);
  if (found === undefined) {
    const names = exports.flatMap((one) => (isRunnable(one) ? one.name : []));
    const offer = names.length === 0 ? '' : `; it could start at ${names.slice(0, 5).join(', ')}`;
    return [`it does not export the entry point ${entryPoint}${offer}`];
  }
  if (found.kind !== 'function')
    return [`its export ${entryPoint} is a ${found.kind}, no function`];
  if (found.type === undefined || found.type === RUNNABLE_TYPE) return [];
  return [`its entry point ${entryPoint} is ${found.type}, expected ${RUNNABLE_TYPE}`];
}

function isRunnable({ kind, type }: Export): boolean {
  return kind === 'function' && type === RUNNABLE_TYPE;
}

/** Host calls pass data through the memory exported as `memory` (WASI preview1 application ABI). */
function memoryReasons({ imports, exports }: Inspection): string[] {
  if (!imports.some(({ kind }) => kind === 'function')) return [];
  const memory = exports.find(({ name }) => name === 'memory');
  return memory?.kind === 'memory'
    ? []
    : ['it exports no memory named memory, which its imports need'];
}
