// What a report says of the machine it was made on.

import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';

import { findHttpd } from '../apache/build.js';
import type { Machine } from './model.js';

/** Describes this machine; neither its name nor any path is in it. */
export async function describeMachine(): Promise<Machine> {
  const { binary } = await findHttpd();
  const { stdout } = await promisify(execFile)(binary, ['-v']);
  const cpus = os.cpus();
  return {
    processor: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    httpd: /Server version: (.+)/.exec(stdout)?.[1] ?? 'unknown',
    date: new Date().toISOString().slice(0, 10),
  };
}

/** In one line, for a report. */
export function summaryOf(machine: Machine): string {
  const { processor, cores, memoryGiB, kernel, node, httpd, date } = machine;
  return `${date}, ${cores} cores (${processor}), ${memoryGiB} GiB, ${kernel}, Node ${node}, ${httpd}`;
}
