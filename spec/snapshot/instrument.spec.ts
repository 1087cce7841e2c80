import binaryen from 'binaryen';
import { expect } from 'chai';
import { asyncifyWith } from '../../lib/snapshot/asyncify.js';
import { type Instrumented, instrument } from '../../lib/snapshot/instrument.js';
import { assemble } from '../pool/guests.js';

/**
 * From `_start` over a direct call, a table and another table to the host's read; afterwards over the
 * same functions, all called by one that was on the stack, to its write. Functions 2 to 6.
 */
const MODULE = `(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32) (result i32)))
  (type $way (func (param i32) (result i32)))
  (type $other (func (param i64 i32) (result i32)))
  (memory (export "memory") 1)
  (table $first 3 funcref)
  (table $second 6 8 funcref)
  (elem (table $first) (i32.const 1) func $last $by_table)
  (elem (table $second) (i32.const 4) func $by_other $last)
  (elem (table $second) (i32.const 5) func $never)
  (func $start (export "_start")
    (i32.store (i32.const 0) (call $direct (i32.const 0)))
    (i32.store (i32.const 4) (call $direct (i32.const 1))))
  (func $direct (param $after i32) (result i32)
    (i32.add (i32.const 100) (call_indirect $first (type $way) (local.get $after) (i32.const 2))))
  (func $by_table (param $after i32) (result i32)
    (i32.add (i32.const 10) (call_indirect $second (type $other) (i64.const 5) (local.get $after) (i32.const 4))))
  (func $by_other (param i64) (param $after i32) (result i32)
    (i32.add (i32.wrap_i64 (local.get 0)) (call $last (local.get $after))))
  (func $last (param $after i32) (result i32)
    (if (result i32) (local.get $after)
      (then (call $write (i32.const 1)))
      (else (call $read (i32.const 0)))))
  (func $never (param i32) (result i32) (unreachable)))`;
const LISTED = [6, 5, 4, 3, 2];

/** Functions on the stack, the innermost first. */
function frames(): number[] {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const { stack = '' } = new Error('where');
  Error.stackTraceLimit = before;
  return [...stack.matchAll(/wasm-function\[(\d+)\]/g)].map(([, index]) => Number(index));
}

/** With its two globals exported, which lib/module/reset.ts does. */
function withGlobals({ bytes, state, data }: Instrumented): Uint8Array {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  const nameOf = (index: number): string =>
    binaryen.getGlobalInfo(module.getGlobalByIndex(index)).name;
  const names = [nameOf(state), nameOf(data)] as const;
  module.addGlobalExport(names[0], 'state');
  module.addGlobalExport(names[1], 'data');
  const all = module.emitBinary();
  module.dispose();
  return all;
}

function bodyOf(bytes: Uint8Array, index: number): string {
  const module = binaryen.readBinary(bytes);
  const { body } = binaryen.getFunctionInfo(module.getFunctionByIndex(index));
  const text = binaryen.emitText(body);
  module.dispose();
  return text;
}

describe('a module that is instrumented', () => {
  let made: Instrumented;
  let original: Uint8Array;
  before(async () => {
    original = assemble(MODULE);
    made = await instrument(original, LISTED, asyncifyWith(binaryen));
  });

  it('has a clone on the stack for each function until the request is read, and none in calls after it', () => {
    const stacks: { read: number[][]; write: number[][] } = { read: [], write: [] };
    let atRead: () => number;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(withGlobals(made)), {
      wasi_snapshot_preview1: {
        fd_read: () => (stacks.read.push(frames()), atRead()),
        fd_write: () => (stacks.write.push(frames()), 7),
      },
    });
    const { state, data, memory, _start: start } = instance.exports;
    if (!(state instanceof WebAssembly.Global && data instanceof WebAssembly.Global))
      throw new Error();
    if (!(memory instanceof WebAssembly.Memory) || typeof start !== 'function') throw new Error();
    const words = new Uint32Array(memory.buffer);
    words.set([1_032, 65_536], 256);
    data.value = 1;
    atRead = () => {
      data.value = 1_024;
      state.value = 1;
      return 0;
    };
    Reflect.apply(start, undefined, []);
    expect(stacks.write).to.deep.equal([]);
    state.value = 2;
    atRead = () => {
      state.value = 0;
      data.value = 0;
      return 42;
    };
    Reflect.apply(start, undefined, []);
    expect([words[0], words[1]]).to.deep.equal([157, 122]);
    for (const stack of stacks.read)
      expect(stack.map(made.cloneOf).filter((one) => one !== 'trampoline')).to.deep.equal(LISTED);
    // The outermost one was on the stack; what it calls is called by everybody.
    const [after = []] = stacks.write;
    expect(after.slice(0, 4)).to.deep.equal([6, 5, 4, 3]);
    expect(made.cloneOf(after.at(-1) ?? 0)).to.equal(2);
  });

  it('has all functions that it had, as they were', () => {
    for (const index of [2, 3, 4, 5, 6, 7])
      expect(bodyOf(made.bytes, index)).to.equal(bodyOf(original, index));
  });

  it('knows no clone of a function that was there before', () => {
    expect([...LISTED, 7].map(made.cloneOf)).to.deep.equal(Array<undefined>(6).fill(undefined));
  });
});
