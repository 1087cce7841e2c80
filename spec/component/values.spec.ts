// Values in and out of a guest's memory: layouts by hand, and what goes in comes out for any type.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { ComponentState, Context } from '../../lib/component/context.js';
import { type CoreValue, liftFlat, load, sequence } from '../../lib/component/lift.js';
import { lowerFlat, store } from '../../lib/component/lower.js';
import { optionOf, resultOf } from '../../lib/component/typedefs.js';
import {
  type ResourceType,
  type ValueType,
  flags,
  handle,
  list,
  primitive,
  record,
  variant,
} from '../../lib/component/types.js';

const ENCODINGS = ['utf8', 'utf16', 'latin1+utf16'] as const;
const START = 4096;

/** A guest whose realloc gives one piece of memory after the other. */
function contextOf(encoding: (typeof ENCODINGS)[number] = 'utf8'): Context {
  const memory = new WebAssembly.Memory({ initial: 64 });
  let used = START;
  const realloc = (_old: number, _oldSize: number, align: number, size: number): number => {
    used = Math.ceil(used / align) * align + size;
    return used - size;
  };
  const cx = new Context(new ComponentState(), encoding, {
    memory: () => memory,
    realloc: () => realloc,
  });
  cx.begin();
  return cx;
}

const u8 = primitive('u8');
const u32 = primitive('u32');
const u64 = primitive('u64');
const string = primitive('string');
const f32 = primitive('f32');
const cases = (...types: (ValueType | undefined)[]): ValueType =>
  variant(
    'variant',
    types.map((type, index) => ({ label: `c${index}`, type })),
  );
const tuple = (...types: ValueType[]): ValueType =>
  record(
    'tuple',
    types.map((type, index) => [String(index), type]),
  );

describe('component values: layout', () => {
  const rows: readonly (readonly [what: string, type: ValueType, layout: readonly unknown[]])[] = [
    ['bool', primitive('bool'), [1, 1, 'i32']],
    ['char', primitive('char'), [4, 4, 'i32']],
    ['string', string, [8, 4, 'i32 i32']],
    ['list', list(u64), [8, 4, 'i32 i32']],
    ['a record with gaps', tuple(u8, u64, u8, u32), [24, 8, 'i32 i64 i32 i32']],
    ['a record that ends with a gap', tuple(u32, u8), [8, 4, 'i32 i32']],
    ['flags of 8', flags(labels(8)), [1, 1, 'i32']],
    ['flags of 9', flags(labels(9)), [2, 2, 'i32']],
    ['flags of 17', flags(labels(17)), [4, 4, 'i32']],
    ['flags of 32', flags(labels(32)), [4, 4, 'i32']],
    ['an enum of 256', enumOf(256), [1, 1, 'i32']],
    ['an enum of 257', enumOf(257), [2, 2, 'i32']],
    ['option<u8>', optionOf(u8), [2, 1, 'i32 i32']],
    ['option<u64>', optionOf(u64), [16, 8, 'i32 i64']],
    ['result without parts', resultOf(undefined, undefined), [1, 1, 'i32']],
    ['result<string, u64>', resultOf(string, u64), [16, 8, 'i32 i64 i32']],
    ['f32 or u32', cases(f32, u32), [8, 4, 'i32 i32']],
    ['f32 or f32', cases(f32, f32), [8, 4, 'i32 f32']],
    ['f32 or u64', cases(f32, u64), [16, 8, 'i32 i64']],
    ['f64 or u32', cases(primitive('f64'), u32), [16, 8, 'i32 i64']],
  ];
  for (const [what, type, layout] of rows) {
    it(what, () => {
      expect([type.size, type.align, type.flat.join(' ')]).to.deep.equal(layout);
    });
  }
});

function labels(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `l${index}`);
}

function enumOf(count: number): ValueType {
  return variant(
    'enum',
    labels(count).map((label) => ({ label, type: undefined })),
  );
}

interface Typed {
  readonly type: ValueType;
  readonly value: fc.Arbitrary<unknown>;
}

const integer = (kind: 's8' | 'u8' | 's16' | 'u16' | 's32' | 'u32', min: number, max: number) => ({
  type: primitive(kind),
  value: fc.integer({ min, max }),
});

