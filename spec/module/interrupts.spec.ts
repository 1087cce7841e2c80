import { expect } from 'chai';
import { checkInterrupts } from '../../lib/module/interrupts.js';
import { patchModule } from '../../lib/module/patch.js';
import { MalformedModule } from '../../lib/module/reader.js';
import { PHP, PYTHON, assemble, readPackaged } from './binaries.js';

const CHECK_BYTES = 3;

/** One of every form an instruction's immediates can have, so that the step over it is tried. */
const EVERY_FORM = `
  nop (drop (block (result i32) (i32.const -70000)))
  (drop (block $b (result i32) (br $b (i32.const 1))))
  (i32.const 1) (i32.const 2) (block (param i32 i32) (result i32) i32.add) drop
  (loop) (if (i32.const 0) (then (nop)) (else (nop)))
  (block $x (block $y (br_table $x $y $x (i32.const 9))))
  (drop (i64.const -9000000000000000000)) (drop (f32.const 1.5)) (drop (f64.const -2.25))
  (drop (select (i32.const 1) (i32.const 2) (i32.const 0)))
  (drop (select (result externref) (ref.null extern) (ref.null extern) (i32.const 0)))
  (drop (ref.is_null (ref.func $callee)))
  (call $callee) (call_indirect $t (type $void) (i32.const 0))
  (local.set 0 (local.tee 0 (local.get 0))) (global.set $g (global.get $g))
  (table.set $t (i32.const 1) (table.get $t (i32.const 0))) (drop (table.size $t))
  (i64.store offset=70000 align=1 (i32.const 0) (i64.load8_s offset=9 (i32.const 0)))
  (drop (memory.size)) (drop (i32.trunc_sat_f64_u (f64.const 1)))
  (drop (i64.extend32_s (i64.const 1)))
  (try (do (throw $e (i32.const 7))) (catch $e drop) (catch_all))
  (try (do (try (do (throw $e (i32.const 7))) (catch $e drop (rethrow 0)))) (catch_all))
  (try $outer (do (try (do (call $callee)) (delegate $outer))) (catch_all))
  (drop (v128.const i32x4 1 2 3 4)) (drop (i8x16.swizzle (v128.load (i32.const 0)) (v128.load32_zero (i32.const 0))))
  (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.load (i32.const 0)) (v128.load (i32.const 0))))
  (drop (i32x4.extract_lane 3 (v128.load32_splat (i32.const 0))))
  (v128.store8_lane offset=3 5 (i32.const 0) (v128.load16_lane 2 (i32.const 0) (v128.const i64x2 0 0)))
  (v128.store (i32.const 0) (f64x2.convert_low_i32x4_u (v128.load (i32.const 0))))
  (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))) (atomic.fence)
  (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
  (drop (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 1) (i32.const 2)))
  (data.drop $d) (elem.drop $s)`;

const SLOW = new Map([
  ['memory.fill', '(memory.fill (i32.const 100) (i32.const 7) (i32.const 9))'],
  ['memory.copy', '(memory.copy (i32.const 200) (i32.const 100) (i32.const 9))'],
  ['memory.init', '(memory.init $d (i32.const 300) (i32.const 0) (i32.const 2))'],
  ['memory.grow', '(drop (memory.grow (i32.const 1)))'],
  ['table.fill', '(table.fill $t (i32.const 0) (ref.func $callee) (i32.const 2))'],
  ['table.copy', '(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 1))'],
  ['table.init', '(table.init $t $s (i32.const 0) (i32.const 0) (i32.const 1))'],
  ['table.grow', '(drop (table.grow $t (ref.null func) (i32.const 1)))'],
]);

function moduleOf(body: string): Uint8Array<ArrayBuffer> {
  return assemble(`(module
    (type $void (func)) (tag $e (param i32)) (memory (export "memory") 2 65536) (table $t 4 100000 funcref)
    (global $g (mut i32) (i32.const 0)) (data $d "xyz") (elem $s func $callee) (elem (i32.const 0) $callee)
    (func $callee (export "callee"))
    (func (export "f") (local i32 i64 f32 f64 v128 funcref) ${body} )
    (func (export "last")))`);
}

describe('module interrupts', () => {
  for (const [name, operation] of SLOW) {
    it(`puts a check after ${name} among every other form of instruction`, () => {
      const bytes = moduleOf(`${operation} ${EVERY_FORM} ${operation}`);
      const patched = patchModule(bytes, { memoryBytes: 65_536 * 65_536, tableElements: 100_000 });
      expect(WebAssembly.validate(patched)).to.equal(true);
      expect(patched.length - bytes.length).to.equal(2 * CHECK_BYTES);
    });
  }

  it('changes nothing where nothing is slow', () => {
    const bytes = moduleOf(EVERY_FORM);
    expect(
      Buffer.from(
        patchModule(bytes, { memoryBytes: 65_536 * 65_536, tableElements: 100_000 }),
      ).equals(bytes),
    ).to.equal(true);
  });

  it('keeps what the instructions do', () => {
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(
        patchModule(moduleOf([...SLOW.values()].join('\n')), {
          memoryBytes: 1 << 20,
          tableElements: 100_000,
        }),
      ),
    );
    if (typeof exports['f'] !== 'function') throw new Error('no function f');
    Reflect.apply(exports['f'], undefined, []);
    const { memory } = exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error('no memory');
    const at = (offset: number, length: number): string =>
      Buffer.from(memory.buffer, offset, length).toString('hex');
    expect([at(100, 9), at(200, 9), at(300, 3)]).to.deep.equal([
      '07'.repeat(9),
      '07'.repeat(9),
      '787900',
    ]);
    expect(memory.buffer.byteLength).to.equal(3 * 65_536);
  });

  it('re-encodes the size of a body that passes 127 bytes', () => {
    for (let count = 1; count < 40; count += 1) {
      const patched = patchModule(moduleOf((SLOW.get('memory.grow') ?? '').repeat(count)), {
        memoryBytes: 1 << 20,
        tableElements: 100_000,
      });
      expect(WebAssembly.validate(patched), `${count} checks`).to.equal(true);
    }
  });

  it('refuses an instruction that it does not know, where it has to look', () => {
    // One body: no locals, memory.grow 0, an opcode that nobody has defined.
    const code = Uint8Array.of(1, 5, 0, 0x40, 0x00, 0xf0, 0x0b);
    expect(() => checkInterrupts(code, 0, code.length)).to.throw(
      MalformedModule,
      'byte 6: instruction 0xf0 is not known',
    );
  });

  for (const name of [PYTHON, PHP]) {
    it(`finds its way through all of ${name}`, () => {
      expect(
        WebAssembly.validate(
          patchModule(readPackaged(name), { memoryBytes: 1 << 28, tableElements: 100_000 }),
        ),
      ).to.equal(true);
    }).timeout(20_000);
  }
});
