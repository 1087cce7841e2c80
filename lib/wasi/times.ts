// The times that fd_filestat_set_times and path_filestat_set_times ask for.

import { FST_FLAGS, FstFlag } from './abi.js';
import { Fault } from './errno.js';
import type { FileStat } from './stat.js';

export interface FileTimes {
  /** Seconds since 1970, as Node's utimes takes them: rounded to the nearest microsecond. */
  readonly accessed: number;
  readonly modified: number;
  /** The same in ns, not rounded; undefined for now. */
  readonly atim: bigint | undefined;
  readonly mtim: bigint | undefined;
}

/**
 * The times to set: those given, now, or what they were.
 * @throws Fault EINVAL for unknown flags and for both a time and now
 */
export function timesOf(flags: number, atim: bigint, mtim: bigint, was: () => FileStat): FileTimes {
  if ((flags & ~FST_FLAGS) !== 0) throw new Fault('EINVAL');
  const access = choose(flags, FstFlag.ATIM, FstFlag.ATIM_NOW, atim);
  const modify = choose(flags, FstFlag.MTIM, FstFlag.MTIM_NOW, mtim);
  const old = access === 'kept' || modify === 'kept' ? was() : undefined;
  const exact = { atim: nsOf(access, old?.atim), mtim: nsOf(modify, old?.mtim) };
  return { accessed: secondsOf(exact.atim), modified: secondsOf(exact.mtim), ...exact };
}

function choose(flags: number, given: number, now: number, ns: bigint): bigint | 'now' | 'kept' {
  if ((flags & given) !== 0 && (flags & now) !== 0) throw new Fault('EINVAL');
  if ((flags & now) !== 0) return 'now';
  return (flags & given) === 0 ? 'kept' : BigInt.asUintN(64, ns);
}

function nsOf(choice: bigint | 'now' | 'kept', old: bigint | undefined): bigint | undefined {
  if (choice === 'now') return undefined;
  return choice === 'kept' ? old : choice;
}

/** The quarter microsecond keeps a double that is a bit too small from being cut to the one before. */
function secondsOf(ns: bigint | undefined): number {
  if (ns === undefined) return Date.now() / 1000;
  return (Number((ns + 500n) / 1000n) + 0.25) / 1e6;
}