const SIMPLE: readonly Typed[] = [
  { type: primitive('bool'), value: fc.boolean() },
  integer('s8', -128, 127),
  integer('u8', 0, 255),
  integer('s16', -32_768, 32_767),
  integer('u16', 0, 65_535),
  integer('s32', -0x80000000, 0x7fffffff),
  integer('u32', 0, 0xffffffff),
  { type: primitive('s64'), value: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) },
  { type: u64, value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) },
  { type: f32, value: fc.float() },
  { type: primitive('f64'), value: fc.double() },
  { type: primitive('char'), value: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
  { type: string, value: fc.string({ unit: 'binary' }) },
  { type: list(u8), value: fc.uint8Array() },
  { type: flags(labels(32)), value: fc.integer({ min: 0, max: 0xffffffff }) },
  { type: flags(labels(11)), value: fc.integer({ min: 0, max: 2047 }) },
  { type: enumOf(300), value: fc.constantFrom(...labels(300)) },
];

/** Any type up to some depth, with its values. */
const { any } = fc.letrec<{ any: Typed }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...SIMPLE),
    tie('any').map(listed),
    tie('any').map(({ type, value }) => ({
      type: optionOf(type),
      value: fc.option(type.kind === 'option' ? fc.tuple(value) : value, { nil: undefined }),
    })),
    fc.array(tie('any'), { minLength: 1, maxLength: 5 }).map(tupled),
    fc.array(tie('any'), { minLength: 1, maxLength: 5 }).map(recorded),
    fc.array(tie('any'), { minLength: 1, maxLength: 4 }).map(varied),
    fc.tuple(tie('any'), tie('any')).map(([ok, error]) => ({
      type: resultOf(ok.type, error.type),
      value: fc.oneof(
        fc.record({ tag: fc.constant('ok'), value: ok.value }),
        fc.record({ tag: fc.constant('error'), value: error.value }),
      ),
    })),
  ),
}));

function listed({ type, value }: Typed): Typed {
  const isBytes = type.kind === 'u8';
  return { type: list(type), value: isBytes ? fc.uint8Array() : fc.array(value, { maxLength: 4 }) };
}

function tupled(parts: readonly Typed[]): Typed {
  return {
    type: tuple(...parts.map(({ type }) => type)),
    value: fc.tuple(...parts.map(({ value }) => value)),
  };
}

function recorded(parts: readonly Typed[]): Typed {
  const named = parts.map((part, index) => [`f${index}`, part] as const);
  return {
    type: record(
      'record',
      named.map(([label, { type }]) => [label, type]),
    ),
    value: fc.record(Object.fromEntries(named.map(([label, { value }]) => [label, value]))),
  };
}

function varied(parts: readonly Typed[]): Typed {
  const values = parts.map(({ value }, index) =>
    fc.record({ tag: fc.constant(`c${index}`), value }),
  );
  const none = fc.constant({ tag: `c${parts.length}`, value: undefined });
  return {
    type: cases(...parts.map(({ type }) => type), undefined),
    value: fc.oneof(none, ...values),
  };
}

const typed = any.chain(({ type, value }) => fc.tuple(fc.constant(type), value));

for (const encoding of ENCODINGS) {
  describe(`component values: in and out, strings in ${encoding}`, () => {
    it('through memory', () => {
      fc.assert(
        fc.property(typed, ([type, value]) => {
          const cx = contextOf(encoding);
          const pointer = cx.allocate(type.size, type.align);
          store(cx, type, pointer, value);
          cx.begin();
          expect(load(cx, type, pointer)).to.deep.equal(value);
        }),
        { numRuns: 500 },
      );
    });

    it('through core values', () => {
      fc.assert(
        fc.property(typed, ([type, value]) => {
          // What has more is passed through memory.
          fc.pre(type.flat.length <= 16);
          const cx = contextOf(encoding);
          const flat: CoreValue[] = [];
          lowerFlat(cx, type, value, flat);
          expect(flat.map((one) => (typeof one === 'bigint' ? 'i64' : 'number'))).to.deep.equal(
            type.flat.map((core) => (core === 'i64' ? 'i64' : 'number')),
          );
          cx.begin();
          expect(liftFlat(cx, type, sequence(flat))).to.deep.equal(value);
        }),
        { numRuns: 500 },
      );
    });
  });
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, () => 7);
}

