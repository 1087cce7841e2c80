// What a run of a component leaves is not there in the next, whether its instances are kept or not.

import { expect } from 'chai';
import { compileModule } from '../../lib/module/load.js';
import { Pool } from '../../lib/pool/pool.js';
import { LIMITS, component, runJob } from './toolkit.js';

interface Leak {
  /** Whether its instances can be kept: a run leaves nothing but memory and numbers. */
  readonly isResettable: boolean;
  /** Of a part that uses the memory, table and global of another one: traps on what it finds left. */
  readonly body: string;
  readonly extra?: string;
  readonly outcome?: object;
}

const OK = { kind: 'exit', code: 0 };
const TWO = '(type $i (func (result i32))) (func $one (result i32) (i32.const 1))';

function trapUnless(condition: string): string {
  return `(if (i32.eqz ${condition}) (then unreachable))`;
}

/** Every byte is 0, then all are 255. */
const SWEEP = `(loop $next
  ${trapUnless('(i64.eqz (i64.load (local.get $at)))')}
  (local.set $at (i32.add (local.get $at) (i32.const 8)))
  (br_if $next (i32.lt_u (local.get $at) (i32.const 65536))))
  (memory.fill (i32.const 0) (i32.const 255) (i32.const 65536))`;
const CALLS = trapUnless('(i32.eq (call_indirect $t (type $i) (i32.const 0)) (i32.const 1))');

function leaky({ body, extra = '' }: Leak): string {
  return `(component
    (import "wasi:random/random@0.2.0" (instance $random
      (export "get-random-u64" (func (result u64)))))
    (core func $u64 (canon lower (func $random "get-random-u64")))
    (import "wasi:cli/exit@0.2.0" (instance $exit
      (export "exit-with-code" (func (param "status-code" u8)))))
    (core func $code (canon lower (func $exit "exit-with-code")))
    (core module $owner
      (memory (export "memory") 1 20) (global (export "count") (mut i32) (i32.const 7))
      (table (export "table") 4 20 funcref)
      (func (export "grow") (result i32) (memory.grow (i32.const 2))))
    (core instance $owner (instantiate $owner))
    (core module $main
      (import "owner" "memory" (memory 1)) (import "owner" "count" (global $count (mut i32)))
      (import "owner" "table" (table $t 4 funcref))
      (import "owner" "grow" (func $grow (result i32)))
      (import "host" "u64" (func $u64 (result i64)))
      (import "host" "code" (func $code (param i32)))
      ${extra}
      (func (export "run") (result i32) (local $at i32) ${body} (i32.const 0)))
    (core instance $main (instantiate $main (with "owner" (instance $owner))
      (with "host" (instance (export "u64" (func $u64)) (export "code" (func $code))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance $cli (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $cli)))`;
}

