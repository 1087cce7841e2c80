// Finds the preview1 command inside a component that is nothing else: it runs as it is, at the speed of
// any core module, and its exit codes are those it had.

import { type DecodedComponent, namesOf, worldOf } from './component.js';
import { type Inspection, inspect } from './inspect.js';

const PREVIEW1 = 'wasi_snapshot_preview1';
/** Namespace from which the adapter of preview1, in every such component, imports the command's `_start`. */
const MAIN_MODULE = '__main_module__';
const RUN = /^wasi:cli\/run@0\.2\.\d+#run$/;

/** The bytes of that command; undefined when the component is more than one. */
export function unwrap({ definition, cores }: DecodedComponent): Uint8Array | undefined {
  const { imports, exports } = namesOf(definition);
  if (worldOf(definition) !== 'command' || exports.length !== 1) return undefined;
  if (!imports.every((name) => name.startsWith('wasi:'))) return undefined;
  const inspected = cores.map((bytes) => ({ bytes, inspection: inspect(bytes) }));
  const commands = inspected.filter(({ inspection }) => isCommand(inspection));
  const [command] = commands;
  const isAdapted = inspected.some(({ inspection }) => isAdapter(inspection));
  return commands.length === 1 && isAdapted ? command?.bytes : undefined;
}

function isCommand({ kind, imports, exports }: Inspection): boolean {
  return (
    kind === 'command' &&
    imports.length > 0 &&
    imports.every((one) => one.module === PREVIEW1 && one.kind === 'function') &&
    exports.some(({ name, type }) => name === '_start' && type === '() -> ()')
  );
}

function isAdapter({ imports, exports }: Inspection): boolean {
  return (
    imports.some(({ module, name }) => module === MAIN_MODULE && name === '_start') &&
    exports.some(({ name }) => RUN.test(name))
  );
}
