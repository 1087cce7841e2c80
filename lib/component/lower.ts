// From JavaScript to a guest: values into its memory and core values (CanonicalABI.md, store, lower_flat).
//
// What is lowered comes from a host function or another component, both typed by the same type: what
// does not fit is a fault of ours and ends the run.

import type { Context } from './context.js';
import type { CoreValue } from './lift.js';
import { storeString } from './strings.js';
import type { CoreType, ValueType } from './types.js';

/** Writes a value at `pointer`, which is aligned and within the memory. */
export function store(cx: Context, type: ValueType, pointer: number, value: unknown): void {
  switch (type.kind) {
    case 'bool':
      return cx.view.setUint8(pointer, value === true ? 1 : 0);
    case 's8':
    case 'u8':
      return cx.view.setUint8(pointer, Number(value));
    case 's16':
    case 'u16':
      return cx.view.setUint16(pointer, Number(value), true);
    case 's32':
    case 'u32':
      return cx.view.setUint32(pointer, Number(value), true);
    case 's64':
    case 'u64':
      return cx.view.setBigUint64(pointer, bigintOf(value), true);
    case 'f32':
      return cx.view.setFloat32(pointer, Number(value), true);
    case 'f64':
      return cx.view.setFloat64(pointer, Number(value), true);
    case 'char':
      return cx.view.setUint32(pointer, String(value).codePointAt(0) ?? 0, true);
    case 'string':
      return storePair(cx, pointer, storeString(cx, String(value)));
    case 'list':
      return storePair(cx, pointer, storeList(cx, type.element, value));
    case 'record':
      for (const [label, one, offset] of type.fields)
        store(cx, one, pointer + offset, fieldOf(value, label));
      return;
    case 'tuple':
      for (const [index, [, one, offset]] of type.fields.entries())
        store(cx, one, pointer + offset, fieldOf(value, index));
      return;
    case 'flags':
      return storeTag(cx, pointer, type.size, Number(value));
    case 'own':
    case 'borrow':
      return cx.view.setUint32(pointer, lowerHandle(cx, type, value), true);
    case 'variant':
    case 'enum':
    case 'option':
    case 'result': {
      const [tag, payload] = caseOf(type, value);
      storeTag(cx, pointer, type.tagSize, tag);
      const one = type.cases[tag]?.type;
      if (one !== undefined) store(cx, one, pointer + type.payloadOffset, payload);
    }
  }
}

/** Appends a value's core values. */
export function lowerFlat(cx: Context, type: ValueType, value: unknown, into: CoreValue[]): void {
  switch (type.kind) {
    case 'bool':
      into.push(value === true ? 1 : 0);
      return;
    case 's64':
    case 'u64':
      into.push(BigInt.asIntN(64, bigintOf(value)));
      return;
    case 'f32':
    case 'f64':
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
    case 'flags':
      into.push(Number(value));
      return;
    case 'char':
      into.push(String(value).codePointAt(0) ?? 0);
      return;
    case 'string':
      into.push(...storeString(cx, String(value)));
      return;
    case 'list':
      into.push(...storeList(cx, type.element, value));
      return;
    case 'record':
      for (const [label, one] of type.fields) lowerFlat(cx, one, fieldOf(value, label), into);
      return;
    case 'tuple':
      for (const [index, [, one]] of type.fields.entries())
        lowerFlat(cx, one, fieldOf(value, index), into);
      return;
    case 'own':
    case 'borrow':
      into.push(lowerHandle(cx, type, value));
      return;
    case 'variant':
    case 'enum':
    case 'option':
    case 'result': {
      const [tag, payload] = caseOf(type, value);
      const one = type.cases[tag]?.type;
      const own: CoreValue[] = [];
      if (one !== undefined) lowerFlat(cx, one, payload, own);
      into.push(tag);
      for (const [index, want] of type.flat.slice(1).entries()) {
        into.push(convert(own[index] ?? 0, one?.flat[index] ?? want, want));
      }
    }
  }
}

function storePair(cx: Context, pointer: number, [start, count]: readonly [number, number]): void {
  cx.view.setUint32(pointer, start, true);
  cx.view.setUint32(pointer + 4, count, true);
}

function storeList(cx: Context, element: ValueType, value: unknown): readonly [number, number] {
  if (element.kind === 'u8' && value instanceof Uint8Array) {
    // Allocating lets the guest run, and may replace the buffer that a view of its memory shows.
    const start = cx.allocate(value.length, 1);
    cx.bytes.set(value, start);
    return [start, value.length];
  }
  if (!Array.isArray(value)) throw new TypeError('a list is no array');
  cx.count(value.length);
  const start = cx.allocate(value.length * element.size, element.align);
  for (const [index, one] of value.entries()) store(cx, element, start + index * element.size, one);
  return [start, value.length];
}

function lowerHandle(
  { state }: Context,
  { kind, resource }: ValueType & { kind: 'own' | 'borrow' },
  rep: unknown,
): number {
  // The component that implements a resource is handed what it made itself.
  if (kind === 'borrow' && resource.owner === state) return Number(rep);
  return state.handles.add({ resource, rep, isOwn: kind === 'own', lent: 0 });
}

function caseOf(
  type: ValueType & { kind: 'variant' | 'enum' | 'option' | 'result' },
  value: unknown,
): readonly [tag: number, payload: unknown] {
  if (type.kind === 'option') {
    if (value === undefined) return [0, undefined];
    return [1, type.cases[1]?.type?.kind === 'option' ? fieldOf(value, 0) : value];
  }
  const label = type.kind === 'enum' ? value : fieldOf(value, 'tag');
  const tag = type.cases.findIndex((one) => one.label === label);
  if (tag === -1) throw new TypeError(`a ${type.kind} has no case ${String(label)}`);
  return [tag, type.kind === 'enum' ? undefined : fieldOf(value, 'value')];
}

function fieldOf(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function bigintOf(value: unknown): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number(value));
}

function storeTag({ view }: Context, pointer: number, size: number, tag: number): void {
  if (size === 1) view.setUint8(pointer, tag);
  else if (size === 2) view.setUint16(pointer, tag, true);
  else view.setUint32(pointer, tag, true);
}

const scratch = new DataView(new ArrayBuffer(8));

/** A core value as one of the type that the cases of its variant have in common. */
function convert(value: CoreValue, have: CoreType, want: CoreType): CoreValue {
  if (have === want) return want === 'i64' ? BigInt(value) : value;
  if (have === 'f32') scratch.setFloat32(4, Number(value));
  else if (have === 'f64') scratch.setFloat64(0, Number(value));
  else if (want === 'i64') return BigInt(Number(value) >>> 0);
  if (have === 'f64') return scratch.getBigInt64(0);
  return want === 'i32' ? scratch.getInt32(4) : BigInt(scratch.getUint32(4));
}
