// Where in its memory a guest lets each call write: from the arguments, as the interface describes
// them. Whatever else has changed after a call was written by mistake.

import type { Namespace } from './trampoline.js';

/** Start and length, bytes. */
type Range = readonly [start: number, bytes: number];

type Args = readonly (number | bigint)[];
type Outputs = (at: (index: number) => number, memory: DataView, namespace: Namespace) => Range[];

const NONE: Outputs = () => [];
const FILESTAT = { wasi_snapshot_preview1: 64, wasi_unstable: 56 } as const;

/** The strings that the run of the spec has been given, with their NULs. */
const STRINGS: Outputs = (at) => [
  [at(0), 4 * 2],
  [at(1), 16],
];
const SIZES: Outputs = (at) => [
  [at(0), 4],
  [at(1), 4],
];

/** The buffers of an iovec array, as far as it lies in memory. */
function vectors(memory: DataView, pointer: number, count: number): Range[] {
  const ranges: Range[] = [];
  for (let i = 0; i < Math.min(count, 1024); i++) {
    const entry = pointer + 8 * i;
    if (entry + 8 > memory.byteLength) break;
    ranges.push([memory.getUint32(entry, true), memory.getUint32(entry + 4, true)]);
  }
  return ranges;
}

const OUTPUTS: Readonly<Record<string, Outputs>> = {
  args_get: STRINGS,
  args_sizes_get: SIZES,
  environ_get: STRINGS,
  environ_sizes_get: SIZES,
  clock_res_get: (at) => [[at(1), 8]],
  clock_time_get: (at) => [[at(2), 8]],
  fd_fdstat_get: (at) => [[at(1), 24]],
  fd_filestat_get: (at, _, namespace) => [[at(1), FILESTAT[namespace]]],
  fd_pread: (at, memory) => [...vectors(memory, at(1), at(2)), [at(4), 4]],
  fd_read: (at, memory) => [...vectors(memory, at(1), at(2)), [at(3), 4]],
  fd_pwrite: (at) => [[at(4), 4]],
  fd_write: (at) => [[at(3), 4]],
  fd_prestat_get: (at) => [[at(1), 8]],
  fd_prestat_dir_name: (at) => [[at(1), at(2)]],
  fd_readdir: (at) => [
    [at(1), at(2)],
    [at(4), 4],
  ],
  fd_seek: (at) => [[at(3), 8]],
  fd_tell: (at) => [[at(1), 8]],
  path_filestat_get: (at, _, namespace) => [[at(4), FILESTAT[namespace]]],
  path_open: (at) => [[at(8), 4]],
  path_readlink: (at) => [
    [at(3), at(4)],
    [at(5), 4],
  ],
  poll_oneoff: (at) => [
    [at(1), 32 * at(2)],
    [at(3), 4],
  ],
  random_get: (at) => [[at(0), at(1)]],
};

/**
 * Puts back what the call was free to change, so that the rest can be compared.
 * @param before memory as it was, @param after a copy of memory as it is, which is changed
 */
export function undoOutputs(
  name: string,
  args: Args,
  namespace: Namespace,
  before: Uint8Array,
  after: Uint8Array,
): void {
  const at = (index: number): number => Number(args[index] ?? 0) >>> 0;
  const view = new DataView(before.buffer, before.byteOffset, before.byteLength);
  for (const [start, bytes] of (OUTPUTS[name] ?? NONE)(at, view, namespace)) {
    // Beyond the end nothing can have been written, and nothing may have been tried.
    const end = Math.min(start + bytes, before.length);
    if (start < end) after.set(before.subarray(start, end), start);
  }
}
