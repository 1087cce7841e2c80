import { expect } from 'chai';
import { inspect } from '../../lib/module/inspect.js';
import { UnpatchableModule, patchModule } from '../../lib/module/patch.js';
import { PHP, PYTHON, QUICKJS, assemble, readPackaged } from './binaries.js';

const PAGE = 65_536;

const ELEMENTS = 100_000;

function patched(text: string, pages: number, tableElements = ELEMENTS): Uint8Array {
  return patchModule(assemble(text), { memoryBytes: pages * PAGE, tableElements });
}

function run(bytes: Uint8Array): Record<string, WebAssembly.ExportValue> {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
}

describe('module patch', () => {
  const memories: readonly (readonly [string, number, readonly [number, number]])[] = [
    ['1', 16, [1, 16]],
    ['16', 16, [16, 16]],
    ['1 8', 16, [1, 8]],
    ['1 16', 16, [1, 16]],
    ['1 17', 16, [1, 16]],
    ['1 65536', 4096, [1, 4096]],
    ['0', 0, [0, 0]],
  ];
  for (const [memory, limit, [minimum, maximum]] of memories) {
    it(`caps (memory ${memory}) at ${limit} pages to ${minimum} and ${maximum}`, () => {
      const [found] = inspect(patched(`(module (memory ${memory}))`, limit)).memories;
      expect(found).to.deep.equal({ minimum, maximum, isShared: false, is64: false });
    });
  }

  const refused: readonly (readonly [string, UnpatchableModule['reason'], string])[] = [
    [
      '(memory 17)',
      'too-much-memory',
      'needs 1114112 bytes of memory to start, the limit is 1048576',
    ],
    ['(memory 1 2 shared)', 'unsupported', 'has a shared memory (threads), which is not supported'],
    ['(memory i64 1)', 'unsupported', 'has a 64-bit memory, only 32-bit is supported'],
    ['(memory 1) (memory 1)', 'unsupported', 'has 2 memories, only one is supported'],
    [
      '(table 100001 funcref)',
      'too-many-elements',
      'has tables of 100001 elements, the limit is 100000',
    ],
    [
      '(table 60000 funcref) (table 40001 externref)',
      'too-many-elements',
      'has tables of 100001 elements, the limit is 100000',
    ],
    ['(table 1 funcref) '.repeat(101), 'unsupported', 'has 101 tables, the limit is 100'],
  ];
  for (const [contents, reason, message] of refused) {
    it(`refuses (module ${contents.slice(0, 60)})`, () => {
      expect(() => patched(`(module ${contents})`, 16))
        .to.throw(UnpatchableModule, message)
        .with.property('reason', reason);
    });
  }

  const tables: readonly (readonly [string, readonly (readonly [number, number])[]])[] = [
    ['(table 1 funcref)', [[1, ELEMENTS]]],
    ['(table 1 5 funcref)', [[1, 5]]],
    ['(table 100000 funcref)', [[100_000, 100_000]]],
    [
      '(table 10 externref) (table 0 funcref)',
      [
        [10, 50_005],
        [0, 49_995],
      ],
    ],
  ];
  for (const [contents, limits] of tables) {
    it(`caps ${contents} to ${JSON.stringify(limits)}`, () => {
      const found = inspect(patched(`(module ${contents})`, 1)).tables;
      expect(found.map(({ minimum, maximum }) => [minimum, maximum])).to.deep.equal(limits);
    });
  }

  for (const limit of [0, 7, 1_000_000]) {
    it(`takes another limit of elements: ${limit}, at, under and over it`, () => {
      const rangeOf = (minimum: number): (number | undefined)[] => {
        const bytes = patched(`(module (table ${minimum} externref))`, 1, limit);
        const [table] = inspect(bytes).tables;
        return [table?.minimum, table?.maximum];
      };
      expect(rangeOf(limit)).to.deep.equal([limit, limit]);
      if (limit > 0) expect(rangeOf(limit - 1)).to.deep.equal([limit - 1, limit]);
      expect(() => rangeOf(limit + 1)).to.throw(UnpatchableModule, `the limit is ${limit}`);
    });
  }

  it('makes memory.grow and table.grow answer -1 beyond the cap', () => {
    const { grow, extend } = run(
      patched(
        `(module (memory 1) (table $t 1 externref)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "extend") (param i32) (result i32) (table.grow $t (ref.null extern) (local.get 0))))`,
        3,
      ),
    );
    if (typeof grow !== 'function' || typeof extend !== 'function') throw new Error('no exports');
    expect([grow(2), grow(1), grow(0), grow(65_535)]).to.deep.equal([1, -1, 3, -1]);
    expect([extend(99_999), extend(1), extend(-1)]).to.deep.equal([1, -1, -1]);
  });

  it('leaves everything else as it was, byte for byte', () => {
    const text =
      '(module (memory 1 2) (table 1 1 funcref) (func (export "f") (result i32) i32.const 7))';
    const original = assemble(text);
    expect(
      Buffer.from(
        patchModule(original, { memoryBytes: 2 * PAGE, tableElements: ELEMENTS }),
      ).toString('hex'),
    ).to.equal(Buffer.from(original).toString('hex'));
  });

  it('does not change the bytes it was given', () => {
    const original = assemble('(module (memory 1))');
    const copy = Uint8Array.from(original);
    patchModule(original, { memoryBytes: PAGE, tableElements: ELEMENTS });
    expect(original).to.deep.equal(copy);
  });

  for (const name of [PYTHON, PHP, QUICKJS]) {
    it(`keeps ${name} valid`, () => {
      const bytes = patchModule(readPackaged(name), {
        memoryBytes: 1 << 28,
        tableElements: ELEMENTS,
      });
      expect(WebAssembly.validate(bytes)).to.equal(true);
    }).timeout(20_000);
  }
});
