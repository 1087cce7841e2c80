// What a target's processes have cost: CPU time and resident memory, from /proc.

import { readFileSync, readdirSync } from 'node:fs';

/** Linux reports CPU time in hundredths of a second, whatever the kernel's own tick. */
const MICROS_PER_TICK = 10_000;
const PAGE_BYTES = 4096;

interface Stat {
  readonly parent: number;
  /** Its own and that of its ended children, user and system. */
  readonly cpuTicks: number;
  readonly rssPages: number;
}

/** CPU time so far of these processes, all below them and their ended children, µs. */
export function cpuMicrosOf(roots: readonly number[]): number {
  return sum(treeOf(roots), ({ cpuTicks }) => cpuTicks) * MICROS_PER_TICK;
}

/** Resident memory of these processes and all below them, MiB. Pages they share count for each. */
export function rssMiBOf(roots: readonly number[]): number {
  return (sum(treeOf(roots), ({ rssPages }) => rssPages) * PAGE_BYTES) / 2 ** 20;
}

/** The words of a process's command line; none when it has gone. */
export function commandOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

/** Those below a process with such a word in their command line. */
export function belowWith(root: number, ending: string): number[] {
  return [...treeOf([root]).keys()].filter((pid) =>
    commandOf(pid).some((word) => word.endsWith(ending)),
  );
}

export function threadsOf(pid: number): number {
  const stat = fieldsOf(pid);
  return stat === undefined ? 0 : Number(stat[17]);
}

function sum(stats: ReadonlyMap<number, Stat>, value: (stat: Stat) => number): number {
  return [...stats.values()].reduce((total, stat) => total + value(stat), 0);
}

function treeOf(roots: readonly number[]): Map<number, Stat> {
  const all = new Map<number, Stat>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? statOf(Number(entry)) : undefined;
    if (stat !== undefined) all.set(Number(entry), stat);
  }
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = all.get(at)?.parent)
      if (roots.includes(at)) return true;
    return false;
  };
  return new Map([...all].filter(([pid]) => isBelow(pid)));
}

function statOf(pid: number): Stat | undefined {
  const fields = fieldsOf(pid);
  if (fields === undefined) return undefined;
  const number = (index: number): number => Number(fields[index]);
  // utime, stime, cutime, cstime: fields 14..17 of proc(5).
  const cpuTicks = number(11) + number(12) + number(13) + number(14);
  return { parent: number(1), cpuTicks, rssPages: number(21) };
}

/** From the third field of proc(5) on: before it is a name that may hold spaces and brackets. */
function fieldsOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Processes end while they are looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
