import { expect } from 'chai';
import { inspect } from '../../lib/module/inspect.js';
import { MalformedModule } from '../../lib/module/reader.js';
import { PHP, PYTHON, assemble, readPackaged } from './binaries.js';

const COMPONENT = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00);

describe('module inspection', () => {
  const kinds: readonly (readonly [string, Uint8Array])[] = [
    ['command', assemble('(module (func (export "_start")))')],
    ['command', assemble('(module (func (export "_start")) (func (export "_initialize")))')],
    ['reactor', assemble('(module (func (export "_initialize")))')],
    ['other', assemble('(module (func (export "handle")))')],
    ['other', assemble('(module (memory (export "_start") 1))')],
    ['other', assemble('(module)')],
    ['component', COMPONENT],
  ];
  for (const [kind, bytes] of kinds) {
    it(`calls ${Buffer.from(bytes).toString('hex').slice(0, 90)} a ${kind}`, () => {
      expect(inspect(bytes).kind).to.equal(kind);
    });
  }

  it('reads imports, exports with their types, memories and tables', () => {
    const bytes = assemble(`(module
      (import "env" "f" (func (param i32 i64) (result f64)))
      (import "env" "g" (global (mut i32)))
      (import "env" "t" (table 3 externref))
      (import "env" "tag" (tag (param i32)))
      (memory (export "memory") 2 5)
      (table 7 funcref)
      (func (export "_start"))
      (func (export "sum") (param f32 v128) (result i32) unreachable)
      (export "again" (func 0)))`);
    expect(inspect(bytes)).to.deep.equal({
      kind: 'command',
      imports: [
        { module: 'env', name: 'f', kind: 'function' },
        { module: 'env', name: 'g', kind: 'global' },
        { module: 'env', name: 't', kind: 'table' },
        { module: 'env', name: 'tag', kind: 'tag' },
      ],
      exports: [
        { name: 'memory', kind: 'memory' },
        { name: '_start', kind: 'function', type: '() -> ()' },
        { name: 'sum', kind: 'function', type: '(f32 v128) -> (i32)' },
        { name: 'again', kind: 'function', type: '(i32 i64) -> (f64)' },
      ],
      memories: [{ minimum: 2, maximum: 5, isShared: false, is64: false }],
      tables: [{ element: 0x70, minimum: 7, maximum: undefined }],
    });
  });

  for (const name of [PYTHON, PHP]) {
    it(`agrees with the engine about ${name}`, () => {
      const bytes = readPackaged(name);
      const module = new WebAssembly.Module(bytes);
      const { kind, imports, exports } = inspect(bytes);
      expect(kind).to.equal('command');
      expect(imports).to.deep.equal(WebAssembly.Module.imports(module));
      expect(exports.map((one) => ({ name: one.name, kind: one.kind }))).to.deep.equal(
        WebAssembly.Module.exports(module),
      );
    }).timeout(20_000);
  }

  const hostile: readonly (readonly [string, readonly number[]])[] = [
    ['a section that is longer than the file', [1, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a size of more than 32 bits', [1, 0xff, 0xff, 0xff, 0xff, 0x1f]],
    ['a size that never ends', [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['four billion types', [1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a name longer than its section', [7, 3, 1, 0x7f, 0]],
    ['twenty thousand sections', Array.from({ length: 40_000 }, () => 0)],
    ['a section without a size', [1]],
  ];
  for (const [what, contents] of hostile) {
    it(`refuses ${what}`, () => {
      const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...contents]);
      expect(() => inspect(bytes)).to.throw(MalformedModule);
    });
  }
});
