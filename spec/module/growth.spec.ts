import { expect } from 'chai';
import * as fc from 'fast-check';
import { makeReusable } from '../../lib/module/load.js';
import { patchModule } from '../../lib/module/patch.js';
import { PHP, PYTHON, assemble, readPackaged } from './binaries.js';

const PAGE = 65_536;
const LIMITS = { memoryBytes: 4_096 * PAGE, tableElements: 100_000 };

interface Guest {
  grow(pages: number): number;
  size(): number;
  /** Grows twice in one expression, in a function behind others. */
  growTwice(pages: number): number;
  readonly memory: WebAssembly.Memory;
}

const text = (minimum: number, maximum: number): string => `(module
  (type (func (param f64 i64))) (import "env" "f" (func $f (param i32)))
  (memory (export "memory") ${minimum} ${maximum}) (global i32 (i32.const 4))
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "growTwice") (param i32) (result i32)
    (i32.add (memory.grow (local.get 0)) (memory.grow (local.get 0)))))`;

function instanceOf(bytes: Uint8Array, pages: readonly [number, number]): Guest {
  const module = new WebAssembly.Module(bytes);
  const own = WebAssembly.Module.imports(module).find((one) => one.module === 'wasm-fcgi');
  const memory = new WebAssembly.Memory({ initial: pages[0], maximum: pages[1] });
  const imports = { env: { f: () => 0 }, 'wasm-fcgi': own ? { [own.name]: memory } : {} };
  const { exports } = new WebAssembly.Instance(module, imports);
  const call =
    (name: string) =>
    (...args: number[]): number => {
      const exported = exports[name];
      return typeof exported === 'function' ? Reflect.apply(exported, undefined, args) : NaN;
    };
  return { grow: call('grow'), size: call('size'), growTwice: call('growTwice'), memory };
}

describe('module growth', () => {
  it('tells a guest what a memory of its own would', () => {
    const steps = fc.array(
      fc.tuple(fc.boolean(), fc.oneof(fc.nat(40), fc.integer(), fc.constantFrom(-1, 0, 65_536))),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.nat(70), fc.nat(150), steps, (minimum, more, all) => {
        const limits = [minimum, minimum + more] as const;
        const patched = patchModule(assemble(text(...limits)), LIMITS);
        const plain = instanceOf(patched, limits);
        const counted = instanceOf(makeReusable(patched, 'reset'), limits);
        for (const [twice, pages] of all) {
          const name = twice ? 'growTwice' : 'grow';
          expect(counted[name](pages)).to.equal(plain[name](pages));
          expect(counted.size()).to.equal(plain.size());
          expect(counted.memory.buffer.byteLength).to.equal(counted.size() * PAGE);
        }
      }),
    );
  });

  it('leaves modules without a function or a memory valid', () => {
    for (const module of ['(module (memory 1))', '(module (func (export "f")))', '(module)']) {
      const bytes = makeReusable(patchModule(assemble(module), LIMITS), 'reset');
      expect(WebAssembly.validate(bytes)).to.equal(true);
    }
  });

  for (const name of [PYTHON, PHP]) {
    it(`keeps ${name} valid`, () => {
      const bytes = makeReusable(patchModule(readPackaged(name), LIMITS), 'reset');
      expect(WebAssembly.validate(bytes)).to.equal(true);
    }).timeout(30_000);
  }
});
