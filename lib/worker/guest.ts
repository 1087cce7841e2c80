// One run of one guest: an instance as new, its entry point, and how that ended.

import { unpackStrings } from '../channel/strings.js';
import type { RunGrant, StartMessage } from '../channel/contract.js';
import type { Outcome } from '../run.js';
import type { WasiHost } from '../wasi/host.js';
import type { GuestProcess } from '../wasi/process.js';
import { REQUEST_DIRECTORY } from '../wasi/request.js';
import { outcomeOf } from './outcome.js';
import type { Program } from './program.js';

/** What the thread lends every guest. */
export type GuestStdio = Pick<GuestProcess, 'stdin' | 'stdout' | 'stderr' | 'wait' | 'reached'>;

/** Runs the guest to its end on this thread. Never throws. */
export function runGuest(
  { env }: StartMessage,
  { args, preopens, entryPoint, limits }: RunGrant,
  program: Program,
  host: WasiHost,
  { stdin, stdout, stderr, wait, reached }: GuestStdio,
): Outcome {
  if (program.missing.length > 0) {
    return { kind: 'link', message: missingImports(program.missing) };
  }
  try {
    host.begin({
      args,
      env: unpackStrings(env),
      preopens,
      requestDirectory: REQUEST_DIRECTORY,
      limits,
      // Each by name: a spread behind other fields takes as long as all the rest of the set-up.
      stdin,
      stdout,
      stderr,
      wait,
      reached,
    });
    return callEntryPoint(program.instances.take(), entryPoint, program, host);
  } catch (thrown) {
    return outcomeOf(thrown);
  } finally {
    host.end();
  }
}

function callEntryPoint(
  instance: WebAssembly.Instance,
  name: string,
  program: Program,
  host: WasiHost,
): Outcome {
  const entryPoint = instance.exports[name];
  const fault = entryPointFault(entryPoint);
  if (fault !== undefined || typeof entryPoint !== 'function') {
    return { kind: 'link', message: `the entry point ${name} ${fault ?? 'is not a function'}` };
  }
  const memory = instance.exports['memory'];
  const pages = instance.exports[program.pagesName ?? ''];
  if (memory instanceof WebAssembly.Memory)
    host.bind(memory, pages instanceof WebAssembly.Global ? pages : undefined);
  else if (program.needsHost) {
    return { kind: 'link', message: 'the module exports no memory, which its imports need' };
  }
  // A reactor must be initialized once before any other export is called (WASI application ABI).
  if (program.isReactor && name !== '_initialize') call(instance.exports['_initialize']);
  call(entryPoint);
  return { kind: 'exit', code: 0 };
}

function entryPointFault(value: WebAssembly.ExportValue | undefined): string | undefined {
  if (value === undefined) return 'is not exported';
  if (typeof value !== 'function') return 'is exported, but is not a function';
  if (value.length > 0) return `takes ${value.length} parameters, not none`;
  return undefined;
}

function call(exported: WebAssembly.ExportValue | undefined): void {
  if (typeof exported === 'function') Reflect.apply(exported, undefined, []);
}

/** Names a few of them: there may be thousands, of any length. */
function missingImports(missing: readonly string[]): string {
  const named = missing.slice(0, 5).map((name) => name.slice(0, 200));
  const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : '';
  return `nothing provides the import ${named.join(', ')}${more}`;
}
