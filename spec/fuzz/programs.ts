// Random programs that end: each mixes all it sees into one number and prints it with its memory's sum.

import * as fc from 'fast-check';

/** Expressions are i32; statements leave nothing. `depth` bounds the nesting. */
const { statement } = fc.letrec<{ value: string; statement: string; body: string }>((tie) => {
  const value = tie('value');
  const statement = tie('statement');
  const small = fc.integer({ min: 0, max: 70_000 });
  const constant = fc.oneof(small, fc.integer()).map((number) => `(i32.const ${number})`);
  /** Within the first page as a rule, and now and then beyond all of memory. */
  const address = fc.oneof(
    { weight: 20, arbitrary: value.map((text) => `(i32.and ${text} (i32.const 65528))`) },
    { weight: 1, arbitrary: value },
  );
  const length = value.map((text) => `(i32.and ${text} (i32.const 255))`);
  const global = fc.constantFrom('$a', '$b');
  return {
    value: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'value' },
      constant,
      global.map((name) => `(global.get ${name})`),
      fc.constant('(memory.size)'),
      fc.constant('(table.size $t)'),
      address.map((at) => `(i32.load ${at})`),
      fc
        .tuple(fc.constantFrom('add', 'sub', 'mul', 'xor', 'shl', 'div_u', 'lt_s'), value, value)
        .map(([name, a, b]) => `(i32.${name} ${a} ${b})`),
      fc.integer({ min: 0, max: 2 }).map((pages) => `(memory.grow (i32.const ${pages}))`),
      fc
        .integer({ min: 0, max: 3 })
        .map((by) => `(table.grow $t (ref.null func) (i32.const ${by}))`),
    ),
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'statement' },
      value.map((text) => `(call $see ${text})`),
      fc.tuple(address, value).map(([at, text]) => `(i32.store ${at} ${text})`),
      fc.tuple(global, value).map(([name, text]) => `(global.set ${name} ${text})`),
      fc.tuple(address, value, length).map((three) => `(memory.fill ${three.join(' ')})`),
      fc.tuple(address, address, length).map((three) => `(memory.copy ${three.join(' ')})`),
      address.map((at) => `(memory.init $d ${at} (i32.const 1) (i32.const 3))`),
      fc.constant('(data.drop $d)'),
      fc.nat(3).map((at) => `(table.set $t (i32.const ${at}) (ref.func $bump))`),
      fc.nat(3).map((at) => `(call_indirect $t (type $void) (i32.const ${at}))`),
      fc.tuple(value, tie('body')).map(([text, body]) => `(if ${text} (then ${body}))`),
      fc.tuple(fc.nat(5), tie('body')).map(([times, body]) => loop(times, body)),
    ),
    body: fc.array(statement, { maxLength: 3 }).map((lines) => lines.join('\n')),
  };
});

/** Inner loops count in the same local, so that none goes on for ever. */
function loop(times: number, body: string): string {
  return `(local.set $n (i32.add (local.get $n) (i32.const ${times})))
    (loop $again ${body}
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $n) (i32.const 0))))`;
}

/** WAT of a WASI command that writes 16 bytes, or traps before. */
export const program: fc.Arbitrary<string> = fc
  .array(statement, { minLength: 1, maxLength: 8 })
  .map(
    (lines) => `(module
  (type $void (func))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 4)
  (table $t 4 8 funcref)
  (elem (i32.const 0) $bump)
  (elem declare func $bump)
  (data (i32.const 512) "some data of its own")
  (data $d "passive")
  (global $a (mut i32) (i32.const 7))
  (global $b (mut i32) (i32.const -1))
  (global $seen (mut i64) (i64.const 17))
  (func $see (param i32)
    (global.set $seen (i64.add (i64.mul (global.get $seen) (i64.const 1099511628211))
      (i64.extend_i32_u (local.get 0)))))
  (func $bump (global.set $a (i32.add (global.get $a) (i32.const 1))))
  (func $sum (local $at i32) (local $end i32)
    (local.set $end (i32.mul (memory.size) (i32.const 65536)))
    (loop $next
      (call $see (i32.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))
  (func (export "_start") (local $n i32)
    ${lines.join('\n')}
    (call $see (global.get $a)) (call $see (global.get $b)) (call $see (table.size $t))
    (call $sum)
    (i64.store (i32.const 16) (global.get $seen))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 8))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`,
  );