describe('component values: limits', () => {
  it('lists of up to 65,536 values in one call', () => {
    const cx = contextOf();
    const pointer = cx.allocate(8, 4);
    store(cx, list(u32), pointer, numbers(65_536));
    cx.begin();
    expect(() => store(cx, list(u32), pointer, numbers(65_537))).to.throw(/more than 65536 values/);
    cx.view.setUint32(pointer + 4, 65_537, true);
    cx.begin();
    expect(() => load(cx, list(u32), pointer)).to.throw(/more than 65536 values/);
  });

  it('a string or a list only where there is memory', () => {
    const cx = contextOf();
    const end = cx.bytes.length;
    expect(liftFlat(cx, string, sequence([end, 0]))).to.equal('');
    expect(() => liftFlat(cx, string, sequence([end, 1]))).to.throw(/outside of the memory/);
    expect(() => liftFlat(cx, list(u64), sequence([8, 0x20000000]))).to.throw(
      /outside of the memory/,
    );
    expect(() => liftFlat(cx, list(u64), sequence([4, 1]))).to.throw(/not aligned to 8/);
  });

  it('no lone surrogate, and no number beyond the last, for a char', () => {
    const cx = contextOf();
    for (const code of [0xd800, 0xdfff, 0x110000, 0xffffffff]) {
      expect(() => liftFlat(cx, primitive('char'), sequence([code]))).to.throw(/no character/);
    }
    for (const code of [0xd7ff, 0xe000, 0x10ffff]) {
      const text = String.fromCodePoint(code);
      expect(liftFlat(cx, primitive('char'), sequence([code]))).to.equal(text);
    }
  });
});

describe('component handles', () => {
  const resource: ResourceType = { name: 'ours', owner: undefined, drop: () => {} };
  const other: ResourceType = { name: 'another', owner: undefined, drop: () => {} };
  const own = handle('own', resource);
  const lent = handle('borrow', resource);

  it('own is gone once it is given away', () => {
    const cx = contextOf();
    const index = cx.state.handles.add({ resource, rep: 'x', isOwn: true, lent: 0 });
    expect(liftFlat(cx, lent, sequence([index]))).to.equal('x');
    for (const one of cx.lends) one.lent -= 1;
    expect(liftFlat(cx, own, sequence([index]))).to.equal('x');
    expect(() => liftFlat(cx, own, sequence([index]))).to.throw(/handle 1 of ours is not open/);
  });

  it('is not given away while it is lent to the same call', () => {
    const cx = contextOf();
    const index = cx.state.handles.add({ resource, rep: 'x', isOwn: true, lent: 0 });
    const both = tuple(lent, own);
    expect(() => liftFlat(cx, both, sequence([index, index]))).to.throw(/handle 1 of ours is lent/);
  });

  it('is not given away when it was only lent', () => {
    const cx = contextOf();
    const index = cx.state.handles.add({ resource, rep: 'x', isOwn: false, lent: 0 });
    expect(() => liftFlat(cx, own, sequence([index]))).to.throw(/is lent, not owned/);
  });

  it('is of one resource only, and 0 is none', () => {
    const cx = contextOf();
    const index = cx.state.handles.add({ resource: other, rep: 'x', isOwn: true, lent: 0 });
    expect(() => liftFlat(cx, own, sequence([index]))).to.throw(
      /handle 1 is a another, not a ours/,
    );
    for (const none of [0, -1, 0xffffffff]) {
      expect(() => liftFlat(cx, own, sequence([none]))).to.throw(/is not open/);
    }
  });

  it('are numbers that come again, and at most 65,535', () => {
    const cx = contextOf();
    const add = (): number => cx.state.handles.add({ resource, rep: 0, isOwn: true, lent: 0 });
    for (let count = 1; count < 65_536; count += 1) expect(add()).to.equal(count);
    expect(add).to.throw(/more than 65535 handles are open/);
    cx.state.handles.take(77, resource);
    expect(add()).to.equal(77);
  });
});
