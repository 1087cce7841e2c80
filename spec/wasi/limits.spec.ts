// What one run may use up: at, under and over each limit.

import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno } from '../../lib/wasi/abi.js';
import type { Limits } from '../../lib/run.js';
import { LISTED_NAMES_MAX } from '../../lib/wasi/listings.js';
import { CREAT, DIRECTORY, Driver, READ, trampoline, WRITE } from './trampoline.js';
import { plant, type Tree } from './tree.js';

const RIGHTS = READ | WRITE | (1n << 8n) | (1n << 22n) | (1n << 3n);

describe('the limits of a run', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
  });
  afterEach(() => {
    driver.host.end();
    tree.remove();
  });

  function start(limits: Partial<Limits>): void {
    driver = new Driver(module, { preopens: [tree.preopen()], limits });
  }
  function create(name: string, fdFlags = 0): number {
    const { errno, fd } = driver.open(name, { flags: CREAT, rights: RIGHTS, fdFlags });
    expect(errno).to.equal(0);
    return fd;
  }
  function sizeOf(name: string): number {
    return statSync(join(tree.inside, name)).size;
  }

  it('count stdio and preopens among the open files, and EMFILE creates nothing', () => {
    start({ openFiles: 6 });
    const first = create('a');
    create('b');
    expect([...driver.reached]).to.deep.equal([]);
    expect(driver.open('c', { flags: CREAT, rights: WRITE }).errno).to.equal(Errno.EMFILE);
    expect(readdirSync(tree.inside).sort()).to.deep.equal(['a', 'b']);
    expect([...driver.reached]).to.deep.equal(['openFiles']);
    expect(driver.call('fd_close', first)).to.equal(0);
    expect(create('c')).to.equal(first);
  });

  it('refuse a run whose preopens alone pass the open files', () => {
    start({ openFiles: 4 });
    expect(() => start({ openFiles: 3 })).to.throw('limit of open files');
  });

  it('let a file grow to the limit, cut the write that passes it, then answer EFBIG', () => {
    start({ fileBytes: 10 });
    const fd = create('a');
    expect(driver.write(fd, '123456789')).to.deep.equal({ errno: 0, bytes: 9 });
    expect([...driver.reached]).to.deep.equal([]);
    expect(driver.write(fd, 'abc')).to.deep.equal({ errno: 0, bytes: 1 });
    expect([...driver.reached]).to.deep.equal(['fileBytes']);
    expect(driver.write(fd, 'x').errno).to.equal(Errno.EFBIG);
    expect(driver.pwrite(fd, 'x', 10n).errno).to.equal(Errno.EFBIG);
    expect(driver.pwrite(fd, 'x', (1n << 63n) - 1n).errno).to.equal(Errno.EFBIG);
    expect(driver.pwrite(fd, 'x', 9n).errno).to.equal(0);
    expect(driver.write(fd, '').errno).to.equal(0);
    expect(driver.call('fd_filestat_set_size', fd, 10n)).to.equal(0);
    expect(driver.call('fd_filestat_set_size', fd, 11n)).to.equal(Errno.EFBIG);
    expect(driver.call('fd_allocate', fd, 9n, 1n)).to.equal(0);
    expect(driver.call('fd_allocate', fd, 9n, 2n)).to.equal(Errno.EFBIG);
    expect(sizeOf('a')).to.equal(10);
  });

  it('of a file end where it is unlimited, for writing and for making longer', () => {
    start({ fileBytes: Infinity, writtenBytes: Infinity });
    const fd = create('a');
    expect(driver.pwrite(fd, 'x', 2n ** 31n)).to.deep.equal({ errno: 0, bytes: 1 });
    expect(driver.call('fd_filestat_set_size', fd, 2n ** 32n)).to.equal(0);
    expect(driver.call('fd_allocate', fd, 2n ** 32n, 1n)).to.equal(0);
    expect(sizeOf('a')).to.equal(2 ** 32 + 1);
    expect([...driver.reached]).to.deep.equal([]);
  });

  it('say when a file must not be made longer', () => {
    start({ fileBytes: 10 });
    const fd = create('a');
    expect(driver.call('fd_filestat_set_size', fd, 10n)).to.equal(0);
    expect([...driver.reached]).to.deep.equal([]);
    expect(driver.call('fd_filestat_set_size', fd, 11n)).to.equal(Errno.EFBIG);
    expect([...driver.reached]).to.deep.equal(['fileBytes']);
  });

  it('hold for appending to a file that is long already', () => {
    start({ fileBytes: 10 });
    writeFileSync(join(tree.inside, 'a'), '12345678');
    const fd = create('a', 1);
    expect(driver.write(fd, 'abc').bytes).to.equal(2);
    expect(driver.write(fd, 'd').errno).to.equal(Errno.EFBIG);
    expect(sizeOf('a')).to.equal(10);
  });

  it('count what is written to all files, cut the write that passes it, then answer ENOSPC', () => {
    start({ writtenBytes: 10 });
    const first = create('a');
    const second = create('b');
    expect(driver.write(first, '1234').bytes).to.equal(4);
    expect(driver.pwrite(first, '1234', 0n).bytes).to.equal(4);
    expect([...driver.reached]).to.deep.equal([]);
    expect(driver.write(second, '123')).to.deep.equal({ errno: 0, bytes: 2 });
    expect([...driver.reached]).to.deep.equal(['writtenBytes']);
    expect(driver.write(second, 'x').errno).to.equal(Errno.ENOSPC);
    expect(driver.pwrite(first, 'x', 0n).errno).to.equal(Errno.ENOSPC);
    expect(driver.write(1, 'stdout is not a file').errno).to.equal(0);
    expect([sizeOf('a'), sizeOf('b')]).to.deep.equal([4, 2]);
  });

  it('bound the names that open listings hold, at any number of names', () => {
    for (let i = 0; i < 2000; i++) writeFileSync(join(tree.inside, `name${i}`), '');
    start({ openFiles: 200 });
    const rights = 1n << 14n;
    const open = () => driver.open('.', { flags: DIRECTORY, rights }).fd;
    const read = (fd: number) => driver.call('fd_readdir', fd, 65_536, 100, 0n, 0);
    const fit = Math.floor(LISTED_NAMES_MAX / 2000);
    const fds = Array.from({ length: fit }, open);
    for (const fd of fds) expect(read(fd)).to.equal(0);
    const [first = -1] = fds;
    expect(read(first)).to.equal(0);
    const one = open();
    expect(read(one)).to.equal(Errno.ENOMEM);
    expect(driver.call('fd_close', first)).to.equal(0);
    expect(read(one)).to.equal(0);
  });

  it('begin anew with every run', () => {
    for (let run = 0; run < 2; run++) {
      start({ writtenBytes: 4 });
      const fd = create('a');
      expect(driver.write(fd, '12345').bytes).to.equal(4);
      driver.host.end();
    }
  });
});
