// Which thread of the process this is, as the kernel counts.

import { readlinkSync } from 'node:fs';

/** The number of the calling thread (proc(5), thread-self); 0 where there is no /proc. */
export function threadNumber(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return 0;
  }
}
