// Calls across a component's border: exports that JavaScript calls, imports that the guest calls
// (CanonicalABI.md, canon lift and canon lower).

import type { Context } from './context.js';
import { Trap } from './handles.js';
import { type CoreValue, type CoreValues, liftFlat, load, sequence } from './lift.js';
import { lowerFlat, store } from './lower.js';
import { type FuncType, type ValueType, coreSignature, record } from './types.js';

/** A function of a component or of the host, called with values as types.ts says. */
export interface Func {
  readonly type: FuncType;
  readonly call: (args: readonly unknown[]) => unknown;
}

/**
 * An export: a function of JavaScript that calls a core function.
 * @param core finds the core functions of the present run
 */
export function lift(
  type: FuncType,
  cx: Context,
  core: () => Function,
  postReturn: () => Function | undefined,
): Func {
  const { spillsParams, spillsResult } = coreSignature(type);
  const params = record('tuple', type.params);
  cx.copies = true;
  const call = (args: readonly unknown[]): unknown => {
    const { state } = cx;
    if (state.isEntered) throw new Trap('a component is called while a call of it is running');
    state.isEntered = true;
    cx.begin();
    const borrowed = state.handles.borrowed;
    const given = spillsParams ? [spill(cx, params, args)] : flatten(cx, type, args);
    const returned: CoreValue | undefined = Reflect.apply(core(), undefined, given);
    cx.refresh();
    const value = resultOf(cx, type.result, spillsResult, returned);
    if (state.handles.borrowed > borrowed) throw new Trap('a call ends with what it was lent');
    const after = postReturn();
    if (after !== undefined) {
      state.mayLeave = false;
      Reflect.apply(after, undefined, returned === undefined ? [] : [returned]);
      state.mayLeave = true;
    }
    state.isEntered = false;
    return value;
  };
  return { type, call };
}

/** An import: the core function that calls `func`. */
export function lower({ type, call }: Func, cx: Context): (...args: CoreValue[]) => unknown {
  const { spillsParams, spillsResult } = coreSignature(type);
  const params = record('tuple', type.params);
  const { result } = type;
  return (...args) => {
    if (!cx.state.mayLeave) throw new Trap('an import is called where none may be');
    cx.begin();
    const { lends } = cx;
    const values = sequence(args);
    const given = spillsParams ? loadParams(cx, params, values) : liftParams(cx, type, values);
    // Checked before anything is done: what is done once must not be lost.
    const target =
      result !== undefined && spillsResult
        ? cx.at(Number(values.next()), result.size, result.align)
        : undefined;
    const value = call(given);
    cx.refresh();
    for (const lent of lends) lent.lent -= 1;
    if (result === undefined) return undefined;
    if (target !== undefined) return store(cx, result, target, value);
    const flat: CoreValue[] = [];
    lowerFlat(cx, result, value, flat);
    return flat[0];
  };
}

function flatten(cx: Context, { params }: FuncType, args: readonly unknown[]): CoreValue[] {
  const flat: CoreValue[] = [];
  for (const [index, [, type]] of params.entries()) lowerFlat(cx, type, args[index], flat);
  return flat;
}

function spill(cx: Context, params: ValueType, args: readonly unknown[]): number {
  const pointer = cx.allocate(params.size, params.align);
  store(cx, params, pointer, args);
  return pointer;
}

function resultOf(
  cx: Context,
  type: ValueType | undefined,
  spills: boolean,
  returned: CoreValue | undefined,
): unknown {
  if (type === undefined || returned === undefined) return undefined;
  if (!spills) return liftFlat(cx, type, sequence([returned]));
  return load(cx, type, cx.at(Number(returned), type.size, type.align));
}

function loadParams(cx: Context, params: ValueType, values: CoreValues): readonly unknown[] {
  const pointer = cx.at(Number(values.next()), params.size, params.align);
  const args = load(cx, params, pointer);
  return Array.isArray(args) ? args : [];
}

function liftParams(cx: Context, { params }: FuncType, values: CoreValues): unknown[] {
  return params.map(([, type]) => liftFlat(cx, type, values));
}
