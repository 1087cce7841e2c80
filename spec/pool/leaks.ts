// Guests that look for what a run before them left, then leave all they can: one way each.

import type { Reuse } from '../../lib/module/reuse.js';

export interface Leak {
  /** What is to become of its instance: `reset` only where it leaves nothing else than memory and numbers. */
  readonly reuse: Reuse;
  /** The body of `_start`: traps on what it finds left. Local `$at` is an i32. */
  readonly body: string;
  readonly extra?: string;
  /** The outcome of each run; default: exit code 0. */
  readonly trap?: string;
}

const TABLE = `(type $i (func (result i32)))
  (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
  (table $t 4 20 funcref) (elem (i32.const 0) func $one $two)`;
const calls = (index: number, answer: number): string =>
  trapUnless(`(i32.eq (call_indirect $t (type $i) (i32.const ${index})) (i32.const ${answer}))`);
const isNull = (index: number): string =>
  trapUnless(`(ref.is_null (table.get $t (i32.const ${index})))`);
const FILL =
  '(memory.fill (i32.const 0) (i32.const 255) (i32.mul (memory.size) (i32.const 65536)))';

function trapUnless(condition: string): string {
  return `(if (i32.eqz ${condition}) (then unreachable))`;
}

/** Every byte is 0, then all are 255. */
const SWEEP = `(loop $next
    ${trapUnless('(i64.eqz (i64.load (local.get $at)))')}
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $next (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
  ${FILL}`;

