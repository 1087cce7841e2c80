// The times that fd_filestat_set_times and path_filestat_set_times ask for.

import { FST_FLAGS, FstFlag } from './abi.js';
import { Fault } from './errno.js';
import type { FileStat } from './stat.js';

export interface FileTimes {
  /** Seconds since 1970, as Node's utimes takes them. */
  readonly accessed: number;
  readonly modified: number;
}

/**
 * The times to set: those given, now, or what they were. Node's utimes keeps whole microseconds, so
 * ns are rounded to the nearest.
 * @throws Fault EINVAL for unknown flags and for both a time and now
 */
export function timesOf(flags: number, atim: bigint, mtim: bigint, was: () => FileStat): FileTimes {
  if ((flags & ~FST_FLAGS) !== 0) throw new Fault('EINVAL');
  const access = choose(flags, FstFlag.ATIM, FstFlag.ATIM_NOW, atim);
  const modify = choose(flags, FstFlag.MTIM, FstFlag.MTIM_NOW, mtim);
  const old = access === undefined || modify === undefined ? was() : undefined;
  return {
    accessed: access ?? secondsOf(old?.atim ?? 0n),
    modified: modify ?? secondsOf(old?.mtim ?? 0n),
  };
}

function choose(flags: number, given: number, now: number, ns: bigint): number | undefined {
  if ((flags & given) !== 0 && (flags & now) !== 0) throw new Fault('EINVAL');
  if ((flags & now) !== 0) return Date.now() / 1000;
  return (flags & given) === 0 ? undefined : secondsOf(BigInt.asUintN(64, ns));
}

/** The quarter microsecond keeps a double that is a bit too small from being cut to the one before. */
function secondsOf(ns: bigint): number {
  return (Number((ns + 500n) / 1000n) + 0.25) / 1e6;
}
