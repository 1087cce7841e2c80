// Stops one thread of another process still, as a system call that never returns would.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';

/** ptrace(2) stops single threads; the kernel lets them go when the tracer ends. */
const PROGRAM = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
    pid_t thread = argc > 1 ? atoi(argv[1]) : 0;
    if (ptrace(PTRACE_SEIZE, thread, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, thread, 0, 0) < 0
        || waitpid(thread, NULL, __WALL) < 0) {
        perror("ptrace");
        return 1;
    }
    puts("frozen");
    fflush(stdout);
    for (;;) pause();
}
`;

/** Loaded into a process it lets everybody of its user trace it, which Yama forbids where ptrace_scope is 1. */
const LIBRARY = `
#include <sys/prctl.h>
__attribute__((constructor)) static void allow(void) {
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}
`;

/** kernel.yama.ptrace_scope; 0 where the kernel has no Yama. */
const PTRACE_SCOPE = Number(
  await readFile('/proc/sys/kernel/yama/ptrace_scope', 'latin1').catch(() => '0'),
);

/**
 * Why nobody can be frozen here; undefined where it works.
 * @param most ptrace_scope that is no obstacle to an ordinary user; 1 for what `freezable` has started
 */
export function whyNotFrozen(most: 0 | 1): string | undefined {
  const allowed = process.getuid?.() === 0 ? 2 : most;
  return PTRACE_SCOPE > allowed ? `kernel.yama.ptrace_scope is ${PTRACE_SCOPE}` : undefined;
}

/**
 * Words that start `command` so that it can be frozen.
 * @param directory where a library is built, and stays
 */
export async function freezable(directory: string, command: readonly string[]): Promise<string[]> {
  const library = join(directory, 'traceable.so');
  await writeFile(`${library}.c`, LIBRARY);
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-o', library, `${library}.c`]);
  return ['/usr/bin/env', `LD_PRELOAD=${library}`, ...command];
}

/** Clock ticks (proc(5)) of processor time that tell a guest that spins from everything else. */
const SPINNING_TICKS = 20;

/** The thread that spins in `pid`, its main thread apart; waits until there is one. */
async function spinningThread(pid: number): Promise<number> {
  const ticksOf = async (thread: string): Promise<number> => {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => '');
    // After the name: state is field 3 of the whole, utime field 14.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11] ?? 0);
  };
  const before = new Map<string, number>();
  for (;;) {
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      const ticks = await ticksOf(thread);
      const first = before.get(thread) ?? ticks;
      before.set(thread, first);
      if (ticks - first >= SPINNING_TICKS && Number(thread) !== pid) return Number(thread);
    }
    await turn();
  }
}

/** A thread that stands still. */
export interface Frozen {
  /** Lets the thread go on. */
  thaw(): Promise<void>;
}

/** Freezes the thread of `pid` that spins; started with `freezable` unless root asks. Needs cc. */
export async function freezeSpinning(pid: number): Promise<Frozen> {
  const directory = await mkdtemp(join(tmpdir(), 'wasm-freeze-'));
  try {
    const program = join(directory, 'freeze');
    await writeFile(`${program}.c`, PROGRAM);
    await promisify(execFile)('cc', ['-o', program, `${program}.c`]);
    const tracer = spawn(program, [String(await spinningThread(pid))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await Promise.race([once(tracer.stdout, 'data'), refused(tracer)]);
    return {
      async thaw() {
        if (tracer.exitCode !== null) return;
        tracer.kill('SIGKILL');
        await once(tracer, 'exit');
      },
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function refused(tracer: ChildProcess): Promise<never> {
  await once(tracer, 'exit');
  throw new Error('the thread cannot be traced');
}
