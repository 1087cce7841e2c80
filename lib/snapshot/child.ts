// The process that builds one snapshot and is gone: entry point, started by lib/snapshot/builder.ts.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type binaryen from 'binaryen';
import { readModuleFile } from '../module/file.js';
import { messageOf } from '../errors.js';
import { rememberingAsyncify } from './asyncify.js';
import { takeSnapshot } from './build.js';
import { type Refused, type SnapshotProgram, SnapshotRefusal, type Source } from './contract.js';
import { sayWhetherItRuns } from './dialogue.js';
import { encodeSnapshot } from './format.js';
import { endWith } from './lifeline.js';
import { SnapshotStore } from './store.js';

export interface Order {
  readonly program: SnapshotProgram;
  readonly moduleBytes: number;
  /** Pid of who waits for it. */
  readonly parent: number;
  /** Where the snapshot is to be written: a file that is there, empty, in the store's directory. */
  readonly into: string;
}

export type Report =
  | {
      readonly kind: 'built';
      readonly bootMs: number;
      readonly requestMs: number;
      readonly megabytes: number;
    }
  | ({ readonly kind: 'refused' } & Refused)
  | { readonly kind: 'failed'; readonly message: string };

async function loadBinaryen(): Promise<typeof binaryen> {
  try {
    return (await import('binaryen')).default;
  } catch {
    throw new SnapshotRefusal(
      'the npm package binaryen is not there, which snapshots are made with',
      'npm install -g binaryen beside wasm-fcgi, or install it without --omit=optional',
    );
  }
}

async function build(
  { program, moduleBytes, into }: Order,
  sources: Map<string, Source>,
): Promise<Report> {
  const { bytes, sha256 } = await readModuleFile(program.module, program.below, moduleBytes);
  if (sha256 !== program.sha256) {
    return { kind: 'failed', message: `the module ${program.module} has changed meanwhile` };
  }
  const asyncify = rememberingAsyncify(new SnapshotStore(dirname(into)), loadBinaryen);
  const snapshot = await takeSnapshot(bytes, program, asyncify, sources, sayWhetherItRuns);
  writeFileSync(into, encodeSnapshot(snapshot));
  const { bootMs, requestMs, picture } = snapshot;
  return { kind: 'built', bootMs, requestMs, megabytes: picture.bytes.length / 2 ** 20 };
}

function reportOf(thrown: unknown, sources: Map<string, Source>): Report {
  if (thrown instanceof SnapshotRefusal) {
    const { message: reason, change } = thrown;
    return { kind: 'refused', reason, change, sources: [...sources.values()] };
  }
  return { kind: 'failed', message: messageOf(thrown) };
}

const order = revived(readFileSync(0, 'utf8'));
endWith(order.parent);
const sources = new Map<string, Source>();
const report = await build(order, sources).catch((thrown: unknown) => reportOf(thrown, sources));
// Binaryen and the guest may have left anything that keeps a process alive.
process.stdout.write(JSON.stringify(report), () => process.exit(0));

/** What lib/snapshot/builder wrote. Limits may be Infinity, which JSON is without. */
function revived(text: string): Order {
  return JSON.parse(text, (_key, value: unknown) => (value === 'Infinity' ? Infinity : value));
}
