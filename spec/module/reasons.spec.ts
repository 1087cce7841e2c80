import { expect } from 'chai';
import { inspect } from '../../lib/module/inspect.js';
import { explain } from '../../lib/module/reasons.js';
import { PYTHON, assemble, readPackaged } from './binaries.js';

const KNOWN = new Set(['wasi_snapshot_preview1.sched_yield']);
const YIELD = '(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))';

const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a command that exports its memory',
    `(module ${YIELD} (memory (export "memory") 1) (func (export "_start")))`,
    [],
  ],
  ['a command that imports nothing', '(module (func (export "_start")))', []],
  ['no entry point', '(module)', ['it does not export the entry point _start']],
  [
    'no entry point, but others',
    '(module (func (export "main")) (func (export "go")) (func (export "add") (param i32)))',
    ['it does not export the entry point _start; it could start at main, go'],
  ],
  [
    'an entry point that is no function',
    '(module (memory (export "_start") 1))',
    ['its export _start is a memory, no function'],
  ],
  [
    'an entry point of another type',
    '(module (func (export "_start") (param i32 i64) (result f32) unreachable))',
    ['its entry point _start is (i32 i64) -> (f32), expected () -> ()'],
  ],
  [
    'no exported memory',
    `(module ${YIELD} (memory 1) (func (export "_start")))`,
    ['it exports no memory named memory, which its imports need'],
  ],
  [
    'imports that nothing provides',
    `(module ${YIELD} (import "env" "f" (func)) (import "wasi:http/types" "g" (global i32))
       (memory (export "memory") 1) (func (export "_start")))`,
    [
      'it imports the function env.f, which nothing provides',
      'it imports the global wasi:http/types.g, which nothing provides',
    ],
  ],
];

describe('module reasons', () => {
  for (const [what, text, reasons] of CASES) {
    it(`names ${what}`, () => {
      expect(explain(inspect(assemble(text)), '_start', KNOWN)).to.deep.equal(reasons);
    });
  }

  it('finds nothing against Python', () => {
    const inspection = inspect(readPackaged(PYTHON));
    const known = new Set(inspection.imports.map(({ module, name }) => `${module}.${name}`));
    expect(explain(inspection, '_start', known)).to.deep.equal([]);
  });
});
