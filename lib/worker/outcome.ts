// What the guest's last exception means.

import { isOutOfDescriptors, messageOf } from '../errors.js';
import type { Outcome } from '../run.js';
import { GuestStop } from '../wasi/process.js';

/** V8's text, and the plainer one that is logged. Other texts stand as they are. */
const TRAP_TEXTS = new Map([
  ['unreachable', 'unreachable executed'],
  ['divide by zero', 'integer divide by zero'],
  ['divide result unrepresentable', 'integer overflow'],
  ['float unrepresentable in integer range', 'float has no integer value'],
  ['table index is out of bounds', 'undefined table element'],
  ['null function or function signature mismatch', 'indirect call of another type'],
]);

/** The outcome of a run that ended by an exception. */
export function outcomeOf(thrown: unknown): Outcome {
  if (thrown instanceof GuestStop) return thrown.outcome;
  if (thrown instanceof WebAssembly.LinkError) return { kind: 'link', message: thrown.message };
  if (thrown instanceof WebAssembly.RuntimeError) {
    return { kind: 'trap', message: TRAP_TEXTS.get(thrown.message) ?? thrown.message };
  }
  if (thrown instanceof WebAssembly.Exception) {
    return { kind: 'trap', message: 'uncaught exception of the guest' };
  }
  // V8 reports an exhausted stack as this, of the guest's frames or of a host call at their end.
  if (thrown instanceof RangeError && thrown.message.includes('call stack')) {
    return { kind: 'trap', message: 'stack overflow' };
  }
  const kind = isOutOfDescriptors(thrown) ? 'exhausted' : 'failed';
  return { kind, message: messageOf(thrown) };
}
