// Open files as strict programs expect them: flags, rights, positions, sizes and times.

import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno, FileType } from '../../lib/wasi/abi.js';
import { ALL, CREAT, DIRECTORY, Driver, READ, TRUNC, trampoline, WRITE } from './trampoline.js';
import { plant, type Tree } from './tree.js';

const RW = READ | WRITE;
const SEEK = 1n << 2n;
const SET_FLAGS = 1n << 3n;
const TELL = 1n << 5n;
const ALLOCATE = 1n << 8n;
const SET_SIZE = 1n << 22n;
const SET_TIMES = 1n << 23n;
const PATH_SET_SIZE = 1n << 19n;
const APPEND = 1;
const NONBLOCK = 4;

describe('conformance: open files', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;
  const host = (name: string): string => join(tree.inside, name);
  const text = (name: string): string => readFileSync(host(name), 'latin1');

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
    mkdirSync(host('dir'));
    writeFileSync(host('file'), '0123456789');
    driver = new Driver(module, { preopens: [tree.preopen()] });
  });
  afterEach(() => {
    driver.host.end();
    tree.remove();
  });

  function create(name: string, rights = RW, fdFlags = 0): number {
    const { errno, fd } = driver.open(name, { flags: CREAT, rights, fdFlags });
    expect(errno).to.equal(0);
    return fd;
  }
  function fdstat(fd: number): { type: number; flags: number; base: bigint; inheriting: bigint } {
    expect(driver.call('fd_fdstat_get', fd, 0)).to.equal(0);
    const { view } = driver;
    const [base, inheriting] = [view.getBigUint64(8, true), view.getBigUint64(16, true)];
    return { type: view.getUint8(0), flags: view.getUint16(2, true), base, inheriting };
  }
  function sizeOf(fd: number): bigint {
    expect(driver.call('fd_filestat_get', fd, 0)).to.equal(0);
    return driver.view.getBigUint64(32, true);
  }
  function position(fd: number): bigint {
    expect(driver.call('fd_tell', fd, 0)).to.equal(0);
    return driver.view.getBigUint64(0, true);
  }
  function pread(fd: number, size: number, offset: bigint): string {
    driver.view.setUint32(512, 16_384, true);
    driver.view.setUint32(516, size, true);
    expect(driver.call('fd_pread', fd, 512, 1, offset, 0)).to.equal(0);
    const bytes = driver.view.getUint32(0, true);
    return Buffer.from(driver.memory.buffer, 16_384, bytes).toString('latin1');
  }

  it('show the flags they were opened with and those set since', () => {
    for (const flags of [0, APPEND, NONBLOCK, APPEND | NONBLOCK, 2, 8, 16, 31]) {
      const fd = create('flags', RW | SET_FLAGS, flags);
      expect(fdstat(fd)).to.deep.include({ type: FileType.REGULAR_FILE, flags });
      expect(driver.call('fd_fdstat_set_flags', fd, 31 ^ flags)).to.equal(0);
      expect(fdstat(fd).flags).to.equal(31 ^ flags);
    }
    expect(driver.open('.', { flags: DIRECTORY, fdFlags: NONBLOCK }).errno).to.equal(0);
    expect(driver.open('file', { fdFlags: 32 }).errno).to.equal(Errno.EINVAL);
  });

  it('append, then write where they stand when the flag is taken away', () => {
    const fd = create('log', RW | SEEK | TELL | SET_FLAGS, APPEND);
    driver.write(fd, 'one');
    driver.call('fd_seek', fd, 0n, 0, 0);
    driver.write(fd, 'two');
    expect(position(fd)).to.equal(6n);
    expect(driver.call('fd_fdstat_set_flags', fd, 0)).to.equal(0);
    driver.call('fd_seek', fd, 1n, 0, 0);
    driver.write(fd, 'X');
    expect(text('log')).to.equal('oXetwo');
  });

  it('have the rights asked for that the directory passes on, and give them up for good', () => {
    const fd = create('mine', RW | SEEK);
    expect(fdstat(fd).base).to.equal(RW | SEEK);
    expect(driver.call('fd_fdstat_set_rights', fd, READ, 0n)).to.equal(0);
    expect(fdstat(fd)).to.deep.include({ base: READ, inheriting: 0n });
    expect(driver.call('fd_fdstat_set_rights', fd, RW, 0n)).to.equal(Errno.ENOTCAPABLE);
    expect(driver.write(fd, 'x').errno).to.equal(Errno.EBADF);
    expect(driver.read(fd).errno).to.equal(0);
    expect(driver.call('fd_fdstat_set_rights', fd, 0n, 0n)).to.equal(0);
    expect(driver.read(fd).errno).to.equal(Errno.EBADF);
  });

  it('are opened for reading, writing or both, and refuse the rest', () => {
    for (const [rights, reads, writes] of [
      [READ, 0, Errno.EBADF],
      [WRITE, Errno.EBADF, 0],
      [RW, 0, 0],
      [0n, Errno.EBADF, Errno.EBADF],
    ] as const) {
      const { fd } = driver.open('file', { rights });
      expect(driver.read(fd, 1).errno, `read ${rights}`).to.equal(reads);
      expect(driver.write(fd, 'x').errno, `write ${rights}`).to.equal(writes);
    }
  });

  it('are truncated only through a directory with the right to set sizes', () => {
    const base = ALL & ~(RW | ALLOCATE | SET_SIZE | PATH_SET_SIZE);
    const { fd: dir } = driver.open('.', { flags: DIRECTORY, rights: base, inheriting: ALL });
    expect(driver.open('file', { dir, flags: TRUNC, rights: WRITE }).errno).to.equal(
      Errno.ENOTCAPABLE,
    );
    expect(text('file')).to.equal('0123456789');
    expect(driver.open('file', { dir, rights: WRITE }).errno).to.equal(0);
    expect(driver.open('file', { flags: TRUNC, rights: WRITE }).errno).to.equal(0);
    expect(text('file')).to.equal('');
  });

  it('seek from the start, the position and the end, and never before the start', () => {
    const { fd } = driver.open('file', { rights: RW | SEEK | TELL });
    const seek = (offset: bigint, whence: number) => driver.call('fd_seek', fd, offset, whence, 0);
    for (const [offset, whence, errno, then] of [
      [0n, 1, 0, 0n],
      [5n, 0, 0, 5n],
      [2n, 1, 0, 7n],
      [-3n, 2, 0, 7n],
      [-2000n, 1, Errno.EINVAL, 7n],
      [-1n, 0, Errno.EINVAL, 7n],
      [-11n, 2, Errno.EINVAL, 7n],
      [0n, 9, Errno.EINVAL, 7n],
      [100n, 2, 0, 110n],
    ] as const) {
      expect(seek(offset, whence), `${offset} ${whence}`).to.equal(errno);
      expect(position(fd)).to.equal(then);
    }
    expect(driver.read(fd).text).to.equal('');
    expect(driver.write(fd, 'end').bytes).to.equal(3);
    expect(sizeOf(fd)).to.equal(113n);
    expect(pread(fd, 200, 10n)).to.equal(`${'\0'.repeat(100)}end`);
  });

  it('read and write at a place without moving', () => {
    const { fd } = driver.open('file', { rights: RW | SEEK | TELL });
    driver.read(fd, 3);
    expect(pread(fd, 4, 6n)).to.equal('6789');
    expect(pread(fd, 4, 8n)).to.equal('89');
    expect(pread(fd, 4, 10n)).to.equal('');
    expect(pread(fd, 4, 1n << 40n)).to.equal('');
    expect(driver.pwrite(fd, 'AB', 2n).bytes).to.equal(2);
    expect(driver.pwrite(fd, 'C', 12n).bytes).to.equal(1);
    expect(position(fd)).to.equal(3n);
    expect(text('file')).to.equal('01AB456789\0\0C');
    for (const name of ['fd_pread', 'fd_pwrite']) {
      expect(driver.call(name, fd, 512, 0, -1n, 0), name).to.equal(Errno.EINVAL);
    }
  });

  it('are seen through a second fd as soon as they are written', () => {
    const writer = create('shared', WRITE);
    const reader = driver.open('shared').fd;
    driver.write(writer, 'a');
    expect(driver.read(reader, 1).text).to.equal('a');
    expect(driver.read(reader, 1).text).to.equal('');
    driver.write(writer, 'b');
    expect(driver.read(reader, 1).text).to.equal('b');
  });

  it('grow by allocation and never shrink by it', () => {
    const fd = create('space', RW | ALLOCATE | SET_SIZE);
    for (const [offset, length, size] of [
      [0n, 100n, 100n],
      [10n, 10n, 100n],
      [90n, 20n, 110n],
    ] as const) {
      expect(driver.call('fd_allocate', fd, offset, length)).to.equal(0);
      expect(sizeOf(fd)).to.equal(size);
    }
    expect(driver.call('fd_allocate', fd, 0n, 0n)).to.equal(Errno.EINVAL);
    expect(driver.call('fd_filestat_set_size', fd, 5n)).to.equal(0);
    expect(driver.call('fd_filestat_set_size', fd, 50n)).to.equal(0);
    expect(sizeOf(fd)).to.equal(50n);
    const reader = driver.open('space', { rights: READ }).fd;
    expect(driver.call('fd_filestat_set_size', reader, 0n)).to.equal(Errno.ENOTCAPABLE);
    expect(driver.call('fd_allocate', reader, 0n, 99n)).to.equal(Errno.ENOTCAPABLE);
  });

  it('take any advice of the six, and say so of no other', () => {
    const { fd } = driver.open('file', { rights: RW | (1n << 7n) });
    for (let advice = 0; advice < 6; advice++) {
      expect(driver.call('fd_advise', fd, 0n, 0n, advice)).to.equal(0);
      expect(driver.call('fd_advise', fd, 5n, 100n, advice)).to.equal(0);
    }
    for (const advice of [6, -1]) {
      expect(driver.call('fd_advise', fd, 0n, 1n, advice)).to.equal(Errno.EINVAL);
    }
    expect(driver.call('fd_advise', fd, -1n, 1n, 0)).to.equal(Errno.EINVAL);
    expect(driver.call('fd_advise', 3, 0n, 1n, 0)).to.equal(Errno.EBADF);
    expect(driver.call('fd_advise', 77, 0n, 1n, 0)).to.equal(Errno.EBADF);
  });

  it('take times to the microsecond, each alone, and refuse a time together with now', () => {
    const fd = create('times', RW | SET_TIMES);
    const set = (atim: bigint, mtim: bigint, flags: number) =>
      driver.call('fd_filestat_set_times', fd, atim, mtim, flags);
    expect(set(1_000_001_000n, 2_000_002_000n, 5)).to.equal(0);
    expect(set(9n, 3_000_003_000n, 4)).to.equal(0);
    driver.call('fd_filestat_get', fd, 0);
    const at = (offset: number) => driver.view.getBigUint64(offset, true);
    expect([at(40), at(48)]).to.deep.equal([1_000_001_000n, 3_000_003_000n]);
    expect(set(4_000_004_000n, 9n, 1)).to.equal(0);
    driver.call('fd_filestat_get', fd, 0);
    expect([at(40), at(48)]).to.deep.equal([4_000_004_000n, 3_000_003_000n]);
    expect(set(0n, 0n, 0)).to.equal(0);
    expect(statSync(host('times')).mtimeMs).to.equal(3000.003);
    for (const flags of [3, 12, 15, 7, 13, 16, 32_768]) {
      expect(set(100n, 100n, flags), String(flags)).to.equal(Errno.EINVAL);
      const path = driver.put('times');
      expect(driver.call('path_filestat_set_times', 3, 0, ...path, 100n, 100n, flags)).to.equal(
        Errno.EINVAL,
      );
    }
    expect(statSync(host('times')).mtimeMs).to.equal(3000.003);
  });

  it('read back the times they set to the ns, as long as nobody else sets others', () => {
    const fd = create('times', RW | SET_TIMES);
    const at = (): bigint[] => {
      driver.call('fd_filestat_get', fd, 0);
      const byFd = [40, 48].map((offset) => driver.view.getBigUint64(offset, true));
      driver.stat('times');
      expect([40, 48].map((offset) => driver.view.getBigUint64(offset, true))).to.deep.equal(byFd);
      return byFd;
    };
    const [atim = 0n, mtim = 0n] = at();
    // What is not set stays, although the host's clock counts ns.
    expect(driver.call('fd_filestat_set_times', fd, 0n, mtim - 100n, 4)).to.equal(0);
    expect(at()).to.deep.equal([atim, mtim - 100n]);
    const path = driver.put('times');
    const set = (a: bigint, m: bigint, flags: number) =>
      driver.call('path_filestat_set_times', 3, 0, ...path, a, m, flags);
    expect(set(1_234_567_891n, 0n, 1)).to.equal(0);
    expect(at()).to.deep.equal([1_234_567_891n, mtim - 100n]);
    expect(statSync(host('times'), { bigint: true }).atimeNs).to.equal(1_234_568_000n);
    utimesSync(host('times'), 5, 6);
    expect(at()).to.deep.equal([5_000_000_000n, 6_000_000_000n]);
    expect(set(7n, 0n, 1 | 8)).to.equal(0);
    const [, now = 0n] = at();
    expect(Math.abs(Number(now / 1_000_000n) - Date.now())).to.be.below(5000);
  });

  it('have attributes of their own: device, inode, type, links, size', () => {
    writeFileSync(host('other'), '');
    const seen = ['file', 'other', 'file'].map((name) => {
      driver.call('fd_filestat_get', driver.open(name).fd, 0);
      const at = (offset: number) => driver.view.getBigUint64(offset, true);
      return { dev: at(0), ino: at(8), type: at(16), nlink: at(24), size: at(32) };
    });
    expect(seen[0]).to.deep.equal(seen[2]);
    expect(seen[0]?.dev).to.equal(seen[1]?.dev);
    expect(seen[0]?.ino).to.not.equal(seen[1]?.ino);
    expect(seen[1]).to.deep.include({ type: 4n, nlink: 1n, size: 0n });
  });

  it('answer EBADF to every call for files on a directory', () => {
    const { fd } = driver.open('dir', { flags: DIRECTORY, rights: 1n << 14n });
    for (const [name, ...args] of [
      ['fd_advise', 0n, 0n, 0],
      ['fd_allocate', 0n, 1n],
      ['fd_filestat_set_size', 0n],
      ['fd_pread', 512, 0, 0n, 0],
      ['fd_pwrite', 512, 0, 0n, 0],
      ['fd_read', 512, 0, 0],
      ['fd_write', 512, 0, 0],
      ['fd_seek', 0n, 1, 0],
      ['fd_tell', 0],
    ] as const) {
      expect(driver.call(name, fd, ...args), name).to.equal(Errno.EBADF);
    }
    expect(fdstat(fd)).to.deep.include({ type: FileType.DIRECTORY, base: 1n << 14n });
    expect(driver.call('fd_sync', fd)).to.equal(0);
    expect(driver.call('fd_datasync', fd)).to.equal(0);
  });
});
