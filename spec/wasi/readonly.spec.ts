// A read-only preopen: everything that changes anything is EROFS, everything that reads works.

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno } from '../../lib/wasi/abi.js';
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

const ALLOCATE = 1n << 8n;
const SET_SIZE = 1n << 22n;
const READ_ONLY = 3;
const WRITABLE = 4;

describe('a read-only preopen', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
    mkdirSync(join(tree.inside, 'dir'));
    writeFileSync(join(tree.inside, 'file'), 'content');
    symlinkSync('file', join(tree.inside, 'link'));
    const writable = { guest: '/w', host: tree.outside, readOnly: false };
    driver = new Driver(module, { preopens: [tree.preopen({ readOnly: true }), writable] });
  });
  afterEach(() => {
    driver.host.end();
    tree.remove();
  });

  const changes: Readonly<Record<string, () => number>> = {
    'opening for writing': () => driver.open('file', { rights: WRITE }).errno,
    'opening for reading and writing': () => driver.open('file', { rights: READ | WRITE }).errno,
    'opening to allocate': () => driver.open('file', { rights: ALLOCATE }).errno,
    'opening to set the size': () => driver.open('file', { rights: SET_SIZE }).errno,
    'opening to append': () => driver.open('file', { rights: WRITE, fdFlags: 1 }).errno,
    truncation: () => driver.open('file', { flags: TRUNC }).errno,
    'truncation through a symlink': () => driver.open('link', { flags: TRUNC }).errno,
    creation: () => driver.open('new', { flags: CREAT }).errno,
    'creation of what is there': () => driver.open('file', { flags: CREAT }).errno,
    'exclusive creation': () => driver.open('new', { flags: CREAT | EXCL }).errno,
    mkdir: () => driver.path('path_create_directory', 'new'),
    rmdir: () => driver.path('path_remove_directory', 'dir'),
    unlink: () => driver.path('path_unlink_file', 'file'),
    'unlink of a symlink': () => driver.path('path_unlink_file', 'link'),
    rename: () => driver.rename('file', 'new'),
    'rename into a writable preopen': () => driver.rename('file', 'new', READ_ONLY, WRITABLE),
    'rename from a writable preopen': () => driver.rename('file', 'new', WRITABLE, READ_ONLY),
    link: () => driver.link('file', 'new'),
    'a link from a writable preopen': () => driver.link('file', 'new', 0, READ_ONLY, WRITABLE),
    'a link into a writable preopen': () => driver.link('file', 'new', 0, WRITABLE, READ_ONLY),
    symlink: () =>
      driver.call('path_symlink', ...driver.put('file'), 3, ...driver.put('new', 8192)),
    'setting times by name': () =>
      driver.call('path_filestat_set_times', 3, 1, ...driver.put('file'), 0n, 0n, 5),
    'setting times of the directory': () => driver.call('fd_filestat_set_times', 3, 0n, 0n, 5),
    'setting times of an open file': () =>
      driver.call('fd_filestat_set_times', driver.open('file').fd, 0n, 0n, 5),
    'writing to a file opened for reading': () => driver.write(driver.open('file').fd, 'x').errno,
    'writing at a position': () => driver.pwrite(driver.open('file').fd, 'x', 0n).errno,
    'setting the size of an open file': () =>
      driver.call('fd_filestat_set_size', driver.open('file').fd, 0n),
    'allocating in an open file': () => driver.call('fd_allocate', driver.open('file').fd, 0n, 9n),
    'creation in a directory opened from it': () =>
      driver.open('new', {
        dir: driver.open('dir', { flags: DIRECTORY, rights: 1n << 13n }).fd,
        flags: CREAT,
      }).errno,
  };
  for (const [change, attempt] of Object.entries(changes)) {
    it(`answers EROFS to ${change}`, () => {
      expect(attempt()).to.equal(Errno.EROFS);
      expect(readdirSync(tree.inside).sort()).to.deep.equal(['dir', 'file', 'link']);
      expect(readdirSync(tree.outside)).to.deep.equal(['file']);
      expect(readFileSync(join(tree.inside, 'file'), 'utf8')).to.equal('content');
      expect(statSync(join(tree.inside, 'file')).mtimeMs).to.be.above(1e12);
      expect(statSync(tree.inside).mtimeMs).to.be.above(1e12);
    });
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
