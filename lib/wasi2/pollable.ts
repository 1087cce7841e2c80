// wasi:io/poll: what a component can wait for, and the waiting, never past the run's deadline.

import { Trap } from '../component/handles.js';
import type { ByteSource } from '../wasi/process.js';
import type { Run } from './run.js';

/**
 * - now: what it stands for never makes anybody wait
 * - at: ready when the run's monotonic clock is there, ns
 * - input: ready when the request's body or stdin has bytes, or is over
 * - when: ready when `isReady` says so; whoever makes it so wakes the guest's thread
 */
export type Pollable =
  | { readonly kind: 'now' }
  | { readonly kind: 'at'; readonly dueNs: bigint }
  | { readonly kind: 'input'; readonly source: ByteSource }
  | { readonly kind: 'when'; readonly isReady: () => boolean };

export const NOW: Pollable = { kind: 'now' };

/** A wait is cut into pieces that a timer can hold. */
const WAIT_MAX_MS = 1_000_000_000;

function isReady(run: Run, pollable: Pollable): boolean {
  if (pollable.kind === 'at') return run.monotonicNs() >= pollable.dueNs;
  if (pollable.kind === 'input') return pollable.source.available > 0 || pollable.source.ended;
  return pollable.kind === 'now' || pollable.isReady();
}

/** Waits until one of them is ready. @returns the places of those that are */
export function waitForAny(run: Run, pollables: readonly Pollable[]): number[] {
  const ready = (): number[] =>
    [...pollables.keys()].filter((place) => isReady(run, pollables[place] ?? NOW));
  let found = ready();
  if (found.length > 0) return found;
  run.flush();
  while (found.length === 0) {
    run.process.wait(() => (found = ready()).length > 0, msUntilFirst(run, pollables));
    if (found.length === 0) found = ready();
  }
  return found;
}

/** Until the first of the clocks among them. */
function msUntilFirst(run: Run, pollables: readonly Pollable[]): number {
  let ms = WAIT_MAX_MS;
  const now = run.monotonicNs();
  for (const pollable of pollables) {
    if (pollable.kind === 'at') ms = Math.min(ms, Number(pollable.dueNs - now) / 1e6);
  }
  return Math.max(0, ms);
}

const TEXT = `
  resource pollable
  func [method]pollable.ready self:borrow<pollable> -> bool
  func [method]pollable.block self:borrow<pollable>
  func poll in:list<borrow<pollable>> -> list<u32>
`;

export const poll = {
  name: 'wasi:io/poll',
  text: TEXT,
  functions: {
    '[method]pollable.ready': isReady,
    '[method]pollable.block': (run: Run, pollable: Pollable) => void waitForAny(run, [pollable]),
    poll: (run: Run, pollables: readonly Pollable[]) => {
      if (pollables.length === 0) throw new Trap('poll waits for nothing at all');
      return waitForAny(run, pollables);
    },
  },
};
