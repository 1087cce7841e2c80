// wasi:filesystem: files and directories on the capability walk of preview1, with its rights and limits.

import { createHash } from 'node:crypto';
import { FdFlag, FstFlag, OpenFlag, Right } from '../wasi/abi.js';
import { Directory } from '../wasi/directory.js';
import { Fault } from '../wasi/errno.js';
import { fileSize } from '../wasi/fd.js';
import { checkPath } from '../wasi/memory.js';
import * as names from '../wasi/names.js';
import { openAt } from '../wasi/pathopen.js';
import { DIRECTORY_RIGHTS, FILE_RIGHTS, WRITING_RIGHTS } from '../wasi/rights.js';
import type { FileStat } from '../wasi/stat.js';
import { type FileTimes, timesOf } from '../wasi/times.js';
import { type DateTime, dateTimeOf, nsOf } from './clocks.js';
import {
  DescriptorFlag,
  EntryStream,
  OpenFile,
  flagsOf,
  readFrom,
  typeName,
  writeTo,
} from './descriptors.js';
import type { IoError } from './errors.js';
import { FILESYSTEM_TEXT } from './filesystemtext.js';
import { attempt } from './result.js';
import type { Run } from './run.js';

const FOLLOW = 1;
/** Most bytes of one read. */
const PIECE_BYTES = 65_536;
/** Bits of open-flags. */
const OPEN_FLAGS: readonly (readonly [bit: number, flag: number])[] = [
  [1, OpenFlag.CREAT],
  [2, OpenFlag.DIRECTORY],
  [4, OpenFlag.EXCL],
  [8, OpenFlag.TRUNC],
];

type NewTime =
  { readonly tag: 'no-change' | 'now' } | { readonly tag: 'timestamp'; readonly value: DateTime };

function at(file: OpenFile, path: string): names.At {
  checkPath(Buffer.from(path));
  return { directory: file.directory, path };
}

function open(
  run: Run,
  file: OpenFile,
  pathFlags: number,
  path: string,
  openFlags: number,
  flags: number,
): OpenFile {
  const { directory } = at(file, path);
  if ((flags & DescriptorFlag.MUTATE) !== 0) directory.need(Right.PATH_CREATE_FILE);
  const reads = (flags & DescriptorFlag.READ) === 0 ? Right.FD_READ : 0;
  const writes = (flags & DescriptorFlag.WRITE) === 0 ? WRITING_RIGHTS : 0;
  const inheriting = (DIRECTORY_RIGHTS | FILE_RIGHTS) & directory.inheriting;
  // No directory is opened for writing; a file that is, need not be readable.
  const listing = writes === 0 ? 0 : DIRECTORY_RIGHTS & inheriting;
  const wanted = listing | (FILE_RIGHTS & ~(reads | writes));
  const sync = (flags & DescriptorFlag.FILE_SYNC) === 0 ? 0 : FdFlag.SYNC;
  const dataSync = (flags & DescriptorFlag.DATA_SYNC) === 0 ? 0 : FdFlag.DSYNC;
  const descriptor = openAt(run, directory, path, {
    follow: (pathFlags & FOLLOW) !== 0,
    openFlags: OPEN_FLAGS.reduce((sum, [bit, flag]) => sum | (openFlags & bit && flag), 0),
    fdFlags: sync | dataSync,
    rights: wanted,
    inheriting,
  });
  return new OpenFile(descriptor, run.fds.add(descriptor));
}

function shownStat({ fileType, nlink, size, atim, mtim, ctim }: FileStat) {
  return {
    type: typeName(fileType),
    'link-count': nlink,
    size,
    'data-access-timestamp': dateTimeOf(atim),
    'data-modification-timestamp': dateTimeOf(mtim),
    'status-change-timestamp': dateTimeOf(ctim),
  };
}

