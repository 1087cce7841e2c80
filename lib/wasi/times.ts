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
 * The times to set: those given, now, or what they were. Node takes a double, so what is set can be
 * up to a quarter of a microsecond off.
 * @throws Fault EINVAL for unknown flags and for both a time and now
 */
export function timesOf(flags: number, atim: bigint, mtim: bigint, was: () => FileStat): FileTimes {
  if ((flags & ~FST_FLAGS) !== 0) throw new Fault('EINVAL');
  const access = choose(flags, FstFlag.ATIM, FstFlag.ATIM_NOW, atim);
  const modify = choose(flags, FstFlag.MTIM, FstFlag.MTIM_NOW, mtim);
  const old = access === undefined || modify === undefined ? was() : undefined;
  return {
    accessed: access ?? Number(old?.atim) / 1e9,
    modified: modify ?? Number(old?.mtim) / 1e9,
  };
}

function choose(flags: number, given: number, now: number, ns: bigint): number | undefined {
  if ((flags & given) !== 0 && (flags & now) !== 0) throw new Fault('EINVAL');
  if ((flags & now) !== 0) return Date.now() / 1000;
  return (flags & given) === 0 ? undefined : Number(BigInt.asUintN(64, ns)) / 1e9;
}