export const LEAKS: ReadonlyMap<string, Leak> = new Map([
  ['memory', { reuse: 'reset', body: SWEEP }],
  ['memory and exits', { reuse: 'reset', body: `${SWEEP} (call $exit (i32.const 0))` }],
  [
    'memory and traps',
    { reuse: 'reset', body: `${SWEEP} unreachable`, trap: 'unreachable executed' },
  ],
  [
    'memory and overflows the stack',
    {
      reuse: 'reset',
      body: `${SWEEP} (call $deep)`,
      extra: '(func $deep (call $deep))',
      trap: 'stack overflow',
    },
  ],
  [
    'data',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eq (i32.load (i32.const 1000)) (i32.const 0x64636261))')}
        ${trapUnless('(i32.eq (i32.load (i32.const 70000)) (i32.const 0x68676665))')}
        ${trapUnless('(i64.eqz (i64.load (i32.const 8)))')}
        ${trapUnless('(i64.eqz (i64.load (i32.const 2000)))')}
        ${trapUnless('(i64.eqz (i64.load (i32.const 80000)))')} ${FILL}`,
      extra: '(data (i32.const 1000) "abcd") (data (i32.const 70000) "efgh")',
    },
  ],
  [
    'data over data',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eq (i32.load (i32.const 1000)) (i32.const 0x64786261))')} ${FILL}`,
      extra: '(data (i32.const 1000) "abcd") (data (i32.const 1002) "x")',
    },
  ],
  [
    'globals of all types',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eq (global.get $i) (i32.const 7))')}
        ${trapUnless('(i64.eq (global.get $l) (i64.const -8))')}
        ${trapUnless('(f32.eq (global.get $f) (f32.const 1.5))')}
        ${trapUnless('(i64.eq (i64.reinterpret_f64 (global.get $d)) (i64.const 0x8000000000000000))')}
        (global.set $i (i32.const -1)) (global.set $l (i64.const 99))
        (global.set $f (f32.const nan)) (global.set $d (f64.const inf))`,
      extra: `(global $constant i32 (i32.const 3)) (global $i (mut i32) (i32.const 7))
        (global $l (mut i64) (i64.const -8)) (global $f (mut f32) (f32.const 1.5))
        (global $d (export "shown") (mut f64) (f64.const -0))`,
    },
  ],
  [
    'a NaN with bits of its own',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eq (i32.reinterpret_f32 (global.get $f)) (i32.const 0x7fa00001))')}
        (global.set $f (f32.const 0))`,
      extra: '(global $f (mut f32) (f32.const nan:0x200001))',
    },
  ],
  [
    'a stack pointer that nested frames have moved when it exits',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eq (global.get $sp) (i32.const 65536))')}
        (call $frame (i32.const 100))`,
      extra: `(global $sp (mut i32) (i32.const 65536))
        (func $frame (param $depth i32)
          (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
          (if (i32.eqz (local.get $depth)) (then (call $exit (i32.const 0))))
          (call $frame (i32.sub (local.get $depth) (i32.const 1)))
          (global.set $sp (i32.add (global.get $sp) (i32.const 16))))`,
    },
  ],
  [
    'what it does after it caught its own exit',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eqz (global.get $g))')} ${trapUnless('(i64.eqz (i64.load (i32.const 0)))')}
        (try (do (call $exit (i32.const 0))) (catch_all))
        (global.set $g (i32.const 1)) ${FILL} (call $exit (i32.const 3))`,
      extra: '(global $g (mut i32) (i32.const 0))',
    },
  ],
  [
    'a memory that has grown',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eq (memory.size) (i32.const 20))')} ${SWEEP}
        (drop (memory.grow (i32.const 3))) ${FILL}`,
    },
  ],
  [
    'the pages by which a memory has grown',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eq (memory.grow (i32.const 3)) (i32.const 20))')}
        ${trapUnless('(i32.eq (memory.size) (i32.const 23))')} ${SWEEP}`,
    },
  ],
  [
    'a memory that has grown to its maximum, and that it tried to grow beyond',
    {
      reuse: 'reset',
      body: `${trapUnless('(i32.eq (memory.grow (i32.const 481)) (i32.const -1))')}
        ${trapUnless('(i32.eq (memory.grow (i32.const 480)) (i32.const 20))')}
        ${trapUnless('(i32.eq (memory.grow (i32.const 1)) (i32.const -1))')}
        ${trapUnless('(i32.eq (memory.grow (i32.const -1)) (i32.const -1))')}
        ${trapUnless('(i32.eq (memory.grow (i32.const 0)) (i32.const 500))')} ${SWEEP}`,
    },
  ],
  [
    'a memory that has grown by nothing',
    { reuse: 'reset', body: `${SWEEP} (drop (memory.grow (i32.const 0)))` },
  ],
  [
    'an untouched table, by indirect calls',
    { reuse: 'reset', body: `${calls(0, 1)} ${calls(1, 2)} ${SWEEP}`, extra: TABLE },
  ],
  [
    'a table that is exported',
    {
      reuse: 'reset',
      body: `${calls(0, 1)} ${SWEEP}`,
      extra: `${TABLE} (export "table" (table $t))`,
    },
  ],
  [
    'a table it has set',
    {
      reuse: 'clean',
      body: `${calls(0, 1)} ${isNull(3)} ${SWEEP} (table.set $t (i32.const 0) (ref.func $two))
        (table.set $t (i32.const 3) (ref.func $two))`,
      extra: TABLE,
    },
  ],
  [
    'a table it has filled',
    {
      reuse: 'clean',
      body: `${calls(0, 1)} ${SWEEP} (table.fill $t (i32.const 0) (ref.func $two) (i32.const 4))`,
      extra: TABLE,
    },
  ],
  [
    'a table it has copied within',
    {
      reuse: 'clean',
      body: `${calls(0, 1)} ${SWEEP} (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))`,
      extra: TABLE,
    },
  ],
  [
    'a table that has grown',
    {
      reuse: 'clean',
      body: `${trapUnless('(i32.eq (table.size $t) (i32.const 4))')} ${SWEEP}
        (drop (table.grow $t (ref.func $two) (i32.const 2)))`,
      extra: TABLE,
    },
  ],
  [
    'a table it has set from a segment, which it has dropped',
    {
      reuse: 'clean',
      body: `${isNull(2)} ${SWEEP} (table.init $t $p (i32.const 2) (i32.const 0) (i32.const 1)) (elem.drop $p)`,
      extra: `${TABLE} (elem $p func $two)`,
    },
  ],
  [
    'a passive segment it has dropped',
    {
      reuse: 'clean',
      body: `${SWEEP} (memory.init $d (i32.const 16) (i32.const 0) (i32.const 4)) (data.drop $d)`,
      extra: '(data $d "abcd")',
    },
  ],
  [
    'a passive segment it has copied from',
    {
      reuse: 'reset',
      body: `${SWEEP} (memory.init $d (i32.const 16) (i32.const 0) (i32.const 4))`,
      extra: '(data $d "abcd")',
    },
  ],
  [
    'what its start function does',
    {
      reuse: 'clean',
      body: `${trapUnless('(i32.eq (global.get $g) (i32.const 1))')}
        ${trapUnless('(i32.eq (i32.load (i32.const 64)) (i32.const 1))')} ${FILL}`,
      extra: `(global $g (mut i32) (i32.const 0)) (start $s)
        (func $s (global.set $g (i32.add (global.get $g) (i32.const 1)))
          (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1))))`,
    },
  ],
  [
    'a global that holds a function',
    {
      reuse: 'clean',
      body: `${trapUnless('(ref.is_null (global.get $r))')} ${SWEEP} (global.set $r (ref.func $one))`,
      extra: `${TABLE} (global $r (mut funcref) (ref.null func))`,
    },
  ],
  [
    'a global under the name that ours have',
    {
      reuse: 'clean',
      body: `${trapUnless('(i32.eqz (global.get $g))')} ${SWEEP} (global.set $g (i32.const 1))`,
      extra: '(global $g (mut i32) (i32.const 0)) (export "wasm-fcgi global 0" (global $g))',
    },
  ],
]);

/** The module of a leak. */
export function leakyGuest({ body, extra = '' }: Leak): string {
  return `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 20 500) ${extra}
    (func (export "_start") (local $at i32) ${body}))`;
}
