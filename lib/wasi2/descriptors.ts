// Open files and directories of a component, and the streams that read and write them.

import { Trap } from '../component/handles.js';
import { FileType } from '../wasi/abi.js';
import type { Descriptor } from '../wasi/descriptor.js';
import { Directory } from '../wasi/directory.js';
import { Fault } from '../wasi/errno.js';
import { Right } from '../wasi/abi.js';
import { IoError, errnoName } from './errors.js';
import { NOW } from './pollable.js';
import type { Run } from './run.js';
import { type InputStream, type OutputStream, StreamFault } from './streams.js';

/**
 * A descriptor, and how many handles use it: that of wasi:filesystem, and each stream. The host's
 * descriptor beneath is closed with the last one, for its number may then be anybody's.
 */
export class OpenFile {
  #users = 1;

  /** @param fd its place in the run's table, which counts what is open */
  constructor(
    readonly descriptor: Descriptor,
    readonly fd: number,
  ) {}

  retain(): this {
    this.#users += 1;
    return this;
  }

  close(run: Run): void {
    this.#users -= 1;
    if (this.#users === 0) run.fds.close(this.fd);
  }

  /** @throws Fault ENOTDIR */
  get directory(): Directory {
    if (this.descriptor instanceof Directory) return this.descriptor;
    throw new Fault('ENOTDIR');
  }

  /** @throws Fault when it is a directory, or lacks the right */
  needFile(right: number): void {
    if (this.descriptor.fileType === FileType.DIRECTORY) throw new Fault('EISDIR');
    this.descriptor.need(right);
  }
}

/** A call of the system as a stream's error. */
function streamed<Value>(call: () => Value): Value {
  try {
    return call();
  } catch (thrown) {
    const code = errnoName(thrown);
    throw new StreamFault({
      tag: 'last-operation-failed',
      value: new IoError(code.replaceAll('-', ' '), code),
    });
  }
}

export function readFrom(file: OpenFile, offset: bigint): InputStream {
  let position = offset;
  return {
    pollable: NOW,
    read: (_run, most) => {
      const bytes = new Uint8Array(most);
      const count = streamed(() => file.descriptor.readAt([bytes], position));
      position += BigInt(count);
      return count === 0 && most > 0 ? undefined : bytes.subarray(0, count);
    },
    close: (run) => file.close(run),
  };
}

/** @param offset where to begin; undefined always writes at the end */
export function writeTo(file: OpenFile, offset: bigint | undefined): OutputStream {
  let position = offset;
  return {
    pollable: NOW,
    write: (_run, bytes) => {
      for (let at = 0; at < bytes.length;) {
        const place = position ?? file.descriptor.stat().size;
        const count = streamed(() => file.descriptor.writeAt([bytes.subarray(at)], place));
        if (count === 0) throw new Trap('a file takes no bytes');
        at += count;
        if (position !== undefined) position += BigInt(count);
      }
    },
    flush: () => {},
    close: (run) => file.close(run),
  };
}

/** What is left of a directory's names. */
export class EntryStream {
  #index = 2;

  constructor(private readonly file: OpenFile) {}

  next(): { readonly type: string; readonly name: string } | undefined {
    const { directory } = this.file;
    while (this.#index < directory.entries) {
      const entry = directory.entry(this.#index);
      this.#index += 1;
      if (entry === undefined) continue;
      return { type: typeName(entry.fileType), name: Buffer.from(entry.name).toString() };
    }
    return undefined;
  }

  close(run: Run): void {
    this.file.close(run);
  }
}

const TYPE_NAMES = new Map<number, string>([
  [FileType.BLOCK_DEVICE, 'block-device'],
  [FileType.CHARACTER_DEVICE, 'character-device'],
  [FileType.DIRECTORY, 'directory'],
  [FileType.SYMBOLIC_LINK, 'symbolic-link'],
  [FileType.REGULAR_FILE, 'regular-file'],
]);

/** descriptor-type. A socket is unknown: preview1's adapter, in most components, traps on `socket`. */
export function typeName(fileType: number): string {
  return TYPE_NAMES.get(fileType) ?? 'unknown';
}

/** Bits of descriptor-flags. */
export const DescriptorFlag = {
  READ: 1,
  WRITE: 2,
  FILE_SYNC: 4,
  DATA_SYNC: 8,
  REQUESTED_SYNC: 16,
  MUTATE: 32,
} as const;

/** descriptor-flags of what is open. */
export function flagsOf({ descriptor }: OpenFile): number {
  const { rights } = descriptor;
  const has = (right: number, flag: number): number => ((rights & right) === 0 ? 0 : flag);
  if (descriptor.fileType === FileType.DIRECTORY) {
    return DescriptorFlag.READ | has(Right.PATH_CREATE_FILE, DescriptorFlag.MUTATE);
  }
  return has(Right.FD_READ, DescriptorFlag.READ) | has(Right.FD_WRITE, DescriptorFlag.WRITE);
}
