// Files and directories as the interface and POSIX want them.

import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno, FileType } from '../../lib/wasi/abi.js';
import {
  ALL,
  CREAT,
  DIRECTORY,
  Driver,
  EXCL,
  READ,
  TRUNC,
  trampoline,
  WRITE,
} from './trampoline.js';
import { plant, type Tree } from './tree.js';

const APPEND = 1;
const RW = READ | WRITE;
const SIZE = 1n << 22n;

describe('files', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;
  const host = (name: string): string => join(tree.inside, name);
  const text = (name: string): string => readFileSync(host(name), 'latin1');

  const unlink = (name: string): number => driver.path('path_unlink_file', name);
  const rmdir = (name: string): number => driver.path('path_remove_directory', name);
  const mkdir = (name: string): number => driver.path('path_create_directory', name);

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

  it('are opened, created and truncated as the flags say', () => {
    for (const [name, flags, rights, errno] of [
      ['file', 0, READ, 0],
      ['none', 0, READ, Errno.ENOENT],
      ['file', DIRECTORY, READ, Errno.ENOTDIR],
      ['dir', DIRECTORY, READ, 0],
      ['dir', 0, 0n, 0],
      ['dir', 0, WRITE, Errno.EISDIR],
      ['dir', CREAT, READ, Errno.EISDIR],
      ['file', CREAT | EXCL, WRITE, Errno.EEXIST],
      ['new', CREAT | DIRECTORY, READ, Errno.EINVAL],
      ['new', 16, READ, Errno.EINVAL],
      ['new', CREAT | EXCL, WRITE, 0],
      ['new', CREAT, READ, 0],
      ['file/', 0, READ, Errno.ENOTDIR],
      ['file/.', 0, READ, Errno.ENOTDIR],
      ['file/x', 0, READ, Errno.ENOTDIR],
      ['dir/', 0, READ, 0],
      ['dir//.', 0, READ, 0],
      ['dir/..', 0, READ, 0],
      ['.', 0, READ, 0],
      ['made/', CREAT, WRITE, Errno.EISDIR],
      ['file', TRUNC, WRITE, 0],
    ] as const) {
      const what = `${name} ${flags} ${rights}`;
      expect(driver.open(name, { flags, rights }).errno, what).to.equal(errno);
    }
    expect(text('file')).to.equal('');
  });

  it('give EBADF for reading when opened for writing, and the other way round', () => {
    const { fd } = driver.open('file', { rights: WRITE });
    expect(driver.read(fd).errno).to.equal(Errno.EBADF);
    expect(driver.write(driver.open('file').fd, 'x').errno).to.equal(Errno.EBADF);
  });

  it('keep a position for read, write, seek and tell', () => {
    const { fd } = driver.open('file', { rights: RW });
    const seek = (offset: bigint, whence: number): number | bigint => {
      const errno = driver.call('fd_seek', fd, offset, whence, 0);
      return errno === 0 ? driver.view.getBigInt64(0, true) : errno;
    };
    expect(driver.read(fd, 4).text).to.equal('0123');
    expect(seek(1n, 1)).to.equal(5n);
    expect(driver.write(fd, 'x').bytes).to.equal(1);
    expect(seek(-2n, 2)).to.equal(8n);
    expect(driver.read(fd).text).to.equal('89');
    expect(driver.read(fd).text).to.equal('');
    expect(seek(3n, 0)).to.equal(3n);
    expect(driver.call('fd_tell', fd, 0)).to.equal(0);
    expect(driver.view.getBigUint64(0, true)).to.equal(3n);
    expect(seek(-1n, 0)).to.equal(Errno.EINVAL);
    expect(seek(0n, 3)).to.equal(Errno.EINVAL);
    expect(seek(1n << 62n, 0)).to.equal(Errno.EOVERFLOW);
    expect(driver.call('fd_seek', 3, 0n, 0, 0)).to.equal(Errno.EBADF);
    expect(text('file')).to.equal('01234x6789');
  });

  it('read and write several buffers in one call', () => {
    const { fd } = driver.open('file', { rights: RW });
    const view = driver.view;
    for (const [i, value] of [16384, 3, 0, 0, 16400, 4].entries()) {
      view.setUint32(512 + i * 4, value, true);
    }
    expect(driver.call('fd_read', fd, 512, 3, 0)).to.equal(0);
    expect(view.getUint32(0, true)).to.equal(7);
    expect(Buffer.from(driver.memory.buffer, 16400, 4).toString()).to.equal('3456');
    expect(driver.call('fd_pwrite', fd, 512, 3, 0n, 0)).to.equal(0);
    expect(driver.call('fd_pwrite', fd, 512, 3, 10n, 0)).to.equal(0);
    expect(text('file')).to.equal('01234567890123456');
  });

  it('append at the end whatever the position, and write at a position when told to', () => {
    const { fd } = driver.open('file', { rights: RW, fdFlags: APPEND });
    writeFileSync(host('file'), 'other', { flag: 'a' });
    expect(driver.write(fd, 'A').bytes).to.equal(1);
    expect(driver.pwrite(fd, 'P', 0n).bytes).to.equal(1);
    expect(driver.write(fd, 'B').bytes).to.equal(1);
    expect(text('file')).to.equal('P123456789otherAB');
  });

  it('turn appending on and off with fd_fdstat_set_flags', () => {
    const rights = RW | (1n << 3n) | (1n << 2n);
    const { fd } = driver.open('file', { rights });
    expect(driver.call('fd_fdstat_set_flags', fd, APPEND)).to.equal(0);
    driver.write(fd, 'A');
    expect(driver.call('fd_fdstat_get', fd, 0)).to.equal(0);
    expect(driver.view.getUint16(2, true)).to.equal(APPEND);
    expect(driver.call('fd_fdstat_set_flags', fd, 0)).to.equal(0);
    driver.call('fd_seek', fd, 0n, 0, 0);
    driver.write(fd, 'B');
    expect(text('file')).to.equal('B123456789A');
    expect(driver.call('fd_fdstat_set_flags', fd, 32)).to.equal(Errno.EINVAL);
  });

  it('are made longer and shorter', () => {
    const { fd } = driver.open('file', { rights: RW | SIZE | (1n << 8n) });
    expect(driver.call('fd_filestat_set_size', fd, 3n)).to.equal(0);
    expect(driver.call('fd_allocate', fd, 2n, 4n)).to.equal(0);
    expect(driver.call('fd_allocate', fd, 0n, 2n)).to.equal(0);
    expect(driver.call('fd_allocate', fd, 0n, 0n)).to.equal(Errno.EINVAL);
    expect(text('file')).to.equal('012\0\0\0');
    expect(driver.call('fd_filestat_set_size', fd, -1n)).to.equal(Errno.EINVAL);
    expect(driver.call('fd_advise', fd, 0n, 10n, 5)).to.equal(0);
    expect(driver.call('fd_advise', fd, 0n, 10n, 6)).to.equal(Errno.EINVAL);
    expect(driver.call('fd_sync', fd)).to.equal(0);
    expect(driver.call('fd_datasync', fd)).to.equal(0);
    expect(driver.call('fd_sync', 3)).to.equal(0);
  });

  it('have the attributes that the host shows', () => {
    linkSync(host('file'), host('second'));
    utimesSync(host('file'), 1000, 2000.5);
    symlinkSync('file', host('link'));
    const stat = statSync(host('file'), { bigint: true });
    const { fd } = driver.open('file');
    for (const get of [() => driver.call('fd_filestat_get', fd, 0), () => driver.stat('link')]) {
      expect(get()).to.equal(0);
      const at = (offset: number) => driver.view.getBigUint64(offset, true);
      expect([0, 8, 16, 24, 32, 40, 48, 56].map(at)).to.deep.equal([
        stat.dev,
        stat.ino,
        BigInt(FileType.REGULAR_FILE),
        2n,
        10n,
        1_000_000_000_000n,
        2_000_500_000_000n,
        stat.ctimeNs,
      ]);
    }
    driver.stat('link', 0);
    expect(driver.view.getUint8(16)).to.equal(FileType.SYMBOLIC_LINK);
    driver.stat('dir');
    expect(driver.view.getUint8(16)).to.equal(FileType.DIRECTORY);
  });

  it('take times: given, now, or left as they are', () => {
    symlinkSync('file', host('link'));
    const set = (name: string, lookup: number, atim: bigint, mtim: bigint, flags: number) =>
      driver.call('path_filestat_set_times', 3, lookup, ...driver.put(name), atim, mtim, flags);
    const second = 1_000_000_000n;
    expect(set('link', 1, 5n * second, 1_234_567_890_123_456_000n, 1 | 4)).to.equal(0);
    let stat = statSync(host('file'), { bigint: true });
    expect([stat.atimeNs, stat.mtimeNs]).to.deep.equal([5n * second, 1_234_567_890_123_456_000n]);
    expect(set('file', 1, 7n * second, 9n, 1)).to.equal(0);
    stat = statSync(host('file'), { bigint: true });
    expect([stat.atimeNs, stat.mtimeNs]).to.deep.equal([7n * second, 1_234_567_890_123_456_000n]);
    expect(set('link', 0, 0n, 0n, 1 | 4)).to.equal(0);
    expect(statSync(host('file')).atimeMs).to.equal(7000);
    expect(set('file', 1, 0n, 0n, 2 | 8)).to.equal(0);
    expect(Math.abs(statSync(host('file')).mtimeMs - Date.now())).to.be.below(5000);
    for (const flags of [1 | 2, 4 | 8, 16]) {
      expect(set('file', 1, 0n, 0n, flags)).to.equal(Errno.EINVAL);
    }
    const { fd } = driver.open('file', { rights: RW | (1n << 23n) });
    expect(driver.call('fd_filestat_set_times', fd, 0n, 11n * second, 4)).to.equal(0);
    expect(statSync(host('file')).mtimeMs).to.equal(11_000);
  });

  it('are removed, renamed and linked by name, with the errors of POSIX', () => {
    mkdirSync(host('full'));
    writeFileSync(host('full/x'), '');
    for (const [what, errno, expected] of [
      ['unlink dir', unlink('dir'), Errno.EISDIR],
      ['unlink dir/', unlink('dir/'), Errno.EISDIR],
      ['unlink file/', unlink('file/'), Errno.ENOTDIR],
      ['unlink none', unlink('none'), Errno.ENOENT],
      ['unlink .', unlink('.'), Errno.EISDIR],
      ['rmdir file', rmdir('file'), Errno.ENOTDIR],
      ['rmdir full', rmdir('full'), Errno.ENOTEMPTY],
      ['rmdir .', rmdir('.'), Errno.EINVAL],
      ['rmdir dir/', rmdir('dir/'), 0],
      ['mkdir dir/', mkdir('dir/'), 0],
      ['mkdir dir', mkdir('dir'), Errno.EEXIST],
      ['mkdir .', mkdir('.'), Errno.EEXIST],
      ['mkdir none/x', mkdir('none/x'), Errno.ENOENT],
      ['rename file/ new', driver.rename('file/', 'new'), Errno.ENOTDIR],
      ['rename file new/', driver.rename('file', 'new/'), Errno.ENOTDIR],
      ['rename file dir', driver.rename('file', 'dir'), Errno.EISDIR],
      ['rename dir file', driver.rename('dir', 'file'), Errno.ENOTDIR],
      ['rename dir full', driver.rename('dir', 'full'), Errno.ENOTEMPTY],
      ['rename dir dir/in', driver.rename('dir', 'dir/in'), Errno.EINVAL],
      ['rename . x', driver.rename('.', 'x'), Errno.EBUSY],
      ['rename dir/ moved/', driver.rename('dir/', 'moved/'), 0],
      ['rename file moved/file', driver.rename('file', 'moved/file'), 0],
      ['link moved/file file', driver.link('moved/file', 'file'), 0],
      ['link file file', driver.link('file', 'file'), Errno.EEXIST],
      ['link file new/', driver.link('file', 'new/'), Errno.ENOENT],
      ['link moved new', driver.link('moved', 'new'), Errno.EPERM],
      ['unlink file', unlink('file'), 0],
    ] as const) {
      expect(errno, what).to.equal(expected);
    }
    expect(readdirSync(tree.inside).sort()).to.deep.equal(['full', 'moved']);
    expect(text('moved/file')).to.equal('0123456789');
  });

  it('are listed with cookies that stay what they were', () => {
    for (let i = 0; i < 50; i++) writeFileSync(host(`f${i}`), '');
    symlinkSync('nowhere', host('link'));
    const { fd } = driver.open('.', { flags: DIRECTORY, rights: 1n << 14n });
    for (const size of [24, 25, 40, 100, 4096, 60_000]) {
      const names = list(driver, fd, size, size < 30);
      if (size < 30) continue;
      const kept = names.map(([name]) => name).sort();
      expect(kept, `buffer of ${size}`).to.deep.equal(
        ['.', '..', ...readdirSync(tree.inside)].sort(),
      );
      const types = new Map(names.map(([name, type]) => [name, type]));
      expect(types.get('..')).to.equal(FileType.DIRECTORY);
      expect(types.get('dir')).to.equal(FileType.DIRECTORY);
      expect(types.get('f7')).to.equal(FileType.REGULAR_FILE);
      expect(types.get('link')).to.equal(FileType.SYMBOLIC_LINK);
    }
  });

  it('gives the listing of cookie 0 anew, and the old one until then', () => {
    const { fd } = driver.open('.', { flags: DIRECTORY, rights: 1n << 14n });
    expect(list(driver, fd, 4096)).to.have.length(4);
    writeFileSync(host('late'), '');
    expect(list(driver, fd, 4096, false, 2n)).to.have.length(2);
    expect(list(driver, fd, 4096)).to.have.length(5);
    expect(list(driver, fd, 4096, false, 99n)).to.have.length(0);
    expect(driver.call('fd_readdir', driver.open('file').fd, 0, 0, 0n, 0)).to.equal(Errno.ENOTDIR);
  });

  it('answer EBADF to calls for files on a directory, and what POSIX has to those on a stream', () => {
    for (const [name, args, directory, stream] of [
      ['fd_read', [0, 0, 0], Errno.EBADF, Errno.EBADF],
      ['fd_write', [0, 0, 0], Errno.EBADF, 0],
      ['fd_pread', [0, 0, 0n, 0], Errno.EBADF, Errno.EBADF],
      ['fd_pwrite', [0, 0, 0n, 0], Errno.EBADF, Errno.ESPIPE],
      ['fd_seek', [0n, 0, 0], Errno.EBADF, Errno.ESPIPE],
      ['fd_tell', [0], Errno.EBADF, Errno.ESPIPE],
      ['fd_allocate', [0n, 1n], Errno.EBADF, Errno.ENOTCAPABLE],
      ['fd_filestat_set_size', [0n], Errno.EBADF, Errno.ENOTCAPABLE],
      ['fd_filestat_set_times', [0n, 0n, 0], 0, Errno.ENOTCAPABLE],
      ['fd_sync', [], 0, Errno.EINVAL],
      ['fd_datasync', [], 0, Errno.EINVAL],
      ['fd_advise', [0n, 0n, 0], Errno.EBADF, 0],
      ['fd_readdir', [0, 0, 0n, 0], 0, Errno.ENOTDIR],
    ] as const) {
      expect(driver.call(name, 3, ...args), `${name} on a directory`).to.equal(directory);
      expect(driver.call(name, 1, ...args), `${name} on stdout`).to.equal(stream);
    }
    expect(driver.call('fd_pread', 0, 0, 0, 0n, 0)).to.equal(Errno.ESPIPE);
  });

  it('set the times of a directory through its fd', () => {
    const { fd } = driver.open('dir', { flags: DIRECTORY, rights: 1n << 23n });
    expect(driver.call('fd_filestat_set_times', fd, 0n, 12_000_000_000n, 4)).to.equal(0);
    expect(statSync(host('dir')).mtimeMs).to.equal(12_000);
  });

  it('leave names that are not UTF-8 out of listings', () => {
    writeFileSync(Buffer.concat([Buffer.from(`${tree.inside}/`), Buffer.from([0x66, 0xff])]), '');
    const { fd } = driver.open('.', { flags: DIRECTORY, rights: 1n << 14n });
    expect(list(driver, fd, 4096).map(([name]) => name)).to.have.members([
      '.',
      '..',
      'dir',
      'file',
    ]);
  });

  it('keep rights that were dropped dropped, and pass no more on than they had', () => {
    const { fd } = driver.open('dir', { flags: DIRECTORY, rights: 1n << 13n, inheriting: READ });
    expect(driver.open('x', { dir: fd, flags: CREAT }).errno).to.equal(Errno.ENOTCAPABLE);
    expect(driver.path('path_create_directory', 'x', fd)).to.equal(Errno.ENOTCAPABLE);
    writeFileSync(host('dir/x'), '');
    expect(driver.open('x', { dir: fd, rights: WRITE }).errno).to.equal(Errno.ENOTCAPABLE);
    expect(driver.open('x', { dir: fd }).errno).to.equal(0);
    expect(driver.call('fd_fdstat_set_rights', fd, 0n, 0n)).to.equal(0);
    expect(driver.open('x', { dir: fd }).errno).to.equal(Errno.ENOTCAPABLE);
    expect(driver.call('fd_fdstat_set_rights', fd, ALL, ALL)).to.equal(Errno.ENOTCAPABLE);
  });
});

/** Reads a directory as libc does; [name, type] of every entry that came whole. */
function list(
  driver: Driver,
  fd: number,
  size: number,
  once = false,
  from = 0n,
): [string, number][] {
  const names: [string, number][] = [];
  const at = 65_536;
  let cookie = from;
  for (;;) {
    expect(driver.call('fd_readdir', fd, at, size, cookie, 0)).to.equal(0);
    const used = driver.view.getUint32(0, true);
    let offset = 0;
    while (offset + 24 <= used) {
      const length = driver.view.getUint32(at + offset + 16, true);
      if (offset + 24 + length > used) break;
      expect(driver.view.getBigUint64(at + offset + 8, true) > 0n).to.equal(true);
      const name = Buffer.from(driver.memory.buffer, at + offset + 24, length).toString();
      names.push([name, driver.view.getUint8(at + offset + 20)]);
      cookie = driver.view.getBigUint64(at + offset, true);
      offset += 24 + length;
    }
    if (used < size || once) return names;
  }
}
