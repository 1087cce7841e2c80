// Paths as strict programs expect them: spellings, trailing slashes, symlinks made and followed, links
// and renames. Symlinks are allowed here.

import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno, FileType } from '../../lib/wasi/abi.js';
import { CREAT, DIRECTORY, Driver, EXCL, READ, TRUNC, trampoline, WRITE } from './trampoline.js';
import { plant, type Tree } from './tree.js';

const FOLLOW = 1;
const RW = READ | WRITE;

function expectAll(rows: readonly (readonly [string, number | string, number | string])[]): void {
  for (const [what, got, expected] of rows) expect(got, what).to.equal(expected);
}

describe('conformance: paths', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;
  const host = (name: string): string => join(tree.inside, name);

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
    mkdirSync(host('dir/nested'), { recursive: true });
    writeFileSync(host('dir/nested/file'), 'content');
    writeFileSync(host('file'), 'top');
    driver = new Driver(module, { preopens: [tree.preopen({ symlinks: true })] });
  });
  afterEach(() => {
    driver.host.end();
    tree.remove();
  });

  const symlink = (text: string, path: string): number =>
    driver.call('path_symlink', ...driver.put(text), 3, ...driver.put(path, 8192));
  const mkdir = (path: string): number => driver.path('path_create_directory', path);
  const rmdir = (path: string): number => driver.path('path_remove_directory', path);
  const unlink = (path: string): number => driver.path('path_unlink_file', path);
  const open = (path: string, lookup = FOLLOW, flags = 0, rights = READ): number =>
    driver.open(path, { lookup, flags, rights }).errno;
  /** Errno, or the text as far as `size` goes. */
  function readlink(path: string, size = 100): number | string {
    const errno = driver.call('path_readlink', 3, ...driver.put(path), 16_384, size, 0);
    if (errno !== 0) return errno;
    return Buffer.from(driver.memory.buffer, 16_384, driver.view.getUint32(0, true)).toString();
  }
  function typeOf(path: string, lookup: number): number {
    const errno = driver.stat(path, lookup);
    return errno === 0 ? driver.view.getUint8(16) : -errno;
  }
  it('are the same file however they are spelled', () => {
    for (const name of [
      'dir/nested/file',
      'dir/.//nested/../../dir/nested/../nested///./file',
      './dir/nested/file',
      'dir/nested/./././file',
      'dir/../dir/../dir/nested/file',
    ]) {
      const { errno, fd } = driver.open(name);
      expect(errno, name).to.equal(0);
      expect(driver.read(fd).text).to.equal('content');
    }
    expectAll([
      ['through a file', open('file/../dir/nested/file'), Errno.ENOTDIR],
      ['through nothing', open('bad/../dir/nested/file'), Errno.ENOENT],
      ['absolute', open('/dir/nested/file'), Errno.EPERM],
      ['NUL at the end', open('dir/nested/file\0'), Errno.EINVAL],
      ['NUL inside', open('dir\0/nested/file'), Errno.EINVAL],
      ['slash behind a file', open('dir/nested/file/'), Errno.ENOTDIR],
      ['slashes behind a file', open('dir/nested/file///'), Errno.ENOTDIR],
      ['slash behind a directory', open('dir/nested/', 1, DIRECTORY), 0],
      ['slashes behind a directory', open('dir/nested///', 1, DIRECTORY), 0],
      ['back to the top', open('dir/nested/../..', 1, DIRECTORY), 0],
      ['above the top', open('dir/nested/../../..', 1, DIRECTORY), Errno.EPERM],
    ]);
  });

  it('name what is there and say what is not', () => {
    expectAll([
      ['directory', typeOf('dir', FOLLOW), FileType.DIRECTORY],
      ['directory without following', typeOf('dir', 0), FileType.DIRECTORY],
      ['directory with slash', typeOf('dir/', 0), FileType.DIRECTORY],
      ['file', typeOf('file', FOLLOW), FileType.REGULAR_FILE],
      ['file without following', typeOf('file', 0), FileType.REGULAR_FILE],
      ['file with slash', typeOf('file/', FOLLOW), -Errno.ENOTDIR],
      ['nothing', typeOf('none', FOLLOW), -Errno.ENOENT],
      ['nothing with slash', typeOf('none/', FOLLOW), -Errno.ENOENT],
      ['nothing opened', open('none'), Errno.ENOENT],
      ['nothing made in nothing', open('none/new', 1, CREAT, WRITE), Errno.ENOENT],
      ['exclusive creation of what is there', open('file', 1, CREAT | EXCL, WRITE), Errno.EEXIST],
      ['exclusive creation of a directory', open('dir', 1, CREAT | EXCL, READ), Errno.EEXIST],
      [
        'opened below a file',
        driver.open('x', { dir: driver.open('file').fd }).errno,
        Errno.ENOTDIR,
      ],
    ]);
  });

  it('make symlinks, read them whole and cut, and tell them from what they point to', () => {
    expectAll([
      ['symlink', symlink('dir/nested/file', 'link'), 0],
      ['again', symlink('file', 'link'), Errno.EEXIST],
      ['over a file', symlink('file', 'file'), Errno.EEXIST],
      ['whole', readlink('link'), 'dir/nested/file'],
      ['cut', readlink('link', 4), 'dir/'],
      ['into nothing', readlink('link', 0), ''],
      ['of a file', readlink('file'), Errno.EINVAL],
      ['of a directory', readlink('dir'), Errno.EINVAL],
      ['of nothing', readlink('none'), Errno.ENOENT],
      ['itself', typeOf('link', 0), FileType.SYMBOLIC_LINK],
      ['size of itself', Number(driver.view.getBigUint64(32, true)), 'dir/nested/file'.length],
      ['its target', typeOf('link', FOLLOW), FileType.REGULAR_FILE],
      ['size of its target', Number(driver.view.getBigUint64(32, true)), 'content'.length],
      ['opened', open('link'), 0],
      ['removed', unlink('link'), 0],
      ['its target stays', typeOf('dir/nested/file', 0), FileType.REGULAR_FILE],
      ['absolute text', symlink('/etc/passwd', 'abs'), Errno.EPERM],
      ['empty text', symlink('', 'empty'), Errno.ENOENT],
      ['at a path outside', symlink('file', '../l'), Errno.EPERM],
    ]);
    expect(readdirSync(tree.inside).sort()).to.deep.equal(['dir', 'file']);
  });

  it('make symlinks with trailing slashes only where POSIX does', () => {
    expectAll([
      ['on nothing', symlink('source', 'target/'), Errno.ENOENT],
      ['on a directory', symlink('source', 'dir/'), Errno.EEXIST],
      ['on a file', symlink('source', 'file/'), Errno.ENOTDIR],
      ['of text with a slash', symlink('dir/', 'link'), 0],
      ['which is kept', readlink('link'), 'dir/'],
      ['and followed', typeOf('link', FOLLOW), FileType.DIRECTORY],
      ['text with a slash to a file', symlink('file/', 'bad'), 0],
      ['is not followed', open('bad'), Errno.ENOTDIR],
    ]);
  });

  it('follow no dangling symlink, and create through one', () => {
    expectAll([
      ['dangling', symlink('target', 'link'), 0],
      ['as directory, not followed', open('link', 0, DIRECTORY), Errno.ENOTDIR],
      ['not followed', open('link', 0), Errno.ELOOP],
      ['followed', open('link'), Errno.ENOENT],
      ['stat', driver.stat('link'), Errno.ENOENT],
      ['stat of itself', typeOf('link', 0), FileType.SYMBOLIC_LINK],
      ['exclusive creation', open('link', 1, CREAT | EXCL, WRITE), Errno.EEXIST],
      ['creation, not followed', open('link', 0, CREAT, WRITE), Errno.ELOOP],
      ['mkdir', mkdir('link'), Errno.EEXIST],
      ['rmdir', rmdir('link'), Errno.ENOTDIR],
      ['link onto it', driver.link('file', 'link'), Errno.EEXIST],
      ['creation', open('link', 1, CREAT, WRITE), 0],
    ]);
    expect(lstatSync(host('target')).isFile()).to.equal(true);
  });

  it('answer ELOOP to loops of one, two and three symlinks', () => {
    expectAll([
      ['one', symlink('self', 'self'), 0],
      ['two', symlink('b', 'a') + symlink('a', 'b'), 0],
      ['three', symlink('d/../q', 'p') + symlink('r', 'q') + symlink('p', 'r'), 0],
      ['directory of the loop', mkdir('d'), 0],
      ['open', open('self'), Errno.ELOOP],
      ['open without following', open('self', 0), Errno.ELOOP],
      ['open of two', open('a'), Errno.ELOOP],
      ['open of three', open('p'), Errno.ELOOP],
      ['below', open('self/x'), Errno.ELOOP],
      ['creation', open('self', 1, CREAT, WRITE), Errno.ELOOP],
      ['removed', unlink('self'), 0],
      ['gone', open('self'), Errno.ENOENT],
    ]);
  });

  it('keep O_NOFOLLOW apart from a trailing slash', () => {
    symlink('dir', 'to-dir');
    symlink('file', 'to-file');
    expectAll([
      ['directory link as directory', open('to-dir', 0, DIRECTORY), Errno.ENOTDIR],
      ['directory link', open('to-dir', 0), Errno.ELOOP],
      ['directory link with slash', open('to-dir/', 0, DIRECTORY), 0],
      ['directory link followed', open('to-dir', 1, DIRECTORY), 0],
      ['file link', open('to-file', 0), Errno.ELOOP],
      ['file link as directory', open('to-file', 0, DIRECTORY), Errno.ENOTDIR],
      ['file link followed as directory', open('to-file', 1, DIRECTORY), Errno.ENOTDIR],
      ['truncated without following', open('to-file', 0, TRUNC, WRITE), Errno.ELOOP],
      ['removed as directory', rmdir('to-dir'), Errno.ENOTDIR],
      ['removed as directory, with slash', rmdir('to-dir/'), Errno.ENOTDIR],
      ['removed with slash', unlink('to-dir/'), Errno.ENOTDIR],
      ['removed', unlink('to-dir'), 0],
    ]);
    expect(readFileSync(host('file'), 'utf8')).to.equal('top');
  });

  it('link files, and nothing else', () => {
    symlink('none', 'dangling');
    symlink('file', 'to-file');
    expectAll([
      ['a file', driver.link('file', 'hard'), 0],
      ['onto what is there', driver.link('file', 'hard'), Errno.EEXIST],
      ['onto itself', driver.link('hard', 'hard'), Errno.EEXIST],
      ['onto a directory', driver.link('file', 'dir'), Errno.EEXIST],
      ['onto a dangling symlink', driver.link('file', 'dangling'), Errno.EEXIST],
      ['with a slash behind', driver.link('file', 'hard2/'), Errno.ENOENT],
      ['from a file with a slash', driver.link('file/', 'hard2'), Errno.ENOTDIR],
      ['a directory', driver.link('dir', 'hard2'), Errno.EPERM],
      ['nothing', driver.link('none', 'hard2'), Errno.ENOENT],
      ['a symlink itself', driver.link('to-file', 'hard-link'), 0],
      ['which is one', typeOf('hard-link', 0), FileType.SYMBOLIC_LINK],
      ['through a symlink', driver.link('to-file', 'hard-file', FOLLOW), 0],
      ['which is a file', typeOf('hard-file', 0), FileType.REGULAR_FILE],
      ['through a dangling symlink', driver.link('dangling', 'hard3', FOLLOW), Errno.ENOENT],
    ]);
    expect(lstatSync(host('file')).nlink).to.equal(3);
    expect(lstatSync(host('file')).ino).to.equal(lstatSync(host('hard')).ino);
  });

  it('rename over what may be replaced, and nothing else', () => {
    mkdirSync(host('empty'));
    expectAll([
      ['a directory over an empty one', driver.rename('dir', 'empty'), 0],
      ['its old name', typeOf('dir', 0), -Errno.ENOENT],
      ['its content', typeOf('empty/nested/file', 0), FileType.REGULAR_FILE],
      ['made anew', mkdir('dir'), 0],
      ['over a full one', driver.rename('dir', 'empty'), Errno.ENOTEMPTY],
      ['over a file', driver.rename('dir', 'file'), Errno.ENOTDIR],
      ['a file over a directory', driver.rename('file', 'dir'), Errno.EISDIR],
      ['a file over a file', driver.rename('empty/nested/file', 'file'), 0],
      ['a file with a slash', driver.rename('file/', 'x'), Errno.ENOTDIR],
      ['a file to a name with a slash', driver.rename('file', 'x/'), Errno.ENOTDIR],
      ['a directory with slashes', driver.rename('dir/', 'x/'), 0],
      ['a directory with many', driver.rename('x///', 'dir//'), 0],
      ['into itself', driver.rename('empty', 'empty/nested/x'), Errno.EINVAL],
      ['onto itself', driver.rename('dir', 'dir'), 0],
      ['nothing', driver.rename('none', 'x'), Errno.ENOENT],
      ['a symlink, which stays one', symlink('none', 'l') + driver.rename('l', 'm'), 0],
      ['with its text', readlink('m'), 'none'],
      ['out of the preopen', driver.rename('file', '../file'), Errno.EPERM],
    ]);
    expect(readFileSync(host('file'), 'utf8')).to.equal('content');
  });

  it('remove files by unlink and empty directories by rmdir, slashes or not', () => {
    mkdirSync(host('empty'));
    expectAll([
      ['unlink of a directory', unlink('empty'), Errno.EISDIR],
      ['unlink of a directory with slash', unlink('empty/'), Errno.EISDIR],
      ['unlink of a file with slash', unlink('file/'), Errno.ENOTDIR],
      ['rmdir of a file', rmdir('file'), Errno.ENOTDIR],
      ['rmdir of a file with slash', rmdir('file/'), Errno.ENOTDIR],
      ['rmdir of a full one', rmdir('dir'), Errno.ENOTEMPTY],
      ['rmdir with slashes', rmdir('empty//'), 0],
      ['rmdir again', rmdir('empty'), Errno.ENOENT],
      ['mkdir with slash', mkdir('empty/'), 0],
      ['mkdir again', mkdir('empty'), Errno.EEXIST],
      ['rmdir', rmdir('empty'), 0],
      ['unlink', unlink('file'), 0],
      ['unlink again', unlink('file'), Errno.ENOENT],
    ]);
  });

  it('let an open file be read, written and made anew after its name is gone', () => {
    const { fd } = driver.open('file', { rights: RW });
    expect(unlink('file')).to.equal(0);
    expect(driver.read(fd).text).to.equal('top');
    expect(driver.write(fd, 'more').errno).to.equal(0);
    expect(driver.call('fd_filestat_get', fd, 0)).to.equal(0);
    expect(driver.view.getBigUint64(24, true)).to.equal(0n);
    expect(open('file', 1, CREAT | EXCL, WRITE)).to.equal(0);
    const dir = driver.open('dir/nested', { flags: DIRECTORY, rights: 1n << 14n }).fd;
    expect([unlink('dir/nested/file'), rmdir('dir/nested')]).to.deep.equal([0, 0]);
    expect(driver.call('fd_readdir', dir, 8192, 100, 0n, 0)).to.equal(0);
    expect(driver.open('x', { dir, flags: CREAT, rights: WRITE }).errno).to.be.oneOf([
      Errno.ENOENT,
      Errno.ENOTCAPABLE,
    ]);
    expect(mkdir('dir/nested')).to.equal(0);
  });

  it('open and close 2,000 times without taking anything', () => {
    for (let i = 0; i < 2000; i++) {
      const { errno, fd } = driver.open('file');
      expect([errno, fd]).to.deep.equal([0, 4]);
      driver.call('fd_close', fd);
    }
  });

  it('make no symlink without the right to, nor from a directory that gave it up', () => {
    const { fd } = driver.open('dir', { flags: DIRECTORY, rights: 1n << 24n, inheriting: 0n });
    const at = (dir: number) =>
      driver.call('path_symlink', ...driver.put('x'), dir, ...driver.put('l', 8192));
    expect(at(fd)).to.equal(0);
    expect(driver.call('fd_fdstat_set_rights', fd, 0n, 0n)).to.equal(0);
    expect(at(fd)).to.equal(Errno.EPERM);
    driver.host.end();
    driver = new Driver(module, {
      preopens: [tree.preopen(), tree.preopen({ symlinks: true, readOnly: true })],
    });
    expect(at(3)).to.equal(Errno.EPERM);
    expect(at(4)).to.equal(Errno.EROFS);
  });
});
