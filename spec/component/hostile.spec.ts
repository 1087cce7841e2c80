// Components that lie, are damaged, or break the canonical ABI: a clear error each, and the next one runs.

import { expect } from 'chai';
import { RequestError } from '../../lib/errors.js';
import { compileModule } from '../../lib/module/load.js';
import { Pool } from '../../lib/pool/pool.js';
import type { Limits } from '../../lib/run.js';
import { LIMITS, command, component, runComponent } from './toolkit.js';

const OK = command('(i32.const 0)');
const HEAD = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];

const section = (id: number, ...bytes: number[]): number[] => {
  const size = bytes.length;
  return [id, (size & 0x7f) | 0x80, (size >> 7) & 0x7f, ...bytes];
};
const binary = (...sections: number[][]): Uint8Array => Uint8Array.from([HEAD, ...sections].flat());
const name = (text: string): number[] => [0, text.length, ...Buffer.from(text, 'latin1')];

async function faultOf(bytes: Uint8Array, limits: Partial<Limits> = {}): Promise<string> {
  try {
    await compileModule('x.wasm', bytes, { ...LIMITS, ...limits });
  } catch (thrown) {
    if (thrown instanceof RequestError) return `${thrown.code} ${thrown.message}`;
    throw thrown;
  }
  return 'loaded';
}

function modules(count: number): string {
  return `(component ${'(core module) '.repeat(count)})`;
}

function pages(one: number, two: number): string {
  return `(component (core module (memory ${one})) (core module (memory ${two})))`;
}

describe('component: what is refused when it is loaded', () => {
  const faults: readonly (readonly [what: string, bytes: Uint8Array, fault: string])[] = [
    ['a section that ends too early', binary([7, 200, 1, 1]), 'wants 200 bytes, has 1'],
    ['an unknown section', binary(section(13)), 'section 13 is not of WASI 0.2'],
    ['a start function', binary(section(9, 0, 0, 0)), 'section 9 is not of WASI 0.2'],
    ['a value', binary(section(12, 0)), 'section 12 is not of WASI 0.2'],
    ['more entries than bytes', binary(section(7, 0xff, 0xff, 3)), 'counts 65535 entries'],
    ['bytes behind the entries', binary(section(7, 1, 0x73, 0)), 'behind the last entry'],
    ['an async function type', binary(section(7, 1, 0x43, 0, 1, 0)), 'type of form 0x43'],
    ['a stream', binary(section(7, 1, 0x66, 0)), 'type of form 0x66'],
    ['an async canon', binary(section(8, 1, 0x05, 0)), 'canonical function 0x5'],
    ['an async option', binary(section(8, 1, 0, 0, 0, 1, 6, 0)), 'canonical option 0x6'],
    ['a resource of 64 bits', binary(section(7, 1, 0x3f, 0x7e, 0)), 'represented by i32 only'],
    ['a record of no fields', binary(section(7, 1, 0x72, 0)), 'a type of no parts'],
    ['a tuple of no types', binary(section(7, 1, 0x6f, 0)), 'a type of no parts'],
    ['flags of no labels', binary(section(7, 1, 0x6e, 0)), 'a type of no parts'],
    ['a variant of no cases', binary(section(7, 1, 0x71, 0)), 'a type of no parts'],
    [
      'a label that is no name',
      binary(section(7, 1, 0x6d, 1, 9, ...Buffer.from('__proto__'))),
      'label "__proto__" is no kebab-case name',
    ],
    [
      'a label with a line break',
      binary(section(7, 1, 0x6d, 1, 3, ...Buffer.from("'\n}"))),
      'is no kebab-case name',
    ],
    [
      'two labels that are the same',
      binary(section(7, 1, 0x6d, 2, 1, 97, 1, 97)),
      'two labels of a type are the same',
    ],
    ['an unknown form of a name', binary(section(10, 1, 2, 1, 97, 1, 0)), 'name of form 2'],
    [
      'an import of a core func',
      binary(section(10, 1, ...name('a'), 0, 0, 0)),
      'an import or export that is a core func',
    ],
    ['a core module that is none', binary(section(1, 0, 1, 2)), 'MODULE_INVALID'],
    [
      'a component in it that is none',
      binary(section(4, ...HEAD.slice(0, 4), 1, 0, 0, 0)),
      'component version 01000000',
    ],
  ];
  for (const [what, bytes, fault] of faults) {
    it(what, async () => {
      const said = await faultOf(bytes);
      expect(said).to.match(/^MODULE_INVALID module x\.wasm: /);
      expect(said).to.include(fault);
    });
  }

  it('every component that is cut short somewhere, or loads it', async () => {
    const whole = await component(OK);
    let refused = 0;
    for (let end = 4; end < whole.length; end += 1) {
      const said = await faultOf(whole.subarray(0, end));
      if (said !== 'loaded') {
        expect(said).to.match(/^MODULE_(INVALID|NOT_WASM) /);
        refused += 1;
      }
    }
    // Between two sections it is whole, and lacks what stood behind.
    expect(refused).to.be.greaterThan(whole.length * 0.9);
  });

  it('components in each other, from the 17th on', async () => {
    const nested = (depth: number): string =>
      depth === 0 ? '' : `(component ${nested(depth - 1)})`;
    expect(await faultOf(await component(`(component ${nested(16)})`))).to.equal('loaded');
    const said = await faultOf(await component(`(component ${nested(17)})`));
    expect(said).to.include('components are nested deeper than 16');
  });

  it('core modules, from the 101st on', async () => {
    expect(await faultOf(await component(modules(100)))).to.equal('loaded');
    expect(await faultOf(await component(modules(101)))).to.include('over 100 core modules');
  });

  it('definitions of more than 1 MiB, and more than 50,000', async () => {
    const long = section(7, 1, 0x6d, 1, 5, ...Buffer.from('abcde'));
    const most = Math.floor(1_048_576 / (long.length - 3));
    const all = (count: number, one: number[]): Uint8Array =>
      Buffer.concat([
        Uint8Array.from(HEAD),
        ...Array.from({ length: count }, () => Buffer.from(one)),
      ]);
    expect(await faultOf(all(50_000, section(7, 1, 0x73)))).to.equal('loaded');
    expect(await faultOf(all(50_001, section(7, 1, 0x73)))).to.include(
      'more than 50000 definitions',
    );
    expect(await faultOf(all(most + 1, long))).to.match(/more than (1048576 bytes|50000 def)/);
    const large = Buffer.concat([
      Buffer.from(HEAD),
      Buffer.from([7, 0x84, 0x80, 0x40]),
      Buffer.alloc(1_048_580),
    ]);
    expect(await faultOf(large)).to.include('definitions of more than 1048576 bytes');
  });

  it('memories and tables that are over the limit together', async () => {
    const limits = { memoryBytes: 10 * 65_536 };
    expect(await faultOf(await component(pages(5, 5)), limits)).to.equal('loaded');
    expect(await faultOf(await component(pages(5, 6)), limits)).to.match(
      /^MODULE_TOO_MUCH_MEMORY .*needs 720896 bytes of memory to start, the limit is 655360/,
    );
    const tables =
      '(component (core module (table 600 funcref)) (core module (table 401 funcref)))';
    expect(await faultOf(await component(tables))).to.match(
      /^MODULE_TABLE_TOO_LARGE .*tables of 1001 elements, the limit is 1000/,
    );
  });
});

