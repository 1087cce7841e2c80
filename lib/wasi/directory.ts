// A directory that is open: a host descriptor to walk from, never a path, and its listing.

import * as fs from 'node:fs';
import { inside } from './beneath.js';
import { FileType, Right } from './abi.js';
import { Descriptor } from './descriptor.js';
import { Fault } from './errno.js';
import type { HostFds } from './hostfds.js';
import type { Listings } from './listings.js';
import { type FileStat, fileStatOf, fileTypeOf } from './stat.js';
import type { FileTimes } from './times.js';

export interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly ino: bigint;
  readonly fileType: number;
}

/** Rights of calls that make no sense on a directory. */
const FOR_FILES = Right.FD_READ | Right.FD_WRITE | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE;

export class Directory extends Descriptor {
  override readonly fileType = FileType.DIRECTORY;
  #names: string[] | undefined;

  /** @param preopen the name a preopen has for the guest, a byte string; owns `fd` */
  constructor(
    private readonly fds: HostFds,
    private readonly listings: Listings,
    readonly fd: number,
    grant: { rights: number; inheriting: number; readOnly: boolean },
    readonly preopen?: string,
  ) {
    super(grant.rights, grant.inheriting, grant.readOnly);
  }

  /**
   * Reads the names anew; entries are then numbered from 0, `.` and `..` first, and keep their
   * numbers until the next call.
   * @throws Fault ENOMEM when the run holds too many names
   */
  list(): string[] {
    this.#forget();
    this.#names = this.listings.read(inside(this.fd, '.'));
    return this.#names;
  }

  /** How many entries the listing has; reads it when it was not read yet. */
  get entries(): number {
    return (this.#names ?? this.list()).length + 2;
  }

  /** Entry number `index` of the listing, or undefined when it has gone since. */
  entry(index: number): DirectoryEntry | undefined {
    // What lies above is nobody's business: `..` is the directory itself, as in `/`.
    const name = index < 2 ? '.' : this.#names?.[index - 2];
    if (name === undefined) return undefined;
    const stat = fs.lstatSync(inside(this.fd, name), { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const shown = index === 1 ? '..' : name;
    return { name: Buffer.from(shown), ino: stat.ino, fileType: fileTypeOf(Number(stat.mode)) };
  }

  /**
   * Calls for files answer EBADF, whatever rights there are: what preview1's own tests ask for, where
   * POSIX has EISDIR, EINVAL and ENODEV.
   */
  override need(rights: number): void {
    if ((rights & FOR_FILES) !== 0) throw new Fault('EBADF');
    super.need(rights);
  }

  override seek(): bigint {
    throw new Fault('EBADF');
  }
  override advise(): void {
    throw new Fault('EBADF');
  }
  override sync(): void {
    fs.fsyncSync(this.fd);
  }

  override get identity(): string {
    const { dev, ino } = fs.fstatSync(this.fd, { bigint: true });
    return `${dev} ${ino}`;
  }

  override stat(): FileStat {
    return fileStatOf(fs.fstatSync(this.fd, { bigint: true }));
  }

  override setTimes(times: FileTimes): void {
    fs.utimesSync(inside(this.fd, '.'), times.accessed, times.modified);
  }

  override close(): void {
    this.#forget();
    this.fds.close(this.fd);
  }

  #forget(): void {
    if (this.#names !== undefined) this.listings.forget(this.#names);
    this.#names = undefined;
  }
}
