import { expect } from 'chai';
import { importMemory } from '../../lib/module/memory-import.js';
import { UnpatchableModule, patchModule } from '../../lib/module/patch.js';
import { PHP, PYTHON, QUICKJS, assemble, readPackaged } from './binaries.js';

function moved(text: string, pages = 9): WebAssembly.Module {
  return new WebAssembly.Module(
    importMemory(
      patchModule(assemble(text), { memoryBytes: pages * 65_536, tableElements: 100_000 }),
      'clean',
    ),
  );
}

const MEMORY = { module: 'wasm-fcgi', name: 'memory 1 9 clean', kind: 'memory' };
const F = { module: 'env', name: 'f', kind: 'function' };

describe('module memory import', () => {
  const cases: readonly (readonly [string, string, readonly object[]])[] = [
    ['alone', '(module (memory 1))', [MEMORY]],
    ['behind types', '(module (type (func)) (func (export "f")) (memory 1))', [MEMORY]],
    ['after other imports', '(module (import "env" "f" (func)) (memory 1))', [F, MEMORY]],
    ['before a start function', '(module (func $s) (start $s) (memory 1))', [MEMORY]],
  ];
  for (const [what, text, imports] of cases) {
    it(`imports the memory of a module ${what}`, () => {
      expect(WebAssembly.Module.imports(moved(text))).to.deep.equal(imports);
    });
  }

  it('says the initial pages, the capped maximum and the reuse by its name', () => {
    const [only] = WebAssembly.Module.imports(moved('(module (memory 2 7))'));
    expect(only?.name).to.equal('memory 2 7 clean');
  });

  it('leaves a module without memory as it is', () => {
    const bytes = assemble('(module (func (export "_start")))');
    expect(importMemory(bytes, 'clean')).to.equal(bytes);
  });

  it('keeps functions, exports and data in their places', () => {
    const module =
      moved(`(module (import "env" "f" (func $f (result i32))) (memory (export "memory") 1)
      (data (i32.const 5) "abc") (func (export "g") (result i32) (i32.add (call $f) (i32.load8_u (i32.const 6)))))`);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 9 });
    const { exports } = new WebAssembly.Instance(module, {
      env: { f: () => 1000 },
      'wasm-fcgi': { 'memory 1 9 clean': memory },
    });
    expect(exports['memory']).to.equal(memory);
    expect(
      typeof exports['g'] === 'function' && Reflect.apply(exports['g'], undefined, []),
    ).to.equal(1098);
  });

  it('refuses a module that asks for such a memory itself', () => {
    const text = '(module (import "wasm-fcgi" "memory 0 65536" (memory 0 65536)))';
    expect(() => moved(text)).to.throw(UnpatchableModule, 'has imports named wasm-fcgi');
  });

  for (const name of [PYTHON, PHP, QUICKJS]) {
    it(`keeps ${name} valid`, () => {
      const bytes = importMemory(
        patchModule(readPackaged(name), { memoryBytes: 1 << 28, tableElements: 100_000 }),
        'clean',
      );
      expect(WebAssembly.validate(bytes)).to.equal(true);
    }).timeout(20_000);
  }
});
