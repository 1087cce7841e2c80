// A directory of a spec's own in the system's temporary directory, and what lies outside the preopen.

import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Preopen } from '../../lib/run.js';

export interface Tree {
  /** The directory a guest is granted; `secret` and `outside/` stand beside it. */
  readonly inside: string;
  readonly outside: string;
  readonly secret: string;
  preopen(options?: Partial<Omit<Preopen, 'host'>>): Preopen;
  remove(): void;
}

export function plant(): Tree {
  const root = mkdtempSync(join(tmpdir(), 'wasi-spec-'));
  const inside = join(root, 'inside');
  const outside = join(root, 'outside');
  const secret = join(root, 'secret');
  mkdirSync(inside);
  mkdirSync(outside);
  writeFileSync(secret, 'secret');
  writeFileSync(join(outside, 'file'), 'secret');
  return {
    inside,
    outside,
    secret,
    preopen: (options = {}) => ({ guest: '/', host: inside, readOnly: false, ...options }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** How many descriptors of files in the temporary directory this process has open. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).startsWith(tmpdir())).length;
}

/** Where a descriptor leads; the one that listed the directory is closed by now. */
function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