const LEAKS: ReadonlyMap<string, Leak> = new Map<string, Leak>([
  ['the memory of another part', { isResettable: true, body: SWEEP }],
  [
    'the memory of another part, and traps',
    {
      isResettable: true,
      body: `${SWEEP} unreachable`,
      outcome: { kind: 'trap', message: 'unreachable executed' },
    },
  ],
  [
    'the memory of another part, and exits',
    {
      isResettable: true,
      body: `${SWEEP} (call $code (i32.const 3))`,
      outcome: { kind: 'exit', code: 3 },
    },
  ],
  [
    'data',
    {
      isResettable: true,
      body: `${trapUnless('(i32.eq (i32.load (i32.const 8)) (i32.const 0x64636261))')}
        (i32.store (i32.const 8) (i32.const 0)) (i32.store (i32.const 40000) (i32.const 1))
        ${trapUnless('(i32.eqz (i32.load (i32.const 50000)))')} (i32.store (i32.const 50000) (i32.const 1))`,
      extra: '(data (i32.const 8) "abcd")',
    },
  ],
  [
    'globals, one of them of another part',
    {
      isResettable: true,
      body: `${trapUnless('(i32.eq (global.get $count) (i32.const 7))')}
        ${trapUnless('(i64.eq (global.get $own) (i64.const -1))')}
        (global.set $count (i32.const 8)) (global.set $own (i64.const 5))`,
      extra: '(global $own (mut i64) (i64.const -1))',
    },
  ],
  [
    'a memory that its part has grown',
    {
      isResettable: true,
      body: `${trapUnless('(i32.eq (call $grow) (i32.const 1))')}
        ${trapUnless('(i32.eq (call $grow) (i32.const 3))')}
        ${trapUnless('(i64.eqz (i64.load (i32.const 200000)))')}
        (i64.store (i32.const 200000) (i64.const 1))`,
    },
  ],
  [
    'a memory that another part has grown',
    {
      isResettable: true,
      body: `${trapUnless('(i32.eq (memory.size) (i32.const 1))')} ${SWEEP}
        ${trapUnless('(i32.eq (memory.grow (i32.const 2)) (i32.const 1))')}`,
    },
  ],
  [
    'a table that linking has filled',
    { isResettable: true, body: `${CALLS} ${SWEEP}`, extra: `${TWO} (elem (i32.const 0) $one)` },
  ],
  [
    'a table that it has set',
    {
      isResettable: false,
      body: `${CALLS} ${trapUnless('(ref.is_null (table.get $t (i32.const 1)))')}
        (table.set $t (i32.const 1) (ref.func $one)) (table.set $t (i32.const 0) (ref.null func))`,
      extra: `${TWO} (elem (i32.const 0) $one)`,
    },
  ],
  [
    'a table of another part that it has grown',
    {
      isResettable: false,
      body: `${trapUnless('(i32.eq (table.size $t) (i32.const 4))')}
        (drop (table.grow $t (ref.null func) (i32.const 1)))`,
    },
  ],
  [
    'a segment that it has dropped',
    {
      isResettable: false,
      body: '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 4)) (data.drop $d)',
      extra: '(data $d "abcd")',
    },
  ],
  [
    'what its start function does',
    {
      isResettable: true,
      body: `${trapUnless('(i32.eq (global.get $count) (i32.const 8))')}
        (global.set $count (i32.const 0))`,
      extra: `(start $s)
        (func $s (global.set $count (i32.add (global.get $count) (i32.const 1))))`,
    },
  ],
  [
    'a global under the name that ours have',
    {
      isResettable: false,
      body: `${trapUnless('(i32.eqz (global.get $g))')} (global.set $g (i32.const 1))`,
      extra: '(global $g (export "wasm-fcgi global 1") (mut i32) (i32.const 0))',
    },
  ],
]);

describe('component: isolation', () => {
  let pool: Pool;
  before(() => {
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 10_000, log: () => undefined });
  });
  after(() => pool.close());

  for (const [what, leak] of LEAKS) {
    it(`leaves nothing to the next run of ${what}`, async () => {
      const { module } = await compileModule('x', await component(leaky(leak)), LIMITS);
      expect(module).to.include({ isResettable: leak.isResettable });
      for (let round = 0; round < 6; round += 1) {
        const { outcome } = await runJob(pool, { moduleKey: what, module });
        expect(outcome).to.deep.equal(leak.outcome ?? OK);
      }
    });
  }

  it('keeps nothing of what a start function was told by the host', async () => {
    const start = `(start $s) (global $told (mut i64) (i64.const 0))
      (func $s (global.set $told (call $u64)))`;
    const body = '(call $code (i32.wrap_i64 (i64.and (global.get $told) (i64.const 255))))';
    const bytes = await component(leaky({ isResettable: true, body, extra: start }));
    const { module } = await compileModule('x', bytes, LIMITS);
    const outcomes = new Set<string>();
    for (let round = 0; round < 12; round += 1) {
      const { outcome } = await runJob(pool, { moduleKey: 'told', module });
      outcomes.add(JSON.stringify(outcome));
    }
    expect(outcomes.size).to.be.greaterThan(1);
  });
});
