import { expect } from 'chai';
import { makeReusable } from '../../lib/module/load.js';
import { patchModule } from '../../lib/module/patch.js';
import type { Reuse } from '../../lib/module/reuse.js';
import { Instances } from '../../lib/worker/instances.js';
import { assemble } from '../pool/guests.js';

const PAGE = 65_536;

/** What a worker makes of a module without imports. */
function instancesOf(text: string, reuse: Reuse): Instances {
  const bytes = makeReusable(
    patchModule(assemble(text), { memoryBytes: 10 * PAGE, tableElements: 100_000 }),
    reuse,
  );
  const module = new WebAssembly.Module(bytes);
  const [memory] = WebAssembly.Module.imports(module);
  return new Instances(module, {}, memory?.name);
}

const guest = (data = ''): string => `(module (memory (export "memory") 1) ${data}
  (global $g (mut i32) (i32.const 5))
  (func (export "grow") (drop (memory.grow (i32.const 1))))
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

  it('gives up instance and memory once the memory has grown, and begins again', () => {
    const instances = instancesOf(guest(), 'reset');
    const kept = [run(instances, 'spoil'), run(instances, 'spoil'), run(instances, 'grow')];
    const after = Array.from({ length: 4 }, () => run(instances, 'spoil'));
    expect(kept[2]).to.equal(kept[1]);
    expect(after).to.not.include(kept[1]);
    expect(after.map((one) => memoryOf(one).buffer.byteLength)).to.deep.equal(Array(4).fill(PAGE));
    expect(after[3]).to.equal(after[1]);
  });

  it('takes no picture of a module with a NaN in a global or with much data', () => {
    const nan = '(global $n (mut f64) (f64.const nan))';
    const far = '(data (i32.const 0) "a") (data (i32.const 1048576) "b")';
    for (const text of [guest(nan), guest(far).replace('"memory") 1', '"memory") 17')]) {
      const bytes = makeReusable(
        patchModule(assemble(text), { memoryBytes: 20 * PAGE, tableElements: 100_000 }),
        'reset',
      );
      const module = new WebAssembly.Module(bytes);
      const instances = new Instances(module, {}, WebAssembly.Module.imports(module)[0]?.name);
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
