// A directory that is open: a host descriptor to walk from, never a path, and its listing.

import { isUtf8 } from 'node:buffer';
import * as fs from 'node:fs';
import { inside } from './beneath.js';
import { FileType, Right } from './abi.js';
import { Descriptor } from './descriptor.js';
import { Fault } from './errno.js';
import type { HostFds } from './hostfds.js';
import { type FileStat, fileStatOf, fileTypeOf } from './stat.js';
import type { FileTimes } from './times.js';

export interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly ino: bigint;
  readonly fileType: number;
}

export class Directory extends Descriptor {
  override readonly fileType = FileType.DIRECTORY;
  #names: Buffer[] | undefined;

  /** @param preopen the name a preopen has for the guest, a byte string; owns `fd` */
  constructor(
    private readonly fds: HostFds,
    readonly fd: number,
    grant: { rights: number; inheriting: number; readOnly: boolean },
    readonly preopen?: string,
  ) {
    super(grant.rights, grant.inheriting, grant.readOnly);
  }

  /**
   * Reads the names anew; entries are then numbered from 0 and keep their numbers until the next
   * call. Names that are not UTF-8 are left out: no call could take them.
   */
  list(): void {
    const names = fs.readdirSync(inside(this.fd, '.'), { encoding: 'buffer' });
    this.#names = [Buffer.from('.'), Buffer.from('..'), ...names.filter((name) => isUtf8(name))];
  }

  /** How many entries the listing has; reads it when it was not read yet. */
  get entries(): number {
    if (this.#names === undefined) this.list();
    return this.#names?.length ?? 0;
  }

  /** Entry number `index` of the listing, or undefined when it has gone since. */
  entry(index: number): DirectoryEntry | undefined {
    const name = this.#names?.[index];
    if (name === undefined) return undefined;
    // What lies above is nobody's business: `..` is the directory itself, as in `/`.
    const shown = index < 2 ? '.' : name.toString();
    const stat = fs.lstatSync(inside(this.fd, shown), { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    return { name, ino: stat.ino, fileType: fileTypeOf(Number(stat.mode)) };
  }

  /** As POSIX says it, rather than that a right is missing. */
  override need(rights: number): void {
    if ((rights & (Right.FD_READ | Right.FD_WRITE)) !== 0) throw new Fault('EISDIR');
    super.need(rights);
  }

  override seek(): bigint {
    throw new Fault('EBADF');
  }
  override sync(): void {
    fs.fsyncSync(this.fd);
  }

  override stat(): FileStat {
    return fileStatOf(fs.fstatSync(this.fd, { bigint: true }));
  }

  override setTimes(times: FileTimes): void {
    fs.utimesSync(inside(this.fd, '.'), times.accessed, times.modified);
  }

  override close(): void {
    this.fds.close(this.fd);
  }
}
