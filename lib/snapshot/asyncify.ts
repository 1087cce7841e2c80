// What Binaryen's Asyncify makes of a module's few functions. It takes most of the time of a build, and
// is the same for all programs of one interpreter that ask for their request alike.

import { createHash } from 'node:crypto';
import type binaryen from 'binaryen';
import type { SnapshotStore } from './store.js';

/**
 * @param hollow a module of lib/snapshot/hollow.ts
 * @param names of the functions to instrument, as exported
 * @returns it, instrumented
 * @throws Error when Binaryen does not follow one of the functions
 */
export type Asyncify = (
  hollow: Uint8Array,
  names: readonly string[],
) => Uint8Array | Promise<Uint8Array>;

/** The call where a program asks for its request, in both versions of the interface. */
const CHECKPOINTS = ['wasi_snapshot_preview1.fd_read', 'wasi_unstable.fd_read'];

/**
 * What takes away most of the locals that Asyncify makes: 27,000 of 28,000 in the main loop of Python.
 * Of Binaryen's own choice coalesce-locals is left out: it takes minutes of all, these take two seconds.
 */
const PASSES = [
  'asyncify',
  'vacuum',
  'simplify-locals',
  'vacuum',
  'merge-blocks',
  'vacuum',
  'reorder-locals',
  'simplify-locals',
  'vacuum',
  'reorder-locals',
];

/**
 * Values of V8 are carried over each block, locals among them. 3,600 are left in the main loop of Ruby, whose
 * author has put it through Asyncify already; 10 s more make them 126. Others have 1,000 at most.
 */
const MANY_LOCALS = 2_000;
const MORE_PASSES = ['coalesce-locals', 'vacuum', 'reorder-locals'];

/** What it may write: nothing that lib/module does not read. */
const FEATURES = [
  'MutableGlobals',
  'NontrappingFPToInt',
  'SIMD128',
  'BulkMemory',
  'SignExt',
  'ExtendedConst',
  'ExceptionHandling',
  'TailCall',
  'ReferenceTypes',
  'Multivalue',
] as const;

/** @param tool npm binaryen */
export function asyncifyWith(tool: typeof binaryen): Asyncify {
  return (hollow, names) => {
    const features = FEATURES.reduce((all, name) => all | tool.Features[name], 0);
    const module = read(tool, hollow, features);
    try {
      tool.setOptimizeLevel(0);
      tool.setShrinkLevel(0);
      tool.setPassArgument('asyncify-onlylist', names.join(','));
      tool.setPassArgument('asyncify-imports', CHECKPOINTS.join(','));
      module.runPasses(PASSES);
      const locals = (name: string): number =>
        tool.getFunctionInfo(module.getFunction(name)).vars.length;
      if (names.some((name) => locals(name) > MANY_LOCALS)) module.runPasses(MORE_PASSES);
      return module.emitBinary();
    } finally {
      module.dispose();
    }
  };
}

/** @throws Error, where Binaryen throws an object that is none */
function read(tool: typeof binaryen, bytes: Uint8Array, features: number): binaryen.Module {
  try {
    return tool.readBinaryWithFeatures(bytes, features);
  } catch (thrown) {
    const hasMessage = typeof thrown === 'object' && thrown !== null && 'message' in thrown;
    throw new Error(`binaryen: ${String(hasMessage ? thrown.message : thrown)}`, { cause: thrown });
  }
}

/**
 * The same, but what has been made once is taken from `store`.
 * @param load npm binaryen, asked only for what is not there
 * @throws what `load` throws
 */
export function rememberingAsyncify(
  store: SnapshotStore,
  load: () => Promise<typeof binaryen>,
): Asyncify {
  return async (hollow, names) => {
    const words = JSON.stringify([CHECKPOINTS, PASSES, MANY_LOCALS, MORE_PASSES, FEATURES, names]);
    const key = createHash('sha256').update(words).update(hollow).digest('hex');
    const known = await store.readFunctions(key);
    if (known !== undefined) return known;
    const made = await asyncifyWith(await load())(hollow, names);
    store.keepFunctions(key, made);
    return made;
  };
}
