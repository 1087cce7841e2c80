// A read-only preopen: everything that changes anything is EROFS, everything that reads works.

import { lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno, FileType } from '../../lib/wasi/abi.js';
import { ALL, CREAT, DIRECTORY, Driver, READ, TRUNC, trampoline, WRITE } from './trampoline.js';
import { plant, type Tree } from './tree.js';

const ALLOCATE = 1n << 8n;
const SET_SIZE = 1n << 22n;
const READ_ONLY = 3;
const WRITABLE = 4;
const FOLLOW = 1;

/** How a name is reached: a directory to open first, and what stands before the name. */
const WAYS = [
  ['by name', '', ''],
  ['by a nested name', '', 'dir/'],
  ['by a name with ..', '', 'dir/../dir/../'],
  ['through a symlink', '', 'to-dir/'],
  ['in an open directory', 'dir', ''],
  ['in a directory opened through a symlink', 'to-dir', ''],
  ['below an open directory', 'dir', 'dir/'],
  ['through a symlink in an open directory', 'dir', 'to-dir/'],
  ['in the preopen, opened anew', '.', ''],
] as const;
const TARGETS = ['file', 'dir', 'new', 'link', 'to-dir'] as const;

type Attempts = Generator<readonly [call: string, errno: number]>;

/** Every call that changes something by name. */
function* pathChanges(driver: Driver, dir: number, path: string): Attempts {
  const symlinkText = 'file';
  for (const lookup of [0, FOLLOW]) {
    for (let flags = 0; flags < 16; flags++) {
      // CREAT with DIRECTORY is EINVAL whatever there is.
      if ((flags & (CREAT | DIRECTORY)) === (CREAT | DIRECTORY)) continue;
      for (const rights of [READ, WRITE, READ | WRITE, ALLOCATE, SET_SIZE, READ | SET_SIZE]) {
        if (rights === READ && (flags & (CREAT | TRUNC)) === 0) continue;
        const { errno } = driver.open(path, { dir, lookup, flags, rights, fdFlags: flags & 1 });
        yield [`path_open ${lookup} ${flags} ${rights}`, errno];
      }
    }
    for (const times of [1, 2, 4, 5, 8, 10]) {
      const at = driver.put(path);
      const errno = driver.call('path_filestat_set_times', dir, lookup, ...at, 0n, 0n, times);
      yield [`path_filestat_set_times ${times}`, errno];
    }
    yield ['path_link from', driver.link(path, 'fresh', lookup, dir, dir)];
    yield ['path_link out', driver.link(path, 'fresh', lookup, dir, WRITABLE)];
    yield ['path_link to', driver.link('file', path, lookup, dir, dir)];
    yield ['path_link in', driver.link('file', path, lookup, WRITABLE, dir)];
  }
  yield ['path_create_directory', driver.path('path_create_directory', path, dir)];
  yield ['path_remove_directory', driver.path('path_remove_directory', path, dir)];
  yield ['path_unlink_file', driver.path('path_unlink_file', path, dir)];
  yield ['path_rename from', driver.rename(path, 'fresh', dir, dir)];
  yield ['path_rename to', driver.rename('file', path, dir, dir)];
  yield ['path_rename out', driver.rename(path, 'fresh', dir, WRITABLE)];
  yield ['path_rename in', driver.rename('file', path, WRITABLE, dir)];
  const at = driver.put(path, 8192);
  yield ['path_symlink', driver.call('path_symlink', ...driver.put(symlinkText), dir, ...at)];
}

