// The types of values that cross a component's border, with their layout (component model, CanonicalABI.md).
//
// In JavaScript a value is: bool a boolean; integers to 32 bits, floats a number; s64, u64 a bigint; char
// and string a string; list<u8> a Uint8Array, other lists and tuples an array; a record an object by
// its labels; a variant `{ tag, value }`, so is a result with the tags `ok` and `error`; an enum its
// label; an option the value or undefined (in an option again: in an array); flags a number whose bit
// n is label n; own and borrow what stands for the resource.

import type { PrimitiveType } from './definition.js';

export type CoreType = 'i32' | 'i64' | 'f32' | 'f64';

/** What a component implements, or the host. Two are the same only when they are one object. */
export interface ResourceType {
  readonly name: string;
  /** Called with the representation when an owner lets go of it. */
  readonly drop: (rep: unknown) => void;
  /** The component that implements it, whose own functions see the representation; undefined: the host. */
  readonly owner: object | undefined;
}

interface Layout {
  readonly size: number;
  readonly align: number;
  /** As core values; cut after MOST_FLAT + 1. */
  readonly flat: readonly CoreType[];
  /** How many types it is made of, however often one occurs. */
  readonly nodes: number;
}

export interface Case {
  readonly label: string;
  readonly type: ValueType | undefined;
}

type Shape =
  | { readonly kind: PrimitiveType }
  | {
      readonly kind: 'record';
      readonly fields: readonly (readonly [label: string, type: ValueType, offset: number])[];
    }
  | {
      readonly kind: 'tuple';
      readonly fields: readonly (readonly [label: string, type: ValueType, offset: number])[];
    }
  | { readonly kind: 'list'; readonly element: ValueType }
  | {
      /** Enum, option and result as well: they differ in JavaScript only. */
      readonly kind: 'variant' | 'enum' | 'option' | 'result';
      readonly cases: readonly Case[];
      readonly tagSize: 1 | 2 | 4;
      readonly payloadOffset: number;
    }
  | { readonly kind: 'flags'; readonly labels: readonly string[] }
  | { readonly kind: 'own' | 'borrow'; readonly resource: ResourceType };

export type ValueType = Shape & Layout;

export interface FuncType {
  readonly params: readonly (readonly [label: string, type: ValueType])[];
  readonly result: ValueType | undefined;
}

/** More core values than this are passed through memory. */
const MOST_FLAT = 16;
/** The largest type of WASI 0.2, an error of wasi:http, has some 150. */
const MOST_NODES = 10_000;
/** Bytes of one value; of a type that repeats another, most would be padding. */
const MOST_SIZE = 1_048_576;
/** CanonicalABI.md: one core value holds all of them. */
const MOST_FLAGS = 32;

/** A type is what this host does not run. */
export class UnsupportedType extends Error {
  override readonly name = 'UnsupportedType';
}

const PRIMITIVE_LAYOUTS: Readonly<Record<PrimitiveType, Layout>> = {
  bool: layout(1, 'i32'),
  s8: layout(1, 'i32'),
  u8: layout(1, 'i32'),
  s16: layout(2, 'i32'),
  u16: layout(2, 'i32'),
  s32: layout(4, 'i32'),
  u32: layout(4, 'i32'),
  s64: layout(8, 'i64'),
  u64: layout(8, 'i64'),
  f32: layout(4, 'f32'),
  f64: layout(8, 'f64'),
  char: layout(4, 'i32'),
  string: { size: 8, align: 4, flat: ['i32', 'i32'], nodes: 1 },
};

function layout(size: number, flat: CoreType): Layout {
  return { size, align: size, flat: [flat], nodes: 1 };
}

export function primitive(kind: PrimitiveType): ValueType {
  return { kind, ...PRIMITIVE_LAYOUTS[kind] };
}

export function list(element: ValueType): ValueType {
  const nodes = bounded(element.nodes + 1);
  return { kind: 'list', element, size: 8, align: 4, flat: ['i32', 'i32'], nodes };
}

export function handle(kind: 'own' | 'borrow', resource: ResourceType): ValueType {
  return { kind, resource, ...layout(4, 'i32') };
}

export function flags(labels: readonly string[]): ValueType {
  if (labels.length > MOST_FLAGS)
    throw new UnsupportedType(`flags of ${labels.length} labels, the limit is ${MOST_FLAGS}`);
  return { kind: 'flags', labels, ...layout(tagSizeOf(2 ** labels.length), 'i32') };
}

