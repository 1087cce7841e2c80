// `/dev/wasm-fcgi/request`: the request as a file, and nothing else there but `ready`, which is empty, and
// `fresh` in a run from a snapshot.

import { expect } from 'chai';
import { Errno, FileType } from '../../lib/wasi/abi.js';
import { ALL, CREAT, DIRECTORY, Driver, READ, trampoline, TRUNC, WRITE } from './trampoline.js';
import { openDescriptors, plant, type Tree } from './tree.js';

const NAME = '/dev/wasm-fcgi';
const ENV = ['REQUEST_METHOD=GET', 'NAME=a=b', 'LATIN=\xe9'];
const TEXT = ENV.join('\0');
/** After one preopen. */
const HERE = 4;

describe('the request as a file', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
    const preopens = [tree.preopen()];
    driver = new Driver(module, { preopens, env: ENV, requestDirectory: NAME });
  });
  afterEach(() => {
    driver.host.end();
    tree.remove();
  });

  const open = (path = 'request', options = {}): { errno: number; fd: number } =>
    driver.open(path, { dir: HERE, ...options });

  it('lies in a preopen behind those of the run, and in none where it is not wanted', () => {
    expect(driver.call('fd_prestat_get', HERE, 0)).to.equal(0);
    expect(driver.view.getUint32(4, true)).to.equal(NAME.length);
    expect(driver.call('fd_prestat_dir_name', HERE, 64, NAME.length)).to.equal(0);
    expect(Buffer.from(driver.memory.buffer, 64, NAME.length).toString()).to.equal(NAME);
    expect(driver.call('fd_prestat_get', HERE + 1, 0)).to.equal(Errno.EBADF);
    const without = new Driver(module, { preopens: [tree.preopen()], env: ENV });
    expect(without.call('fd_prestat_get', HERE, 0)).to.equal(Errno.EBADF);
    without.host.end();
  });

  it('is the environment, each entry but the last with a NUL behind it', () => {
    const { fd } = open();
    expect(driver.read(fd)).to.deep.equal({ errno: 0, text: TEXT });
    expect(driver.read(fd)).to.deep.equal({ errno: 0, text: '' });
  });

  it('is read in pieces, at any place, and again', () => {
    const { fd } = open('./request');
    expect([driver.read(fd, 7).text, driver.read(fd, 7).text]).to.deep.equal([
      TEXT.slice(0, 7),
      TEXT.slice(7, 14),
    ]);
    expect(driver.call('fd_seek', fd, -3n, 2, 0)).to.equal(0);
    expect(driver.view.getBigUint64(0, true)).to.equal(BigInt(TEXT.length - 3));
    expect(driver.read(fd).text).to.equal(TEXT.slice(-3));
    expect(driver.call('fd_seek', fd, 1_000n, 0, 0)).to.equal(0);
    expect(driver.read(fd)).to.deep.equal({ errno: 0, text: '' });
    expect(driver.call('fd_seek', fd, -1n, 0, 0)).to.equal(Errno.EINVAL);
    expect(driver.call('fd_seek', fd, 0n, 3, 0)).to.equal(Errno.EINVAL);
    expect(driver.call('fd_tell', fd, 0)).to.equal(0);
    expect(driver.call('fd_seek', fd, 2n ** 60n, 1, 0)).to.equal(Errno.EOVERFLOW);
    expect(driver.read(open().fd).text).to.equal(TEXT);
  });

  it('looks like a file of /proc: regular, of no length, and not to be changed', () => {
    for (const [path, type] of [
      ['request', FileType.REGULAR_FILE],
      ['.', FileType.DIRECTORY],
    ] as const) {
      expect(driver.stat(path, 1, HERE), path).to.equal(0);
      expect([driver.view.getUint8(16), driver.view.getBigUint64(32, true)]).to.deep.equal([
        type,
        0n,
      ]);
    }
    const { fd } = open();
    expect(driver.call('fd_filestat_get', fd, 0)).to.equal(0);
    expect(driver.view.getUint8(16)).to.equal(FileType.REGULAR_FILE);
    expect(driver.write(fd, 'x').errno).to.equal(Errno.EROFS);
    expect(driver.call('fd_filestat_set_size', fd, 0n)).to.equal(Errno.EROFS);
    expect(driver.call('fd_filestat_set_times', fd, 0n, 0n, 1)).to.equal(Errno.EROFS);
    for (const [flags, rights] of [
      [0, WRITE],
      [CREAT, READ],
      [TRUNC, READ],
      [CREAT | TRUNC, ALL],
    ] as const) {
      expect(open('request', { flags, rights }).errno).to.equal(Errno.EROFS);
    }
  });

  it('is alone: no other name is there, none can be made, and no way leads out', () => {
    for (const [path, errno] of [
      ['other', Errno.ENOENT],
      ['request/', Errno.ENOTDIR],
      ['request/.', Errno.ENOTDIR],
      ['request/x', Errno.ENOTDIR],
      ['other/../request', Errno.EPERM],
      ['..', Errno.EPERM],
      ['../../etc/passwd', Errno.EPERM],
      ['/etc/passwd', Errno.EPERM],
    ] as const) {
      expect(open(path).errno, path).to.equal(errno);
      expect(driver.stat(path, 1, HERE), path).to.equal(errno);
    }
    const link = driver.put('request');
    expect(driver.call('path_readlink', HERE, ...link, 4096, 64, 0)).to.equal(Errno.ENOTCAPABLE);
    for (const name of ['path_create_directory', 'path_remove_directory', 'path_unlink_file']) {
      for (const path of ['request', 'x']) {
        expect(driver.path(name, path, HERE), `${name} ${path}`).to.equal(Errno.EROFS);
      }
    }
    expect(driver.rename('request', 'x', HERE, 3)).to.equal(Errno.EROFS);
    expect(driver.rename('file', 'x', 3, HERE)).to.equal(Errno.EROFS);
    expect(driver.link('request', 'x', 0, HERE, 3)).to.equal(Errno.EROFS);
    expect(driver.link('file', 'x', 0, 3, HERE)).to.equal(Errno.EROFS);
    const at = driver.put('x', 8192);
    expect(driver.call('path_symlink', ...driver.put('file'), HERE, ...at)).to.equal(Errno.EROFS);
    expect(driver.call('path_filestat_set_times', HERE, 1, ...at, 0n, 0n, 1)).to.equal(Errno.EROFS);
  });

  it('is listed by its directory, which can be opened too', () => {
    for (const fd of [HERE, open('.', { flags: DIRECTORY }).fd]) {
      expect(driver.call('fd_readdir', fd, 4096, 512, 0n, 0)).to.equal(0);
      const bytes = Buffer.from(driver.memory.buffer, 4096, driver.view.getUint32(0, true));
      expect(bytes.toString('latin1')).to.match(/\.[^]{24}\.\.[^]{24}request[^]{24}ready$/);
      expect(driver.call('fd_sync', fd)).to.equal(0);
    }
    expect(open('request', { flags: DIRECTORY }).errno).to.equal(Errno.ENOTDIR);
  });

  it('has a file beside it that is read by who must not see it: it is empty', () => {
    const { errno, fd } = open('ready');
    expect([errno, driver.read(fd)]).to.deep.equal([0, { errno: 0, text: '' }]);
    expect(driver.call('fd_filestat_get', fd, 0)).to.equal(0);
    const ino = driver.view.getBigUint64(8, true);
    expect(driver.stat('ready', 1, HERE)).to.equal(0);
    expect(driver.view.getBigUint64(8, true)).to.equal(ino);
    expect(driver.stat('request', 1, HERE)).to.equal(0);
    expect(driver.view.getBigUint64(8, true)).to.not.equal(ino);
    expect(open('ready', { rights: WRITE }).errno).to.equal(Errno.EROFS);
    expect(open('ready/x').errno).to.equal(Errno.ENOTDIR);
  });

  it('takes no descriptor of the host, and none from the limit of the run', () => {
    const preopens = [tree.preopen()];
    const limits = { openFiles: 5 };
    const before = openDescriptors();
    const tight = new Driver(module, { preopens, env: ENV, limits, requestDirectory: NAME });
    const errnos = [1, 2].map(() => tight.open('request', { dir: HERE }).errno);
    expect(errnos).to.deep.equal([0, Errno.EMFILE]);
    expect(openDescriptors()).to.equal(before + 1);
    tight.host.end();
  });

  describe('beside a file that declines it', () => {
    let declined: number;
    let from: Driver;

    beforeEach(() => {
      declined = 0;
      const preopens = [tree.preopen()];
      const terms = { preopens, env: ENV, requestDirectory: NAME, stdin: 'body' };
      from = new Driver(module, { ...terms, declined: () => void (declined += 1) });
    });
    afterEach(() => from.host.end());

    it('is listed with it, and neither a look nor a directory declines', () => {
      expect(from.call('fd_readdir', HERE, 4096, 512, 0n, 0)).to.equal(0);
      const bytes = Buffer.from(from.memory.buffer, 4096, from.view.getUint32(0, true));
      expect(bytes.toString('latin1')).to.match(/request[^]{24}ready[^]{24}fresh$/);
      expect(from.stat('fresh', 1, HERE)).to.equal(0);
      expect(from.open('fresh', { dir: HERE, flags: DIRECTORY }).errno).to.equal(Errno.ENOTDIR);
      expect(from.open('fresh/x', { dir: HERE }).errno).to.equal(Errno.ENOTDIR);
      expect(from.open('fresh', { dir: HERE, rights: WRITE }).errno).to.equal(Errno.EROFS);
      expect(from.open('request', { dir: HERE }).errno).to.equal(0);
      expect(declined).to.equal(0);
    });

    it('ends where that one is opened, and every later call ends too', () => {
      expect(() => from.open('fresh', { dir: HERE })).to.throw('aborted');
      expect(declined).to.equal(1);
      expect(() => from.write(1, 'more')).to.throw('aborted');
      expect(from.out).to.deep.equal([]);
    });

    for (const [what, doing] of [
      ['it has answered a byte', () => from.write(1, 'x').errno],
      ['it has read a byte of the body', () => from.read(0, 1).errno],
      [
        'it has written a byte to a file',
        () => from.write(from.open('new', { flags: CREAT, rights: WRITE }).fd, 'x').errno,
      ],
    ] as const) {
      it(`goes on when ${what}`, () => {
        expect(from.write(2, 'what is logged does not count').errno).to.equal(0);
        expect(doing()).to.equal(0);
        expect(from.open('fresh', { dir: HERE }).errno).to.equal(Errno.EBUSY);
        expect(declined).to.equal(0);
      });
    }

    it('is not there where nothing can be declined', () => {
      expect(open('fresh').errno).to.equal(Errno.ENOENT);
      expect(driver.stat('fresh', 1, HERE)).to.equal(Errno.ENOENT);
    });
  });
});
