// Modules on their way to the engine: whatever the bytes, a module or an error of ours; and what is
// changed in a module changes nothing in what it does.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RequestError } from '../../lib/errors.js';
import { inspect } from '../../lib/module/inspect.js';
import { compileModule } from '../../lib/module/load.js';
import { UnpatchableModule, patchModule } from '../../lib/module/patch.js';
import { MalformedModule } from '../../lib/module/reader.js';
import { Pool } from '../../lib/pool/pool.js';
import { assemble } from '../module/binaries.js';
import { watJob } from '../pool/guests.js';
import { runToEnd } from '../pool/listener.js';
import { program } from './programs.js';
import type { Property } from './property.js';

const ROOT = join(import.meta.dirname, '../../..');
const LIMITS = { memoryBytes: 1 << 20, tableElements: 100_000 };
/** Of four compilers, and by hand. */
const REAL = [
  'samples/hello-wat/hello.wasm',
  'samples/hello-c/hello.wasm',
  'samples/hello-as/hello.wasm',
  'samples/hello-rust/hello.wasm',
  'spec/wasi/guests/grow.wasm',
  'spec/wasi/guests/files.wasm',
].map((name) => new Uint8Array(readFileSync(join(ROOT, name))));

const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** Ends of LEB128 numbers, bulk instructions, memory.grow, opcodes with long immediates. */
const odd = fc.constantFrom(0, 0x7f, 0x80, 0xff, 0x40, 0xfc, 0xfd, 0x0b, 0x0e, 0x05);

/** A change to a module: bytes are set, cut out, put in, or moved. Places are parts of its length. */
export const change = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'cut', 'repeat'),
  /** Near the beginning are the sections that say what the others mean. */
  place: fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 0.05, noNaN: true }),
  ),
  count: fc.integer({ min: 1, max: 20 }),
  value: fc.oneof(odd, fc.nat(255)),
});

export function changed(original: Uint8Array, changes: readonly Change[]): Uint8Array {
  let bytes = Buffer.from(original);
  for (const { kind, place, count, value } of changes) {
    const at = Math.floor(place * (bytes.length - 1));
    const end = Math.min(at + count, bytes.length);
    if (kind === 'set') bytes[at] = value;
    else if (kind === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    else bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  }
  return new Uint8Array(bytes);
}
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Loads `bytes` as the server does. Everything but a module and a named error is a fault of ours. */
async function load(bytes: Uint8Array): Promise<WebAssembly.Module | string> {
  try {
    return (await compileModule('m', bytes, LIMITS)).module;
  } catch (thrown) {
    if (thrown instanceof RequestError && thrown.code.startsWith('MODULE_')) return thrown.code;
    throw thrown;
  }
}

/** What the engine alone makes of a program: 8 bytes, or nothing when it trapped. */
function printed(bytes: Uint8Array<ArrayBuffer>): string {
  let output = '';
  let memory: WebAssembly.ExportValue | undefined;
  const fd_write = (): number => {
    if (memory instanceof WebAssembly.Memory) {
      output = Buffer.from(memory.buffer, 16, 8).toString('latin1');
    }
    return 0;
  };
  const imports = { wasi_snapshot_preview1: { fd_write } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  ({ memory } = exports);
  const { _start } = exports;
  if (typeof _start !== 'function') throw new Error('not a program');
  try {
    _start();
  } catch (thrown) {
    if (!(thrown instanceof WebAssembly.RuntimeError)) throw thrown;
  }
  return output;
}

export const modules: readonly Property[] = [
  {
    holds: 'throws nothing but errors of its own at random sections',
    runs: 2000,
    property: () =>
      fc.property(
        fc.array(fc.tuple(fc.nat(14), fc.uint8Array({ maxLength: 40 })), { maxLength: 5 }),
        (sections) => {
          const parts = sections.flatMap(([id, contents]) => [id, contents.length, ...contents]);
          const bytes = Uint8Array.from([...HEAD, ...parts]);
          try {
            inspect(bytes);
            patchModule(bytes, LIMITS);
          } catch (thrown) {
            const isOurs = thrown instanceof MalformedModule || thrown instanceof UnpatchableModule;
            if (!isOurs) throw thrown;
          }
        },
      ),
  },
  {
    holds:
      'makes of a real module, however damaged, one that the engine takes, or names what is wrong',
    runs: 300,
    property: () =>
      fc.asyncProperty(
        fc.constantFrom(...REAL),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (original, changes) => {
          const bytes = changed(original, changes);
          const loaded = await load(bytes);
          if (typeof loaded !== 'string' || loaded === 'MODULE_TOO_MUCH_MEMORY') return;
          // What the engine takes as it is may be refused by bounds of ours, never for being damaged.
          if (!WebAssembly.validate(bytes)) return;
          expect(() => {
            inspect(bytes);
            patchModule(bytes, LIMITS);
          }).to.throw(UnpatchableModule);
        },
      ),
  },
  {
    holds: 'runs a program as the engine alone would, the third time like the first',
    runs: 100,
    property: (whenDone) => {
      const pool = new Pool({ workers: 1, queue: 4, queueTimeoutMs: 20_000, log: () => {} });
      whenDone(() => pool.close());
      const empty = watJob('(module (func (export "_start")))', LIMITS);
      return fc.asyncProperty(program, async (wat) => {
        const bytes = assemble(wat);
        const expected = printed(bytes);
        const { module } = await compileModule('m', bytes, LIMITS);
        const moduleKey = createHash('sha256').update(bytes).digest('hex');
        for (let round = 0; round < 3; round += 1) {
          const { outcome, stdout } = await runToEnd(pool, { ...empty, module, moduleKey });
          expect(stdout).to.equal(expected);
          expect(outcome.kind).to.equal(expected === '' ? 'trap' : 'exit');
        }
      });
    },
  },
];
