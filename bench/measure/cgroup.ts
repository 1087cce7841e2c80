// CPU time of a process that forgets its children: mod_cgid's daemon ignores SIGCHLD, and then the
// kernel adds their time to nobody's. A control group of version 2 counts all that was ever in it.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PLACES = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

export interface ControlGroup {
  /** Of all processes that were in it, µs. */
  cpuMicros(): number;
  /** Removes the group; its processes must have ended. */
  remove(): void;
}

/** Puts a process, and all it starts from now on, into a new group; undefined when we may not. */
export function groupWith(pid: number): ControlGroup | undefined {
  const place = PLACES.find((path) => existsSync(join(path, 'cgroup.controllers')));
  if (place === undefined) return undefined;
  const group = join(place, `wasm-fcgi-bench-${pid}`);
  const remove = (): void => {
    try {
      rmdirSync(group);
    } catch {
      // It was never made, or somebody of it is still there.
    }
  };
  try {
    // Rivals that share a daemon share its group, and are measured one at a time.
    mkdirSync(group, { recursive: true });
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
  } catch {
    remove();
    return undefined;
  }
  return { cpuMicros: () => usage(readFileSync(join(group, 'cpu.stat'), 'utf8')), remove };
}

function usage(stat: string): number {
  return Number(/^usage_usec (\d+)/m.exec(stat)?.[1] ?? NaN);
}
