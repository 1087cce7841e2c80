import { expect } from 'chai';
import { makeReusable } from '../../lib/module/load.js';
import { patchModule } from '../../lib/module/patch.js';
import type { Reuse } from '../../lib/module/reuse.js';
import { KeptBytes } from '../../lib/worker/kept.js';
import { Instances } from '../../lib/worker/instances.js';
import { assemble } from '../pool/guests.js';

const PAGE = 65_536;

/** What a worker makes of a module without imports. */
function instancesOf(text: string, reuse: Reuse, kept = new KeptBytes()): Instances {
  const bytes = makeReusable(
    patchModule(assemble(text), { memoryBytes: 1_000 * PAGE, tableElements: 100_000 }),
    reuse,
  );
  const module = new WebAssembly.Module(bytes);
  const [memory] = WebAssembly.Module.imports(module);
  return new Instances(module, {}, memory?.name, kept);
}

const guest = (data = ''): string => `(module (memory (export "memory") 1) ${data}
  (global $g (mut i32) (i32.const 5))
  (func (export "grow") (drop (memory.grow (i32.const 1))))
  (func (export "grow_much") (drop (memory.grow (i32.const 100))))
  (func (export "grow_most") (drop (memory.grow (i32.const 511))))
  (func (export "grow_more") (drop (memory.grow (i32.const 512))))
  (func (export "pages") (result i32) (memory.size))
  (func (export "spoil") (global.set $g (i32.const 6)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)))
  (func (export "g") (result i32) (global.get $g)))`;

function call(instance: WebAssembly.Instance, name: string): unknown {
  const exported = instance.exports[name];
  return typeof exported === 'function' ? Reflect.apply(exported, undefined, []) : undefined;
}

function memoryOf({ exports }: WebAssembly.Instance): WebAssembly.Memory {
  const { memory } = exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('no memory');
  return memory;
}

/** One run that does `action`; what it ran on. */
function run(instances: Instances, action: string): WebAssembly.Instance {
  const instance = instances.take();
  call(instance, action);
  instances.recycle();
  return instance;
}

function isKept(instances: Instances): boolean {
  return memoryOf(run(instances, 'spoil')) === memoryOf(run(instances, 'spoil'));
}

describe('worker instances', () => {
  it('keeps one instance from the second run on where it may be reset', () => {
    const instances = instancesOf(guest('(data (i32.const 16) "abc")'), 'reset');
    const runs = Array.from({ length: 5 }, () => run(instances, 'spoil'));
    expect(new Set(runs).size).to.equal(2);
    expect(runs.at(-1)).to.equal(runs[1]);
    const instance = instances.take();
    const bytes = Buffer.from(memoryOf(instance).buffer);
    expect(call(instance, 'g')).to.equal(5);
    expect(bytes.subarray(16, 19).toString()).to.equal('abc');
    expect([bytes.indexOf(1), bytes.length]).to.deep.equal([-1, PAGE]);
  });

  it('keeps the memory and no instance where it may be cleaned', () => {
    const instances = instancesOf(guest(), 'clean');
    const runs = Array.from({ length: 4 }, () => run(instances, 'spoil'));
    expect(new Set(runs).size).to.equal(4);
    expect(new Set(runs.map(memoryOf)).size).to.equal(1);
  });

  it('keeps nothing where all is to be fresh', () => {
    const instances = instancesOf(guest(), 'fresh');
    const runs = Array.from({ length: 3 }, () => run(instances, 'spoil'));
    expect(new Set(runs.map(memoryOf)).size).to.equal(3);
  });

  it('keeps a memory that has grown where the guest cannot tell', () => {
    const instances = instancesOf(guest(), 'reset');
    run(instances, 'grow');
    const kept = run(instances, 'grow');
    const again = instances.take();
    expect(again).to.equal(kept);
    expect(memoryOf(again).buffer.byteLength).to.equal(2 * PAGE);
    expect(call(again, 'pages')).to.equal(1);
  });

  it('gives up a memory that has grown where the guest could tell', () => {
    const instances = instancesOf(guest(), 'clean');
    const memories = Array.from({ length: 3 }, () => memoryOf(run(instances, 'grow')));
    expect(new Set(memories).size).to.equal(3);
  });

  for (const [action, memories] of [
    ['grow_most', 1],
    ['grow_more', 3],
  ] as const) {
    it(`keeps 512 pages and no more: ${action}`, () => {
      const instances = instancesOf(guest(), 'reset');
      const seen = Array.from({ length: 3 }, () => memoryOf(run(instances, action)));
      expect(new Set(seen).size).to.equal(memories);
    });
  }

  it('gives up a large memory after 8 runs that use little of it', () => {
    const instances = instancesOf(guest(), 'reset');
    run(instances, 'grow_much');
    const large = Array.from({ length: 8 }, () => memoryOf(run(instances, 'spoil')));
    expect(new Set(large).size).to.equal(1);
    expect(large[0]?.buffer.byteLength).to.equal(101 * PAGE);
    const small = memoryOf(run(instances, 'spoil'));
    expect(small.buffer.byteLength).to.equal(PAGE);
    expect(memoryOf(run(instances, 'spoil'))).to.equal(small);
  });

  it('keeps a large memory that is used now and then', () => {
    const instances = instancesOf(guest(), 'reset');
    run(instances, 'spoil');
    const used = run(instances, 'grow_much');
    for (let round = 0; round < 20; round += 1) {
      expect(run(instances, round % 7 === 6 ? 'grow_much' : 'spoil')).to.equal(used);
    }
  });

  it('keeps no more than the thread may keep in all, and what was forgotten makes room', () => {
    const kept = new KeptBytes(2.5 * PAGE);
    const one = instancesOf(guest(), 'reset', kept);
    const two = instancesOf(guest(), 'reset', kept);
    const three = instancesOf(guest(), 'reset', kept);
    expect([one, two, three].map(isKept)).to.deep.equal([true, true, false]);
    one.forget();
    expect(isKept(three)).to.equal(true);
    expect(isKept(one)).to.equal(false);
  });

  it('takes no picture of a module with a NaN in a global or with much data', () => {
    const nan = '(global $n (mut f64) (f64.const nan))';
    const far = '(data (i32.const 0) "a") (data (i32.const 16777216) "b")';
    for (const text of [guest(nan), guest(far).replace('"memory") 1', '"memory") 257')]) {
      const instances = instancesOf(text, 'reset');
      const runs = Array.from({ length: 4 }, () => run(instances, 'spoil'));
      expect(new Set(runs).size).to.equal(4);
      expect(new Set(runs.map(memoryOf)).size).to.equal(1);
    }
  });

  it('makes a new instance for each run of a module without memory', () => {
    const instances = instancesOf('(module (func (export "spoil")))', 'fresh');
    expect(run(instances, 'spoil')).to.not.equal(run(instances, 'spoil'));
  });
});
