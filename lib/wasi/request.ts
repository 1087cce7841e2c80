// `/dev/wasm-fcgi`: a directory of ours, with no place on the host, that holds the request as a file.
// Programs that can be snapshots read it once they are ready; the others need not know of it. `ready` is
// for those that would take what they read for their configuration, as PHP does: it is always empty, so
// that no visitor has a say in that. In a run from a snapshot there is `fresh` besides: who opens it
// wants to be begun anew, without the snapshot.

import { FileType, Right, Whence } from './abi.js';
import { Descriptor } from './descriptor.js';
import { Directory, type DirectoryEntry } from './directory.js';
import { Fault } from './errno.js';
import type { HostFds } from './hostfds.js';
import type { Listings } from './listings.js';
import type { FileStat } from './stat.js';

/** After the preopens of a run, so that their numbers are what the configuration says. */
export const REQUEST_DIRECTORY = '/dev/wasm-fcgi';
const REQUEST = 'request';
const READY = 'ready';
const FRESH = 'fresh';
/** Of the host, for walks: nothing is beneath it. */
const NO_FD = -1;
const HERE_RIGHTS =
  Right.PATH_OPEN | Right.PATH_FILESTAT_GET | Right.FD_FILESTAT_GET | Right.FD_READDIR;
const FILE_RIGHTS =
  Right.FD_READ | Right.FD_SEEK | Right.FD_TELL | Right.FD_FILESTAT_GET | Right.POLL_FD_READWRITE;
const INHERITING = HERE_RIGHTS | FILE_RIGHTS;

/** As of a file in /proc: how long it is turns out when it is read. */
function statOf(ino: bigint, fileType: number): FileStat {
  return { dev: 0n, ino, fileType, nlink: 1n, size: 0n, atim: 0n, mtim: 0n, ctim: 0n };
}
const HERE_STAT = statOf(1n, FileType.DIRECTORY);
const FILE_STAT = statOf(2n, FileType.REGULAR_FILE);
const FRESH_STAT = statOf(3n, FileType.REGULAR_FILE);
const READY_STAT = statOf(4n, FileType.REGULAR_FILE);

export class RequestDirectory extends Directory {
  readonly #fds: HostFds;
  readonly #listings: Listings;

  /**
   * @param env of the run, `K=V` byte strings: what the file says
   * @param preopen as of any directory
   * @param decline opens `fresh`; undefined where there is none
   */
  constructor(
    fds: HostFds,
    listings: Listings,
    readonly env: readonly string[],
    preopen: string | undefined,
    private readonly decline: (() => never) | undefined,
  ) {
    super(
      fds,
      listings,
      NO_FD,
      { rights: HERE_RIGHTS, inheriting: INHERITING, readOnly: true },
      preopen,
    );
    this.#fds = fds;
    this.#listings = listings;
  }

  /** @throws Fault ENOENT, ENOTDIR, EPERM; what `decline` throws */
  openBeneath(path: string, asDirectory: boolean): Descriptor {
    const name = nameIn(path, this.list());
    if (name === undefined) {
      return new RequestDirectory(this.#fds, this.#listings, this.env, undefined, this.decline);
    }
    if (asDirectory) throw new Fault('ENOTDIR');
    if (name === FRESH) this.decline?.();
    return name === READY ? new RequestFile([], READY_STAT) : new RequestFile(this.env);
  }

  /** @throws Fault ENOENT, ENOTDIR, EPERM */
  statBeneath(path: string): FileStat {
    return statOfName(nameIn(path, this.list()));
  }

  override list(): string[] {
    return this.decline === undefined ? [REQUEST, READY] : [REQUEST, READY, FRESH];
  }
  override get entries(): number {
    return this.list().length + 2;
  }
  override entry(index: number): DirectoryEntry | undefined {
    const name = ['.', '..', ...this.list()][index];
    if (name === undefined) return undefined;
    const { ino, fileType } = statOfName(index < 2 ? undefined : name);
    return { name: Buffer.from(name), ino, fileType };
  }
  override get identity(): string {
    return '';
  }
  override stat(): FileStat {
    return HERE_STAT;
  }
  override sync(): void {}
  override close(): void {}
}

function statOfName(name: string | undefined): FileStat {
  if (name === undefined) return HERE_STAT;
  if (name === READY) return READY_STAT;
  return name === FRESH ? FRESH_STAT : FILE_STAT;
}

/** Which of the names a path leads to; undefined: to the directory itself. */
function nameIn(path: string, known: readonly string[]): string | undefined {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (path.startsWith('/') || names.includes('..')) throw new Fault('EPERM');
  const [name] = names;
  if (name === undefined) return undefined;
  if (!known.includes(name)) throw new Fault('ENOENT');
  if (names.length > 1 || /\/\.?$/.test(path)) throw new Fault('ENOTDIR');
  return name;
}

/** The request: its environment, as `NAME=value` byte strings with a NUL between them. To read it is to be ready. */
export class RequestFile extends Descriptor {
  override readonly fileType = FileType.REGULAR_FILE;
  #content: Buffer | undefined;

  constructor(
    readonly env: readonly string[],
    private readonly looks: FileStat = FILE_STAT,
  ) {
    super(FILE_RIGHTS, 0, true);
  }

  get content(): Buffer {
    return (this.#content ??= Buffer.from(this.env.join('\0'), 'latin1'));
  }

  override read(into: readonly Uint8Array[]): number {
    const bytes = this.readAt(into, BigInt(this.position));
    this.position += bytes;
    return bytes;
  }

  override readAt(into: readonly Uint8Array[], position: bigint): number {
    const { content } = this;
    const start = Math.min(Number(position), content.length);
    let at = start;
    for (const vector of into) at += content.copy(vector, 0, at);
    return at - start;
  }

  override seek(offset: bigint, whence: number): bigint {
    let from = 0;
    if (whence === Whence.CUR) from = this.position;
    else if (whence === Whence.END) from = this.content.length;
    else if (whence !== Whence.SET) throw new Fault('EINVAL');
    const position = BigInt(from) + offset;
    if (position < 0n) throw new Fault('EINVAL');
    if (position > Number.MAX_SAFE_INTEGER) throw new Fault('EOVERFLOW');
    this.position = Number(position);
    return position;
  }

  override sync(): void {}

  override stat(): FileStat {
    return this.looks;
  }

  override readable(): number {
    return Math.max(0, this.content.length - this.position);
  }
}
