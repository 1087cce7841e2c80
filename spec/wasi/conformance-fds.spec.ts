// fds, directories' listings, clocks and the rest of the interface as strict programs expect them.

import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno, FileType } from '../../lib/wasi/abi.js';
import { ALL, CREAT, DIRECTORY, Driver, READ, trampoline, WRITE } from './trampoline.js';
import { plant, type Tree } from './tree.js';

const READDIR = 1n << 14n;
const LISTING = 65_536;
const BIG = 65_536;

interface Entry {
  readonly next: bigint;
  readonly ino: bigint;
  readonly type: number;
  readonly name: string;
}

function names(entries: readonly Entry[]): string[] {
  return entries.map(({ name }) => name).sort();
}

describe('conformance: fds', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;
  const host = (name: string): string => join(tree.inside, name);

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
    mkdirSync(host('dir'));
    writeFileSync(host('file'), 'content');
    driver = new Driver(module, {
      preopens: [tree.preopen()],
      args: ['first', 'the ! \\ "second"', 'third'],
      env: ['A=text', 'B=escap \\ ing', 'C=new\nline'],
      stdin: 'input',
    });
    driver.call('grow', 4);
  });
  afterEach(() => {
    driver.host.end();
    tree.remove();
  });

  const openDir = (name = '.') => driver.open(name, { flags: DIRECTORY, rights: READDIR }).fd;
  function inodeOf(fd: number): bigint {
    expect(driver.call('fd_filestat_get', fd, 0)).to.equal(0);
    return driver.view.getBigUint64(8, true);
  }
  /** One call of fd_readdir: how much of the buffer was used, and the entries that came whole. */
  function readdir(fd: number, size: number, cookie = 0n): { used: number; entries: Entry[] } {
    expect(driver.call('fd_readdir', fd, LISTING, size, cookie, 0)).to.equal(0);
    const used = driver.view.getUint32(0, true);
    const entries: Entry[] = [];
    for (let at = LISTING; at + 24 <= LISTING + used;) {
      const length = driver.view.getUint32(at + 16, true);
      if (at + 24 + length > LISTING + used) break;
      entries.push({
        next: driver.view.getBigUint64(at, true),
        ino: driver.view.getBigUint64(at + 8, true),
        type: driver.view.getUint8(at + 20),
        name: Buffer.from(driver.memory.buffer, at + 24, length).toString(),
      });
      at += 24 + length;
    }
    return { used, entries };
  }

  describe('of directories', () => {
    it('list an empty one as `.` and `..`, with its own inode and type', () => {
      const fd = openDir('dir');
      const { used, entries } = readdir(fd, BIG);
      expect(used).to.be.below(BIG);
      expect(names(entries)).to.deep.equal(['.', '..']);
      for (const { type } of entries) expect(type).to.equal(FileType.DIRECTORY);
      expect(entries.find(({ name }) => name === '.')?.ino).to.equal(inodeOf(fd));
    });

    it('list files with the inode and the type that stat shows', () => {
      const { entries } = readdir(openDir(), BIG);
      const file = entries.find(({ name }) => name === 'file');
      expect(file?.type).to.equal(FileType.REGULAR_FILE);
      expect(file?.ino).to.equal(statSync(host('file'), { bigint: true }).ino);
      expect(file?.ino).to.equal(inodeOf(driver.open('file').fd));
      expect(entries.find(({ name }) => name === 'dir')?.type).to.equal(FileType.DIRECTORY);
    });

    it('go on from any cookie that an entry gave', () => {
      for (let i = 0; i < 5; i++) writeFileSync(host(`f${i}`), '');
      const fd = openDir();
      const { entries } = readdir(fd, BIG);
      for (const [i, { next }] of entries.entries()) {
        expect(readdir(fd, BIG, next).entries, `after ${i}`).to.deep.equal(entries.slice(i + 1));
      }
      expect(new Set(entries.map(({ next }) => next)).size).to.equal(entries.length);
      expect(readdir(fd, BIG, 1n << 40n)).to.deep.equal({ used: 0, entries: [] });
    });

    it('fill a buffer that is too small to its last byte, and never more', () => {
      const fd = openDir();
      const whole = readdir(fd, BIG).used;
      for (const size of [0, 1, 23, 24, 25, 26, 50, whole - 1, whole]) {
        const sentinel = LISTING + size;
        driver.view.setUint8(sentinel, 0xa5);
        expect(readdir(fd, size).used, String(size)).to.equal(size);
        expect(driver.view.getUint8(sentinel)).to.equal(0xa5);
      }
      expect(readdir(fd, whole + 1).used).to.equal(whole);
    });

    it('cut names of more than one byte anywhere', () => {
      writeFileSync(host('Действие'), '');
      const fd = openDir();
      const whole = readdir(fd, BIG).used;
      for (let size = 24; size <= whole; size++) {
        for (const { name } of readdir(fd, size).entries) {
          expect(name).to.be.oneOf(['.', '..', 'dir', 'file', 'Действие']);
        }
      }
    });

    it('list a thousand files through a small buffer, each once', () => {
      for (let i = 0; i < 1000; i++) writeFileSync(host(`dir/file.${i}`), '');
      const fd = openDir('dir');
      const seen: string[] = [];
      for (let cookie = 0n; ;) {
        const { used, entries } = readdir(fd, 256, cookie);
        seen.push(...entries.map(({ name }) => name));
        cookie = entries.at(-1)?.next ?? cookie;
        if (used < 256) break;
      }
      expect(seen).to.have.length(1002);
      expect(new Set(seen).size).to.equal(1002);
    });

    it('leave out what was removed since, and show what came when they are read anew', () => {
      for (const name of ['a', 'b', 'c']) writeFileSync(host(`dir/${name}`), '');
      const fd = openDir('dir');
      const [first] = readdir(fd, BIG).entries;
      rmSync(host('dir/b'));
      writeFileSync(host('dir/d'), '');
      expect(names(readdir(fd, BIG, first?.next).entries)).to.deep.equal(['..', 'a', 'c']);
      expect(names(readdir(fd, BIG).entries)).to.deep.equal(['.', '..', 'a', 'c', 'd']);
    });

    it('answer ENOTDIR to a listing or a path of a file, and need the right to list', () => {
      const { fd } = driver.open('file');
      expect(driver.call('fd_readdir', fd, LISTING, 100, 0n, 0)).to.equal(Errno.ENOTDIR);
      for (const name of ['path_create_directory', 'path_remove_directory', 'path_unlink_file']) {
        expect(driver.path(name, 'x', fd), name).to.equal(Errno.ENOTDIR);
      }
      expect(driver.stat('x', 1, fd)).to.equal(Errno.ENOTDIR);
      const { fd: dir } = driver.open('dir', { flags: DIRECTORY, rights: 1n << 13n });
      expect(driver.call('fd_readdir', dir, LISTING, 100, 0n, 0)).to.equal(Errno.ENOTCAPABLE);
    });
  });

  describe('that are preopens', () => {
    it('may be closed; what was opened from them stays', () => {
      const fd = openDir();
      expect(driver.call('fd_close', 3)).to.equal(0);
      expect(driver.call('fd_close', 3)).to.equal(Errno.EBADF);
      expect(driver.call('fd_prestat_get', 3, 0)).to.equal(Errno.EBADF);
      expect(driver.open('file').errno).to.equal(Errno.EBADF);
      expect(driver.call('fd_renumber', fd, 3)).to.equal(Errno.EBADF);
      expect(driver.call('fd_renumber', 3, fd)).to.equal(Errno.EBADF);
      expect(readdir(fd, BIG).entries).to.have.length(4);
    });

    it('may be replaced by another directory', () => {
      const { fd } = driver.open('dir', { flags: DIRECTORY, rights: READDIR | (1n << 13n) });
      const inode = inodeOf(fd);
      expect(driver.call('fd_renumber', fd, 3)).to.equal(0);
      expect(inodeOf(3)).to.equal(inode);
      expect(driver.call('fd_filestat_get', fd, 0)).to.equal(Errno.EBADF);
      expect(driver.open('file').errno).to.equal(Errno.ENOENT);
    });

    it('may be opened again as `.`, with the rights they pass on and no more', () => {
      driver.call('fd_fdstat_get', 3, 0);
      const base = driver.view.getBigUint64(8, true);
      const inheriting = driver.view.getBigUint64(16, true);
      expect(driver.view.getUint8(0)).to.equal(FileType.DIRECTORY);
      const { errno, fd } = driver.open('.', { flags: DIRECTORY, rights: base, inheriting: ALL });
      expect(errno).to.equal(0);
      expect(inodeOf(fd)).to.equal(inodeOf(3));
      driver.call('fd_fdstat_get', fd, 0);
      expect(driver.view.getBigUint64(8, true)).to.equal(base);
      expect(driver.view.getBigUint64(16, true)).to.equal(inheriting);
      expect(driver.open('/', { flags: DIRECTORY, rights: base }).errno).to.equal(Errno.EPERM);
    });
  });

  it('are renumbered with all they are, and only onto open ones', () => {
    const from = driver.open('file', { rights: READ | WRITE }).fd;
    const to = driver.open('to', { flags: CREAT, rights: READ }).fd;
    driver.read(from, 3);
    driver.call('fd_fdstat_get', from, 0);
    const stat = Buffer.from(driver.memory.buffer, 0, 24).toString('hex');
    expect(driver.call('fd_renumber', from, to)).to.equal(0);
    driver.call('fd_fdstat_get', to, 0);
    expect(Buffer.from(driver.memory.buffer, 0, 24).toString('hex')).to.equal(stat);
    expect(driver.read(to).text).to.equal('tent');
    expect(driver.call('fd_close', from)).to.equal(Errno.EBADF);
    for (const [a, b] of [
      [to, 100],
      [100, to],
      [to, -1],
      [100, 100],
    ] as const) {
      expect(driver.call('fd_renumber', a, b), `${a} ${b}`).to.equal(Errno.EBADF);
    }
    expect(driver.call('fd_renumber', to, to)).to.equal(0);
    expect(driver.open('file').fd).to.equal(from);
  });

  it('0 to 2 are described, may be renumbered, and are no terminals', () => {
    for (const fd of [0, 1, 2]) {
      expect(driver.call('fd_fdstat_get', fd, 0)).to.equal(0);
      expect(driver.view.getUint8(0)).to.not.equal(FileType.CHARACTER_DEVICE);
      const { fd: to } = driver.open('file');
      expect(driver.call('fd_renumber', fd, to)).to.equal(0);
      expect(driver.call('fd_fdstat_get', to, 0)).to.equal(0);
      expect(driver.call('fd_fdstat_get', fd, 0)).to.equal(Errno.EBADF);
      driver.call('fd_renumber', to, driver.open('file').fd);
    }
  });

  it('give arguments and environment byte for byte, and say how much that is', () => {
    for (const [what, strings] of [
      ['args', ['first', 'the ! \\ "second"', 'third']],
      ['environ', ['A=text', 'B=escap \\ ing', 'C=new\nline']],
    ] as const) {
      const bytes = Buffer.from(strings.map((text) => `${text}\0`).join(''));
      expect(driver.call(`${what}_sizes_get`, 0, 4)).to.equal(0);
      expect(driver.view.getUint32(0, true)).to.equal(3);
      expect(driver.view.getUint32(4, true)).to.equal(bytes.length);
      expect(driver.call(`${what}_get`, 1024, 2048)).to.equal(0);
      expect(Buffer.from(driver.memory.buffer, 2048, bytes.length)).to.deep.equal(bytes);
      for (const [i, text] of strings.entries()) {
        const at = driver.view.getUint32(1024 + 4 * i, true);
        expect(Buffer.from(driver.memory.buffer, at, text.length).toString()).to.equal(text);
      }
    }
  });

  it('tell clocks that go on, with a resolution, and refuse others', () => {
    const time = (clock: number, precision: bigint): bigint => {
      expect(driver.call('clock_time_get', clock, precision, 0)).to.equal(0);
      return driver.view.getBigUint64(0, true);
    };
    for (const clock of [0, 1]) {
      expect(driver.call('clock_res_get', clock, 0)).to.equal(0);
      expect(driver.view.getBigUint64(0, true) > 0n).to.equal(true);
      let before = time(clock, 0n);
      for (const precision of [0n, 1n, 1n << 63n, -1n]) {
        const now = time(clock, precision);
        expect(now >= before).to.equal(true);
        before = now;
      }
    }
    expect(driver.call('clock_time_get', 100, 0n, 0)).to.equal(Errno.EINVAL);
  });

  it('give random bytes of any number, each time others', () => {
    const random = (length: number): string => {
      expect(driver.call('random_get', 8192, length)).to.equal(0);
      return Buffer.from(driver.memory.buffer, 8192, length).toString('hex');
    };
    expect(random(0)).to.equal('');
    expect(random(32)).to.not.equal(random(32));
    expect(random(1024)).to.match(/[1-9a-f]/);
    expect(driver.call('random_get', 0, 0x0800_0000)).to.equal(Errno.EFAULT);
  });

  it('answer EBADF to sockets that are not open and ENOTSOCK to what is none', () => {
    for (const how of [1, 2, 3]) {
      expect(driver.call('sock_shutdown', 1000, how)).to.equal(Errno.EBADF);
      expect(driver.call('sock_shutdown', driver.open('file').fd, how)).to.equal(Errno.ENOTSOCK);
    }
    expect(driver.call('sched_yield')).to.equal(0);
    expect(driver.write(99, 'x').errno).to.equal(Errno.EBADF);
  });
});
