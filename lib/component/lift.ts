// From a guest to JavaScript: values out of its memory and its core values (CanonicalABI.md, load, lift_flat).

import type { Context } from './context.js';
import { Trap } from './handles.js';
import { loadString } from './strings.js';
import type { CoreType, ValueType } from './types.js';

export type CoreValue = number | bigint;

/** Core values one after the other, as a function was called with them. */
export interface CoreValues {
  next(): CoreValue;
}

/** Reads a value that lies at `pointer`, which is aligned and within the memory. */
export function load(cx: Context, type: ValueType, pointer: number): unknown {
  const { view } = cx;
  switch (type.kind) {
    case 'bool':
      return view.getUint8(pointer) !== 0;
    case 's8':
      return view.getInt8(pointer);
    case 'u8':
      return view.getUint8(pointer);
    case 's16':
      return view.getInt16(pointer, true);
    case 'u16':
      return view.getUint16(pointer, true);
    case 's32':
      return view.getInt32(pointer, true);
    case 'u32':
      return view.getUint32(pointer, true);
    case 's64':
      return view.getBigInt64(pointer, true);
    case 'u64':
      return view.getBigUint64(pointer, true);
    case 'f32':
      return view.getFloat32(pointer, true);
    case 'f64':
      return view.getFloat64(pointer, true);
    case 'char':
      return charOf(view.getUint32(pointer, true));
    case 'string':
      return loadString(cx, view.getUint32(pointer, true), view.getUint32(pointer + 4, true));
    case 'list':
      return loadList(
        cx,
        type.element,
        view.getUint32(pointer, true),
        view.getUint32(pointer + 4, true),
      );
    case 'record':
      return Object.fromEntries(
        type.fields.map(([label, one, offset]) => [label, load(cx, one, pointer + offset)]),
      );
    case 'tuple':
      return type.fields.map(([, one, offset]) => load(cx, one, pointer + offset));
    case 'flags':
      return maskFlags(type.labels.length, loadTag(cx, pointer, type.size));
    case 'own':
    case 'borrow':
      return liftHandle(cx, type, view.getUint32(pointer, true));
    case 'variant':
    case 'enum':
    case 'option':
    case 'result': {
      const tag = loadTag(cx, pointer, type.tagSize);
      const one = type.cases[tag] ?? noCase(type, tag);
      const value = one.type && load(cx, one.type, pointer + type.payloadOffset);
      return variantValue(type.kind, one, value);
    }
  }
}

/** Takes a value from core values. */
export function liftFlat(cx: Context, type: ValueType, values: CoreValues): unknown {
  switch (type.kind) {
    case 'bool':
      return values.next() !== 0;
    case 's8':
      return (Number(values.next()) << 24) >> 24;
    case 'u8':
      return Number(values.next()) & 0xff;
    case 's16':
      return (Number(values.next()) << 16) >> 16;
    case 'u16':
      return Number(values.next()) & 0xffff;
    case 's32':
      return Number(values.next()) | 0;
    case 'u32':
      return Number(values.next()) >>> 0;
    case 's64':
      return BigInt.asIntN(64, BigInt(values.next()));
    case 'u64':
      return BigInt.asUintN(64, BigInt(values.next()));
    case 'f32':
    case 'f64':
      return Number(values.next());
    case 'char':
      return charOf(Number(values.next()) >>> 0);
    case 'string':
      return loadString(cx, Number(values.next()), Number(values.next()));
    case 'list':
      return loadList(cx, type.element, Number(values.next()), Number(values.next()));
    case 'record':
      return Object.fromEntries(
        type.fields.map(([label, one]) => [label, liftFlat(cx, one, values)]),
      );
    case 'tuple':
      return type.fields.map(([, one]) => liftFlat(cx, one, values));
    case 'flags':
      return maskFlags(type.labels.length, Number(values.next()));
    case 'own':
    case 'borrow':
      return liftHandle(cx, type, Number(values.next()) >>> 0);
    case 'variant':
    case 'enum':
    case 'option':
    case 'result': {
      const tag = Number(values.next()) >>> 0;
      const one = type.cases[tag] ?? noCase(type, tag);
      const joined = type.flat.slice(1).map((core) => [core, values.next()] as const);
      if (one.type === undefined) return variantValue(type.kind, one, undefined);
      const own = one.type.flat.map((want, index) => {
        const [have = want, value = 0] = joined[index] ?? [];
        return convert(value, have, want);
      });
      return variantValue(type.kind, one, liftFlat(cx, one.type, sequence(own)));
    }
  }
}

export function sequence(values: readonly CoreValue[]): CoreValues {
  let at = 0;
  return { next: () => values[at++] ?? 0 };
}

function loadList(cx: Context, element: ValueType, pointer: number, count: number): unknown {
  const length = count >>> 0;
  const start = cx.at(pointer, length * element.size, element.align);
  // Not copied: whoever keeps it beyond the call does that.
  if (element.kind === 'u8') {
    return cx.copies
      ? cx.bytes.slice(start, start + length)
      : cx.bytes.subarray(start, start + length);
  }
  cx.count(length);
  return Array.from({ length }, (_, index) => load(cx, element, start + index * element.size));
}

function liftHandle(
  cx: Context,
  { kind, resource }: ValueType & { kind: 'own' | 'borrow' },
  index: number,
): unknown {
  const { handles } = cx.state;
  if (kind === 'own') {
    const handle = handles.take(index, resource);
    if (!handle.isOwn) throw new Trap(`handle ${index} of ${resource.name} is lent, not owned`);
    return handle.rep;
  }
  const handle = handles.get(index, resource);
  handle.lent += 1;
  cx.lends.push(handle);
  return handle.rep;
}

function variantValue(
  kind: 'variant' | 'enum' | 'option' | 'result',
  one: { readonly label: string; readonly type: ValueType | undefined },
  value: unknown,
): unknown {
  if (kind === 'enum') return one.label;
  if (kind !== 'option') return { tag: one.label, value };
  if (one.type === undefined) return undefined;
  return one.type.kind === 'option' ? [value] : value;
}

function loadTag({ view }: Context, pointer: number, size: number): number {
  if (size === 1) return view.getUint8(pointer);
  return size === 2 ? view.getUint16(pointer, true) : view.getUint32(pointer, true);
}

function maskFlags(labels: number, bits: number): number {
  return labels === 32 ? bits >>> 0 : bits & (2 ** labels - 1);
}

function noCase({ kind }: ValueType, tag: number): never {
  throw new Trap(`a ${kind} has no case ${tag}`);
}

function charOf(code: number): string {
  if (code >= 0x110000 || (code >= 0xd800 && code <= 0xdfff))
    throw new Trap(`${code} is no character`);
  return String.fromCodePoint(code);
}

const scratch = new DataView(new ArrayBuffer(8));

/** A core value of a joined type as what the case has there. */
function convert(value: CoreValue, have: CoreType, want: CoreType): CoreValue {
  if (have === want) return value;
  if (want === 'i64') return BigInt(value);
  if (want === 'f64') {
    scratch.setBigInt64(0, BigInt.asIntN(64, BigInt(value)));
    return scratch.getFloat64(0);
  }
  const bits = Number(BigInt.asIntN(32, BigInt(value)));
  if (want === 'i32') return bits;
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}