/** By preview1's flags. */
function timesFor(access: NewTime, modification: NewTime, was: () => FileStat): FileTimes {
  const bits = (time: NewTime, given: number, now: number): number =>
    time.tag === 'no-change' ? 0 : time.tag === 'now' ? now : given;
  const flags =
    bits(access, FstFlag.ATIM, FstFlag.ATIM_NOW) |
    bits(modification, FstFlag.MTIM, FstFlag.MTIM_NOW);
  const ns = (time: NewTime): bigint => (time.tag === 'timestamp' ? nsOf(time.value) : 0n);
  return timesOf(flags, ns(access), ns(modification), was);
}

/** Two numbers that are the same as long as it is the same file in the same state. */
function hashOf({ dev, ino, size, mtim, ctim }: FileStat) {
  const digest = createHash('sha256').update(`${dev} ${ino} ${size} ${mtim} ${ctim}`).digest();
  return { lower: digest.readBigUInt64LE(0), upper: digest.readBigUInt64LE(8) };
}

const types = {
  name: 'wasi:filesystem/types',
  text: FILESYSTEM_TEXT,
  functions: {
    '[method]descriptor.read-via-stream': (_run: Run, file: OpenFile, offset: bigint) =>
      attempt(() => {
        file.needFile(Right.FD_READ);
        return readFrom(file.retain(), fileSize(offset));
      }),
    '[method]descriptor.write-via-stream': (_run: Run, file: OpenFile, offset: bigint) =>
      attempt(() => {
        file.needFile(Right.FD_WRITE);
        const position = fileSize(offset);
        return writeTo(file.retain(), position);
      }),
    '[method]descriptor.append-via-stream': (_run: Run, file: OpenFile) =>
      attempt(() => {
        file.needFile(Right.FD_WRITE);
        return writeTo(file.retain(), undefined);
      }),
    '[method]descriptor.advise': (
      _run: Run,
      { descriptor }: OpenFile,
      offset: bigint,
      length: bigint,
    ) =>
      attempt(() => {
        descriptor.advise();
        fileSize(offset);
        fileSize(length);
      }),
    '[method]descriptor.sync-data': (_run: Run, { descriptor }: OpenFile) =>
      attempt(() => descriptor.dataSync()),
    '[method]descriptor.get-flags': (_run: Run, file: OpenFile) => attempt(() => flagsOf(file)),
    '[method]descriptor.get-type': (_run: Run, { descriptor }: OpenFile) =>
      attempt(() => typeName(descriptor.fileType)),
    '[method]descriptor.set-size': (_run: Run, { descriptor }: OpenFile, size: bigint) =>
      attempt(() => {
        descriptor.need(Right.FD_FILESTAT_SET_SIZE);
        descriptor.setSize(fileSize(size));
      }),
    '[method]descriptor.set-times': (
      run: Run,
      { descriptor }: OpenFile,
      access: NewTime,
      modification: NewTime,
    ) =>
      attempt(() => {
        descriptor.need(Right.FD_FILESTAT_SET_TIMES);
        const times = timesFor(access, modification, () => run.setTimes.refine(descriptor.stat()));
        descriptor.setTimes(times);
        run.setTimes.remember(descriptor.stat(), times);
      }),
    '[method]descriptor.read': (_run: Run, file: OpenFile, length: bigint, offset: bigint) =>
      attempt(() => {
        file.needFile(Right.FD_READ);
        const bytes = new Uint8Array(Number(length > PIECE_BYTES ? PIECE_BYTES : length));
        const count = file.descriptor.readAt([bytes], fileSize(offset));
        return [bytes.subarray(0, count), count === 0 && bytes.length > 0];
      }),
    '[method]descriptor.write': (_run: Run, file: OpenFile, bytes: Uint8Array, offset: bigint) =>
      attempt(() => {
        file.needFile(Right.FD_WRITE);
        return BigInt(file.descriptor.writeAt([bytes], fileSize(offset)));
      }),
    '[method]descriptor.read-directory': (run: Run, file: OpenFile) =>
      attempt(() => {
        const { directory } = file;
        directory.need(Right.FD_READDIR);
        // Each stream lists for itself: a descriptor of its own, which counts as one that is open.
        return new EntryStream(open(run, file, 0, '.', 2, DescriptorFlag.READ));
      }),
    '[method]descriptor.sync': (_run: Run, { descriptor }: OpenFile) =>
      attempt(() => descriptor.sync()),
    '[method]descriptor.create-directory-at': (run: Run, file: OpenFile, path: string) =>
      attempt(() => names.createDirectory(run, at(file, path))),
    '[method]descriptor.stat': (run: Run, { descriptor }: OpenFile) =>
      attempt(() => shownStat(run.setTimes.refine(descriptor.stat()))),
    '[method]descriptor.stat-at': (run: Run, file: OpenFile, flags: number, path: string) =>
      attempt(() => shownStat(names.statAt(run, at(file, path), (flags & FOLLOW) !== 0))),
    '[method]descriptor.set-times-at': (
      run: Run,
      file: OpenFile,
      flags: number,
      path: string,
      access: NewTime,
      modification: NewTime,
    ) =>
      attempt(() =>
        names.setTimesAt(run, at(file, path), (flags & FOLLOW) !== 0, (stat) =>
          timesFor(access, modification, () => run.setTimes.refine(stat)),
        ),
      ),
    '[method]descriptor.link-at': (
      run: Run,
      file: OpenFile,
      flags: number,
      old: string,
      into: OpenFile,
      made: string,
    ) => attempt(() => names.link(run, at(file, old), (flags & FOLLOW) !== 0, at(into, made))),
    '[method]descriptor.open-at': (
      run: Run,
      file: OpenFile,
      pathFlags: number,
      path: string,
      openFlags: number,
      flags: number,
    ) => attempt(() => open(run, file, pathFlags, path, openFlags, flags)),
    '[method]descriptor.readlink-at': (run: Run, file: OpenFile, path: string) =>
      attempt(() => names.readLink(run, at(file, path)).toString()),
    '[method]descriptor.remove-directory-at': (run: Run, file: OpenFile, path: string) =>
      attempt(() => names.removeDirectory(run, at(file, path))),
    '[method]descriptor.rename-at': (
      run: Run,
      file: OpenFile,
      old: string,
      into: OpenFile,
      renamed: string,
    ) => attempt(() => names.rename(run, at(file, old), at(into, renamed))),
    '[method]descriptor.symlink-at': (run: Run, file: OpenFile, text: string, path: string) =>
      attempt(() => {
        checkPath(Buffer.from(text));
        names.symlink(run, text, at(file, path));
      }),
    '[method]descriptor.unlink-file-at': (run: Run, file: OpenFile, path: string) =>
      attempt(() => names.unlinkFile(run, at(file, path))),
    '[method]descriptor.is-same-object': (_run: Run, one: OpenFile, other: OpenFile) => {
      const [first, second] = [one.descriptor.stat(), other.descriptor.stat()];
      return first.dev === second.dev && first.ino === second.ino;
    },
    '[method]descriptor.metadata-hash': (_run: Run, { descriptor }: OpenFile) =>
      attempt(() => hashOf(descriptor.stat())),
    '[method]descriptor.metadata-hash-at': (
      run: Run,
      file: OpenFile,
      flags: number,
      path: string,
    ) => attempt(() => hashOf(names.statAt(run, at(file, path), (flags & FOLLOW) !== 0))),
    '[method]directory-entry-stream.read-directory-entry': (_run: Run, entries: EntryStream) =>
      attempt(() => entries.next()),
    'filesystem-error-code': (_run: Run, { code }: IoError) => code,
  },
};

/** Fds 0 to 2 are stdio, the preopens follow. */
function directories(run: Run): (readonly [OpenFile, string])[] {
  return run.process.preopens.map(({ guest }, index) => {
    const held = run.fds.get(index + 3);
    if (!(held instanceof Directory)) throw new Fault('ENOTDIR');
    const name = Buffer.from(guest, 'latin1').toString('utf8');
    return [new OpenFile(held, index + 3).retain(), name] as const;
  });
}

const preopens = {
  name: 'wasi:filesystem/preopens',
  text: `
    use wasi:filesystem/types descriptor
    func get-directories -> list<tuple<descriptor,string>>
  `,
  functions: { 'get-directories': directories },
};

export const filesystem = [types, preopens];
