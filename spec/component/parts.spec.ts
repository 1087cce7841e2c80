// Components made of components: values and resources pass from one part to another, by the rules.

import { expect } from 'chai';
import { Pool } from '../../lib/pool/pool.js';
import { component, runComponent } from './toolkit.js';

/**
 * A part that implements the resource `thing`: its number is 7 more than what it is made of, its
 * destructor adds it to a sum. `more` is in its core module.
 */
const MAKER = `(component $Maker
  (core module $m
    (global $sum (mut i32) (i32.const 0))
    (func (export "drop") (param i32)
      (if (i32.eq (local.get 0) (i32.const 107)) (then unreachable))
      (global.set $sum (i32.add (global.get $sum) (local.get 0))))
    (func (export "sum") (result i32) (global.get $sum))
    (func (export "plus") (param i32) (result i32) (i32.add (local.get 0) (i32.const 7))))
  (core instance $i (instantiate $m))
  (type $thing (resource (rep i32) (dtor (core func $i "drop"))))
  (core func $new (canon resource.new $thing))
  (core module $m2
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "plus" (func $plus (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (call $plus (local.get 0))))
    (func (export "number") (param i32) (result i32) (local.get 0)))
  (core instance $i2 (instantiate $m2 (with "" (instance
    (export "new" (func $new)) (export "plus" (func $i "plus"))))))
  (export $t "thing" (type $thing))
  (func $make (param "of" u32) (result (own $t)) (canon lift (core func $i2 "make")))
  (func $number (param "self" (borrow $t)) (result u32) (canon lift (core func $i2 "number")))
  (func $sum (result u32) (canon lift (core func $i "sum")))
  (export "make" (func $make))
  (export "number" (func $number))
  (export "sum" (func $sum)))`;

/** A command with a part that uses MAKER by `make`, `number`, `sum` and `drop`. */
function user(body: string): string {
  return `(component
    ${MAKER}
    (instance $maker (instantiate $Maker))
    (component $User
      (import "maker" (instance $maker
        (export "thing" (type $thing (sub resource)))
        (export "make" (func (param "of" u32) (result (own $thing))))
        (export "number" (func (param "self" (borrow $thing)) (result u32)))
        (export "sum" (func (result u32)))))
      (alias export $maker "thing" (type $thing))
      (core func $make (canon lower (func $maker "make")))
      (core func $number (canon lower (func $maker "number")))
      (core func $sum (canon lower (func $maker "sum")))
      (core func $drop (canon resource.drop $thing))
      (core module $m
        (import "" "make" (func $make (param i32) (result i32)))
        (import "" "number" (func $number (param i32) (result i32)))
        (import "" "sum" (func $sum (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "run") (result i32) (local $a i32) (local $b i32) ${body}))
      (core instance $i (instantiate $m (with "" (instance
        (export "make" (func $make)) (export "number" (func $number))
        (export "sum" (func $sum)) (export "drop" (func $drop))))))
      (func $run (result (result)) (canon lift (core func $i "run")))
      (instance $cli (export "run" (func $run)))
      (export "run" (instance $cli)))
    (instance $user (instantiate $User (with "maker" (instance $maker))))
    (alias export $user "run" (instance $cli))
    (export "wasi:cli/run@0.2.0" (instance $cli)))`;
}

function trap(message: string): unknown {
  return { kind: 'trap', message };
}

