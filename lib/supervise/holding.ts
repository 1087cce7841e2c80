// What the supervisor and the thread that holds its sockets say to each other.

import { fstatSync, readdirSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';

/** What the thread is started with. */
export interface Holding {
  readonly port: MessagePort;
  /** One word: whose turn it is. The other one waits. */
  readonly turn: Int32Array;
}

export const TURN = { asker: 0, holder: 1 } as const;

export type Order =
  /** A host is an address, no name: to look one up takes an event loop. */
  | {
      readonly listen: { readonly path: string } | { readonly host: string; readonly port: number };
    }
  | { readonly close: number };

export type Answer = { readonly fd: number } | { readonly fault: string };

/** The descriptors of this process that are sockets (proc(5)). */
export function socketDescriptors(): Set<number> {
  return new Set(readdirSync('/proc/self/fd').map(Number).filter(isSocket));
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false; // the directory's own descriptor, closed by now
  }
}