export function record(
  kind: 'record' | 'tuple',
  parts: readonly (readonly [label: string, type: ValueType])[],
): ValueType {
  let size = 0;
  let align = 1;
  let nodes = 1;
  const flat: CoreType[] = [];
  const fields = parts.map(([label, type]) => {
    const offset = alignTo(size, type.align);
    size = offset + type.size;
    align = Math.max(align, type.align);
    nodes = bounded(nodes + type.nodes);
    if (flat.length <= MOST_FLAT) flat.push(...type.flat);
    return [label, type, offset] as const;
  });
  size = alignTo(size, align);
  if (size > MOST_SIZE)
    throw new UnsupportedType(`a type of ${size} bytes, the limit is ${MOST_SIZE}`);
  return { kind, fields, size, align, flat: flat.slice(0, MOST_FLAT + 1), nodes };
}

export function variant(
  kind: 'variant' | 'enum' | 'option' | 'result',
  cases: readonly Case[],
): ValueType {
  const tagSize = tagSizeOf(cases.length);
  let payload = 0;
  let align: number = tagSize;
  let nodes = 1;
  const joined: CoreType[] = [];
  for (const { type } of cases) {
    nodes = bounded(nodes + 1 + (type?.nodes ?? 0));
    if (type === undefined) continue;
    payload = Math.max(payload, type.size);
    align = Math.max(align, type.align);
    for (const [index, core] of type.flat.entries()) {
      joined[index] = join(joined[index] ?? core, core);
    }
  }
  const payloadOffset = alignTo(tagSize, Math.max(1, ...cases.map((one) => one.type?.align ?? 1)));
  const size = alignTo(payloadOffset + payload, align);
  const flat: CoreType[] = ['i32', ...joined];
  return {
    kind,
    cases,
    tagSize,
    payloadOffset,
    size,
    align,
    flat: flat.slice(0, MOST_FLAT + 1),
    nodes,
  };
}

function join(one: CoreType, other: CoreType): CoreType {
  if (one === other) return one;
  const is32 = (type: CoreType): boolean => type === 'i32' || type === 'f32';
  return is32(one) && is32(other) ? 'i32' : 'i64';
}

function tagSizeOf(values: number): 1 | 2 | 4 {
  if (values <= 256) return 1;
  return values <= 65_536 ? 2 : 4;
}

function alignTo(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

function bounded(nodes: number): number {
  if (nodes > MOST_NODES)
    throw new UnsupportedType(`a type made of more than ${MOST_NODES} others`);
  return nodes;
}

/** The core types of a function as its own component imports (`lower`) or exports it (`lift`). */
export function coreSignature({ params, result }: FuncType): {
  /** Parameters lie in memory as one tuple. */
  readonly spillsParams: boolean;
  readonly spillsResult: boolean;
} {
  const flat = params.reduce((sum, [, type]) => sum + type.flat.length, 0);
  return { spillsParams: flat > MOST_FLAT, spillsResult: (result?.flat.length ?? 0) > 1 };
}

/** The type as WIT writes it, resources by their names; for messages, and to compare two. */
function typeText(type: ValueType): string {
  switch (type.kind) {
    case 'record':
      return `record{${type.fields.map(([label, one]) => `${label}:${typeText(one)}`).join(',')}}`;
    case 'tuple':
      return `tuple<${type.fields.map(([, one]) => typeText(one)).join(',')}>`;
    case 'list':
      return `list<${typeText(type.element)}>`;
    case 'flags':
      return `flags{${type.labels.join(',')}}`;
    case 'own':
    case 'borrow':
      return `${type.kind}<${type.resource.name}>`;
    case 'enum':
    case 'variant':
    case 'option':
    case 'result': {
      const cases = type.cases.map((one) =>
        one.type === undefined ? one.label : `${one.label}(${typeText(one.type)})`,
      );
      return `${type.kind}{${cases.join(',')}}`;
    }
    case 'bool':
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
    case 's64':
    case 'u64':
    case 'f32':
    case 'f64':
    case 'char':
    case 'string':
      return type.kind;
  }
}

export function funcText({ params, result }: FuncType): string {
  const given = params.map(([label, type]) => `${label}:${typeText(type)}`).join(',');
  return `func(${given})${result === undefined ? '' : `->${typeText(result)}`}`;
}