describe('component: parts', () => {
  let pool: Pool;
  before(() => {
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 10_000, log: () => undefined });
  });
  after(() => pool.close());

  const endOf = async (body: string): Promise<unknown> => {
    const { outcome } = await runComponent(pool, await component(user(body)));
    return outcome;
  };

  it('pass resources, and the destructor runs when the owner lets go', async () => {
    const body = `
      (local.set $a (call $make (i32.const 1)))
      (local.set $b (call $make (i32.const 2)))
      (if (i32.ne (call $number (local.get $a)) (i32.const 8)) (then (return (i32.const 1))))
      (if (i32.ne (call $number (local.get $b)) (i32.const 9)) (then (return (i32.const 1))))
      (if (i32.ne (call $sum) (i32.const 0)) (then (return (i32.const 1))))
      (call $drop (local.get $a))
      (call $drop (local.get $b))
      (i32.ne (call $sum) (i32.const 17))`;
    for (let run = 0; run < 2; run += 1) {
      expect(await endOf(body)).to.deep.equal({ kind: 'exit', code: 0 });
    }
  });

  it('cannot drop a resource twice', async () => {
    const body = `(local.set $a (call $make (i32.const 1)))
      (call $drop (local.get $a)) (call $drop (local.get $a)) (i32.const 0)`;
    expect(await endOf(body)).to.deep.equal(trap('handle 1 of resource 1 is not open'));
  });

  it('cannot use a resource that is dropped, or was never there', async () => {
    const used = `(local.set $a (call $make (i32.const 1)))
      (call $drop (local.get $a)) (call $number (local.get $a))`;
    expect(await endOf(used)).to.deep.equal(trap('handle 1 of resource 1 is not open'));
    const never = '(call $number (i32.const 5))';
    expect(await endOf(never)).to.deep.equal(trap('handle 5 of resource 1 is not open'));
  });

  it('end with a trap in a destructor', async () => {
    const body = '(call $drop (call $make (i32.const 100))) (i32.const 0)';
    expect(await endOf(body)).to.deep.equal(trap('unreachable executed'));
  });

  it('have no more than their handles', async () => {
    const body = '(loop (drop (call $make (i32.const 1))) (br 0)) (i32.const 0)';
    expect(await endOf(body)).to.deep.equal(trap('more than 65535 handles are open'));
  });

  it('cannot make a resource that another part implements', async () => {
    const stolen = user('(i32.const 0)').replace(
      '(canon resource.drop $thing)',
      '(canon resource.rep $thing)',
    );
    const { outcome } = await runComponent(pool, await component(stolen));
    expect(outcome).to.deep.equal({
      kind: 'link',
      message: 'the component uses resource.rep on resource 1, which it does not implement',
    });
  });

  it('are not called again while a call of theirs is running', async () => {
    const again = `(component
      (component $Inner
        (import "back" (func $back))
        (core func $b (canon lower (func $back)))
        (core module $m (import "" "back" (func $back)) (func (export "go") (call $back)))
        (core instance $i (instantiate $m (with "" (instance (export "back" (func $b))))))
        (func $go (canon lift (core func $i "go")))
        (export "go" (func $go)))
      (core module $trampoline
        (table (export "t") 1 funcref)
        (type $f (func))
        (func (export "back") (call_indirect (type $f) (i32.const 0))))
      (core instance $t (instantiate $trampoline))
      (func $back (canon lift (core func $t "back")))
      (instance $inner (instantiate $Inner (with "back" (func $back))))
      (core func $go (canon lower (func $inner "go")))
      (core module $fill
        (import "" "t" (table 1 funcref))
        (import "" "go" (func $go))
        (elem (i32.const 0) $go)
        (func (export "run") (result i32) (call $go) (i32.const 0)))
      (core instance $f (instantiate $fill (with "" (instance
        (export "t" (table $t "t")) (export "go" (func $go))))))
      (func $run (result (result)) (canon lift (core func $f "run")))
      (instance $cli (export "run" (func $run)))
      (export "wasi:cli/run@0.2.0" (instance $cli)))`;
    const { outcome } = await runComponent(pool, await component(again));
    expect(outcome).to.deep.equal(trap('a component is called while a call of it is running'));
  });

  it('call nothing from realloc', async () => {
    const leaves = `(component
      (import "wasi:cli/environment@0.2.0" (instance $env
        (export "get-arguments" (func (result (list string))))))
      (import "wasi:random/random@0.2.0" (instance $random
        (export "get-random-u64" (func (result u64)))))
      (core func $random (canon lower (func $random "get-random-u64")))
      (core module $m
        (import "" "random" (func $random (result i64)))
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
          (drop (call $random)) (i32.const 64)))
      (core instance $i (instantiate $m (with "" (instance (export "random" (func $random))))))
      (core func $args (canon lower (func $env "get-arguments")
        (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
      (core module $m2
        (import "" "args" (func $args (param i32)))
        (func (export "run") (result i32) (call $args (i32.const 0)) (i32.const 0)))
      (core instance $i2 (instantiate $m2 (with "" (instance (export "args" (func $args))))))
      (func $run (result (result)) (canon lift (core func $i2 "run")))
      (instance $cli (export "run" (func $run)))
      (export "wasi:cli/run@0.2.0" (instance $cli)))`;
    const bytes = await component(leaves);
    const { outcome } = await runComponent(pool, bytes);
    expect(outcome).to.deep.equal(trap('an import is called where none may be'));
    const far = await component(
      leaves.replace('(drop (call $random)) (i32.const 64)', '(i32.const -64)'),
    );
    expect((await runComponent(pool, far)).outcome).to.deep.equal(
      trap('pointer 4294967232 to 8 bytes is outside of the memory'),
    );
  });
});
