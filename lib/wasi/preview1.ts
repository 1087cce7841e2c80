// The functions of both namespaces a preview1 guest can import from.

import { argsCalls } from './args.js';
import { clockCalls } from './clock.js';
import { fdCalls } from './fd.js';
import { fdFileStatGet, fdstatCalls } from './fdstat.js';
import type { Guest } from './guest.js';
import { pathCalls, pathFileStatGet } from './path.js';
import { pathOpenCalls } from './pathopen.js';
import { pollCalls, pollOneoff, UNSTABLE_SUBSCRIPTION } from './poll.js';
import { procCalls } from './proc.js';
import { randomCalls } from './random.js';
import { readdirCalls } from './readdir.js';
import { sockCalls } from './sock.js';
import { writeUnstableFileStat } from './stat.js';

/**
 * One function of the interface: numbers are i32, bigints i64. Returning is errno 0; every other
 * answer is thrown, as Fault or system error.
 */
export type Call = (guest: Guest, ...args: never[]) => void;
export type Calls = Readonly<Record<string, Call>>;

/** wasi_snapshot_preview1: all 46 functions. */
export const PREVIEW1: Calls = {
  ...argsCalls,
  ...clockCalls,
  ...fdCalls,
  ...fdstatCalls,
  ...readdirCalls,
  ...pathOpenCalls,
  ...pathCalls,
  ...pollCalls,
  ...procCalls,
  ...randomCalls,
  ...sockCalls,
};

/** Preview1's whence for those of wasi_unstable: CUR 0, END 1, SET 2. */
const WHENCE = [1, 2, 0] as const;

/** wasi_unstable, the snapshot before: other numbers for whence, other filestat and subscription. */
export const UNSTABLE: Calls = {
  ...PREVIEW1,
  fd_seek: (guest: Guest, fd: number, offset: bigint, whence: number, position: number) =>
    fdCalls.fd_seek(guest, fd, offset, WHENCE[whence] ?? -1, position),
  fd_filestat_get: fdFileStatGet(writeUnstableFileStat),
  path_filestat_get: pathFileStatGet(writeUnstableFileStat),
  poll_oneoff: (guest: Guest, subs: number, events: number, count: number, stored: number) =>
    pollOneoff(UNSTABLE_SUBSCRIPTION, guest, subs, events, count, stored),
};
