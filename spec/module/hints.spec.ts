import { expect } from 'chai';
import { withoutOptimizing } from '../../lib/module/hints.js';
import { patchModule } from '../../lib/module/patch.js';
import { assemble } from './binaries.js';

const NAME = 'compilationHints';
const TEXT = `(module (import "a" "b" (func)) (func) (func (export "f") (result i32) (i32.const 7)) (func))`;
const LIMITS = { memoryBytes: 65_536, tableElements: 1 };

const hintsOf = (bytes: Uint8Array): number[][] =>
  WebAssembly.Module.customSections(new WebAssembly.Module(bytes), NAME).map((section) => [
    ...new Uint8Array(section),
  ]);

describe('hints of what to optimize', () => {
  it('name the functions that are not to be, and change no other thing', () => {
    const bytes = withoutOptimizing(assemble(TEXT), [2]);
    expect(hintsOf(bytes)).to.deep.equal([[3, 0, 0x15, 0]]);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      a: { b: () => undefined },
    });
    const { f } = exports;
    expect(typeof f === 'function' && Reflect.apply(f, undefined, [])).to.equal(7);
  });

  it('are not there where all are to be', () => {
    expect(hintsOf(withoutOptimizing(assemble(TEXT), []))).to.deep.equal([]);
  });

  it('are taken away from a module that brings some, and no other custom section is', () => {
    const own = Buffer.from('\x00\x05\x04name', 'latin1');
    const bytes = Buffer.concat([withoutOptimizing(assemble(TEXT), [1, 2]), own]);
    expect(hintsOf(bytes)).to.have.length(1);
    const patched = patchModule(bytes, LIMITS);
    expect(hintsOf(patched)).to.deep.equal([]);
    expect(
      WebAssembly.Module.customSections(new WebAssembly.Module(patched), 'name'),
    ).to.have.length(1);
  });
});