/** Every call that changes what is open, on what the name opens. */
function* fdChanges(driver: Driver, dir: number, path: string): Attempts {
  const { errno, fd } = driver.open(path, { dir });
  if (errno !== 0) return;
  driver.call('fd_fdstat_get', fd, 0);
  const isFile = driver.view.getUint8(0) === FileType.REGULAR_FILE;
  for (const times of [1, 4, 5, 10]) {
    yield ['fd_filestat_set_times', driver.call('fd_filestat_set_times', fd, 0n, 0n, times)];
  }
  if (!isFile) return;
  yield ['fd_write', driver.write(fd, 'x').errno];
  yield ['fd_pwrite', driver.pwrite(fd, 'x', 0n).errno];
  yield ['fd_filestat_set_size', driver.call('fd_filestat_set_size', fd, 0n)];
  yield ['fd_filestat_set_size', driver.call('fd_filestat_set_size', fd, 99n)];
  yield ['fd_allocate', driver.call('fd_allocate', fd, 0n, 99n)];
  // Flags by which a file may be opened for writing make it no more writable.
  for (const flags of [1, 2, 8, 16, 31]) {
    driver.call('fd_fdstat_set_flags', fd, flags);
    yield [`fd_write with flags ${flags}`, driver.write(fd, 'x').errno];
  }
}

/** Names, contents, times, inodes and link counts of all below, symlinks as such. */
function snapshot(path: string): string {
  const { ino, nlink, size, mode, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
  const own = `${path} ${ino} ${nlink} ${size} ${mode} ${mtimeNs} ${ctimeNs}\n`;
  const entries = (mode & 0o170_000n) === 0o040_000n ? readdirSync(path).sort() : [];
  return own + entries.map((name) => snapshot(join(path, name))).join('');
}

describe('a read-only preopen', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
    mkdirSync(join(tree.inside, 'dir/dir/dir'), { recursive: true });
    for (const place of ['', 'dir', 'dir/dir']) {
      writeFileSync(join(tree.inside, place, 'file'), 'content');
      symlinkSync('file', join(tree.inside, place, 'link'));
      symlinkSync('dir', join(tree.inside, place, 'to-dir'));
    }
    const writable = { guest: '/w', host: tree.outside, readOnly: false };
    driver = new Driver(module, { preopens: [tree.preopen({ readOnly: true }), writable] });
  });
  afterEach(() => {
    driver.host.end();
    tree.remove();
  });

  for (const [way, base, prefix] of WAYS) {
    for (const target of TARGETS) {
      it(`answers EROFS to all that changes ${target}, ${way}`, () => {
        const before = snapshot(join(tree.inside, '..'));
        const dir = base === '' ? READ_ONLY : openDirectory(base);
        const path = prefix + target;
        let tried = 0;
        for (const [call, errno] of pathChanges(driver, dir, path)) {
          expect(errno, `${call} ${path}`).to.equal(Errno.EROFS);
          tried++;
        }
        for (const [call, errno] of fdChanges(driver, dir, path)) {
          expect(errno, `${call} ${path}`).to.equal(Errno.EROFS);
          tried++;
        }
        expect(tried).to.be.at.least(100);
        expect(snapshot(join(tree.inside, '..'))).to.equal(before);
      });
    }
  }

  function openDirectory(path: string): number {
    // Asks for everything; gets what a read-only preopen passes on.
    const rights = ALL & ~(READ | WRITE | ALLOCATE | SET_SIZE);
    const { errno, fd } = driver.open(path, { flags: DIRECTORY, rights });
    expect(errno).to.equal(0);
    return fd;
  }

  it('lets everything be read', () => {
    const { errno, fd } = driver.open('link');
    expect(errno).to.equal(0);
    expect(driver.read(fd).text).to.equal('content');
    expect(driver.stat('file')).to.equal(0);
    expect(driver.open('dir', { flags: DIRECTORY }).errno).to.equal(0);
    expect(driver.call('fd_readdir', 3, 8192, 1000, 0n, 0)).to.equal(0);
    expect(driver.call('path_readlink', 3, ...driver.put('link'), 8192, 100, 0)).to.equal(0);
  });

  it('shows in its rights what it does not grant', () => {
    driver.call('fd_fdstat_get', READ_ONLY, 0);
    const inheriting = driver.view.getBigUint64(16, true);
    expect(inheriting & WRITE).to.equal(0n);
    expect(inheriting & READ).to.equal(READ);
    expect(driver.call('fd_fdstat_set_rights', READ_ONLY, ALL, ALL)).to.equal(Errno.ENOTCAPABLE);
  });
});