describe('component: what ends a run, and nothing else', () => {
  let pool: Pool;
  before(() => {
    pool = new Pool({ workers: 1, queue: 10, queueTimeoutMs: 10_000, log: () => undefined });
  });
  after(() => pool.close());
  afterEach(async () => {
    const { outcome } = await runComponent(pool, await component(OK));
    expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });

  async function endOf(bytes: Uint8Array, limits: Partial<Limits> = {}): Promise<string> {
    const { outcome } = await runComponent(pool, bytes, {}, limits);
    return 'message' in outcome ? `${outcome.kind}: ${outcome.message}` : outcome.kind;
  }

  const links: readonly (readonly [what: string, wat: string, message: string])[] = [
    ['nothing to start at', '(component)', 'it does not export the entry point wasi:cli/run#run'],
    [
      'an unknown interface',
      `(component (import "evil:x/y@0.2.0" (instance (export "f" (func)))))`,
      'nothing provides the import evil:x/y@0.2.0#f',
    ],
    [
      'an unknown resource',
      `(component (import "evil:x/y@0.2.0" (instance (export "r" (type (sub resource))))))`,
      'nothing provides the import evil:x/y@0.2.0#r',
    ],
    [
      'an interface of another release',
      `(component (import "wasi:cli/exit@0.3.0" (instance (export "exit-with-code" (func (param "status-code" u8))))))`,
      'nothing provides the import wasi:cli/exit@0.3.0#exit-with-code',
    ],
    [
      'a function that an interface does not have',
      `(component (import "wasi:random/random@0.2.0" (instance (export "get-more" (func (result u64))))))`,
      'nothing provides the import wasi:random/random@0.2.0#get-more',
    ],
    [
      'a function of another type',
      `(component (import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u32))))))`,
      'the component imports wasi:random/random#get-random-u64 as func()->u32, expected func()->u64',
    ],
    [
      'a resource of its own in the place of one of ours',
      `(component (import "wasi:io/poll@0.2.0" (instance
         (export "pollable" (type (sub resource)))
         (export "other" (type $other (sub resource)))
         (export "poll" (func (param "in" (list (borrow $other))) (result (list u32)))))))`,
      'as func(in:list<borrow<unknown>>)->list<u32>, expected func(in:list<borrow<wasi:io/poll/pollable>>)->list<u32>',
    ],
    [
      'an import that is a function',
      '(component (import "f" (func)))',
      'nothing provides the import f',
    ],
    [
      'an import that is a core module',
      '(component (import "m" (core module)))',
      'the component imports the core module m',
    ],
    [
      'an import that is a component',
      '(component (import "c" (component)))',
      'the component imports the component c',
    ],
    [
      'a core module with a memory that is instantiated twice',
      `(component (core module $m (memory 1)) (core instance (instantiate $m)) (core instance (instantiate $m)))`,
      'the component instantiates core module 0, which has a memory or table, twice',
    ],
    [
      'a core module whose imports are not given',
      `(component (core module $m (import "host" "f" (func))) (core instance (instantiate $m)))`,
      'the component instantiates core module 0 without "host", which it imports',
    ],
    [
      'more instances than 200',
      `(component (core module $m) ${'(core instance (instantiate $m)) '.repeat(201)})`,
      'the component instantiates more than 200 core modules',
    ],
    [
      'components that instantiate each other without end',
      `(component (component $c0)
        ${Array.from(
          { length: 14 },
          (_, index) =>
            `(component $c${index + 1} (alias outer 1 $c${index} (component $c))
               ${'(instance (instantiate $c)) '.repeat(4)})`,
        ).join('\n')}
        (instance (instantiate $c14)))`,
      'the component has more than 200000 definitions to follow',
    ],
    [
      'flags of more than 32 labels',
      `(component (type (flags ${Array.from({ length: 33 }, (_, index) => `"f${index}"`).join(' ')})))`,
      'the component flags of 33 labels, the limit is 32',
    ],
    [
      'a type that doubles at every step',
      `(component (type $t0 (tuple u8 u8))
        ${Array.from({ length: 40 }, (_, i) => `(type $t${i + 1} (tuple $t${i} $t${i}))`).join(' ')})`,
      'the component a type made of more than 10000 others',
    ],
  ];
  for (const [what, wat, message] of links) {
    it(what, async () => {
      expect(await endOf(await component(wat)))
        .to.match(/^link: /)
        .and.include(message);
    });
  }

  const traps: readonly (readonly [what: string, body: string, message: string])[] = [
    ['a trap', 'unreachable', 'trap: unreachable executed'],
    ['a result that is no case', '(i32.const 2)', 'trap: a result has no case 2'],
    ['a stack without end', '(call 0)', 'trap: stack overflow'],
  ];
  for (const [what, body, message] of traps) {
    it(what, async () => {
      expect(await endOf(await component(command(body)))).to.equal(message);
    });
  }

  it('an endless loop', async () => {
    const bytes = await component(command('(loop (br 0)) (i32.const 0)'));
    expect(await endOf(bytes, { timeoutMs: 100 })).to.equal('timeout');
  });

  it('answers the exit code 1 for an error', async () => {
    const { outcome } = await runComponent(pool, await component(command('(i32.const 1)')));
    expect(outcome).to.deep.equal({ kind: 'exit', code: 1 });
  });

  it('grows a memory up to the limit, and answers -1 beyond', async () => {
    const grows = command(`(i32.or
      (i32.eq (memory.grow (i32.const 9)) (i32.const -1))
      (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))`);
    const { outcome } = await runComponent(
      pool,
      await component(grows),
      {},
      { memoryBytes: 10 * 65_536 },
    );
    expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
  });

  it('begins each run anew', async () => {
    const counts = await component(
      command(`(i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (i32.ne (i32.load (i32.const 0)) (i32.const 1))`),
    );
    const { module } = await compileModule('guest.wasm', counts, LIMITS);
    for (let run = 0; run < 3; run += 1) {
      const { outcome } = await runComponent(pool, counts, { module, moduleKey: 'the same' });
      expect(outcome).to.deep.equal({ kind: 'exit', code: 0 });
    }
  });
});
