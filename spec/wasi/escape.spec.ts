// No name leads out of a preopen: the attacks that other hosts let through.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno } from '../../lib/wasi/abi.js';
import { ALL, CREAT, DIRECTORY, Driver, READ, TRUNC, trampoline, WRITE } from './trampoline.js';
import { plant, type Tree } from './tree.js';

for (const guest of ['/', '/sandbox']) {
  describe(`a guest confined to a preopen named ${guest}`, () => {
    let module: WebAssembly.Module;
    let tree: Tree;
    let driver: Driver;

    before(async () => {
      module = await trampoline('wasi_snapshot_preview1');
    });
    beforeEach(() => {
      tree = plant();
      driver = new Driver(module, { preopens: [tree.preopen({ guest })] });
    });
    afterEach(() => {
      driver.host.end();
      tree.remove();
    });

    /** Every call that takes a name, tried on one that leads outside. */
    function tryAll(name: string): Record<string, number> {
      driver.open('own', { flags: CREAT, rights: WRITE });
      return {
        open: driver.open(name).errno,
        openNoFollow: driver.open(name, { lookup: 0 }).errno,
        openForWriting: driver.open(name, { rights: WRITE }).errno,
        create: driver.open(name, { flags: CREAT, rights: WRITE }).errno,
        truncate: driver.open(name, { flags: TRUNC, rights: WRITE }).errno,
        directory: driver.open(name, { flags: DIRECTORY }).errno,
        mkdir: driver.path('path_create_directory', name),
        stat: driver.stat(name),
        utimes: driver.call('path_filestat_set_times', 3, 1, ...driver.put(name), 0n, 0n, 4),
        rmdir: driver.path('path_remove_directory', name),
        unlink: driver.path('path_unlink_file', name),
        renameFrom: driver.rename(name, 'taken'),
        renameTo: driver.rename('own', name),
        linkFrom: driver.link(name, 'linked'),
        linkTo: driver.link('own', name),
        readlink: driver.call('path_readlink', 3, ...driver.put(name), 16384, 100, 0),
      };
    }

    function outsideIsUntouched(): void {
      expect(readFileSync(tree.secret, 'utf8')).to.equal('secret');
      expect(readFileSync(join(tree.outside, 'file'), 'utf8')).to.equal('secret');
      expect(statSync(join(tree.outside, 'file')).nlink).to.equal(1);
      expect(existsSync(join(tree.outside, 'new'))).to.equal(false);
      expect(statSync(tree.secret).mtimeMs).to.be.above(1e12);
    }

    for (const name of [
      '..',
      '../secret',
      '../outside/file',
      '../outside/new',
      'd/../../secret',
      'd/./..//../outside/new',
      '/etc/passwd',
      '/',
      '//',
    ]) {
      it(`answers EPERM to every call with ${name}`, () => {
        mkdirSync(join(tree.inside, 'd'));
        for (const [call, errno] of Object.entries(tryAll(name))) {
          expect(errno, call).to.equal(Errno.EPERM);
        }
        outsideIsUntouched();
      });
    }

    for (const [link, target, names] of [
      ['file', '../secret', ['file']],
      ['dir', '../outside', ['dir/file', 'dir/new', 'dir/', 'dir/.']],
      ['absolute', '/etc', ['absolute/passwd', 'absolute/']],
      ['deep', 'd/../../outside', ['deep/file', 'deep/new']],
    ] as const) {
      it(`does not follow the symlink ${link} -> ${target}`, () => {
        mkdirSync(join(tree.inside, 'd'));
        symlinkSync(target, join(tree.inside, link));
        for (const name of names) {
          const { open, create, stat, truncate, directory } = tryAll(name);
          const errnos = { open, create, stat, truncate, directory };
          for (const [call, errno] of Object.entries(errnos)) {
            expect(errno, `${call} ${name}`).to.be.oneOf([Errno.EPERM, Errno.EISDIR, Errno.ENOENT]);
          }
        }
        outsideIsUntouched();
      });
    }

    it('does not follow a chain of symlinks that ends outside', () => {
      symlinkSync('b', join(tree.inside, 'a'));
      symlinkSync('c/x', join(tree.inside, 'b'));
      mkdirSync(join(tree.inside, 'c'));
      symlinkSync('../../secret', join(tree.inside, 'c/x'));
      expect(driver.open('a').errno).to.equal(Errno.EPERM);
      expect(driver.open('a', { flags: CREAT, rights: WRITE }).errno).to.equal(Errno.EPERM);
      outsideIsUntouched();
    });

    it('follows symlinks that stay inside, also through ..', () => {
      mkdirSync(join(tree.inside, 'd/e'), { recursive: true });
      writeFileSync(join(tree.inside, 'd/file'), 'inside');
      symlinkSync('d/e/../file', join(tree.inside, 'to-file'));
      symlinkSync('d/e/', join(tree.inside, 'to-dir'));
      for (const name of ['to-file', 'to-dir/../file', 'd/e/../../to-dir/../file']) {
        const { errno, fd } = driver.open(name);
        expect(errno, name).to.equal(0);
        expect(driver.read(fd).text).to.equal('inside');
      }
      expect(driver.open('to-dir', { flags: DIRECTORY }).errno).to.equal(0);
      expect(driver.open('to-dir', { flags: DIRECTORY, lookup: 0 }).errno).to.equal(Errno.ENOTDIR);
      expect(driver.open('to-file', { lookup: 0 }).errno).to.equal(Errno.ELOOP);
    });

    it('creates through a dangling symlink that stays inside', () => {
      symlinkSync('new', join(tree.inside, 'dangling'));
      expect(driver.open('dangling', { flags: CREAT, rights: WRITE }).errno).to.equal(0);
      expect(existsSync(join(tree.inside, 'new'))).to.equal(true);
    });

    it('goes through 40 symlinks and answers ELOOP to 41 and to a loop', () => {
      writeFileSync(join(tree.inside, 's0'), '');
      for (let i = 1; i <= 41; i++) symlinkSync(`s${i - 1}`, join(tree.inside, `s${i}`));
      symlinkSync('loop', join(tree.inside, 'loop'));
      expect(driver.open('s40').errno).to.equal(0);
      expect(driver.open('s41').errno).to.equal(Errno.ELOOP);
      expect(driver.open('loop').errno).to.equal(Errno.ELOOP);
      expect(driver.open('loop/x').errno).to.equal(Errno.ELOOP);
      expect(driver.stat('loop')).to.equal(Errno.ELOOP);
      expect(driver.stat('loop', 0)).to.equal(0);
    });

    it('makes no symlinks for a guest', () => {
      const target = driver.put('../secret');
      expect(driver.call('path_symlink', ...target, 3, ...driver.put('x', 8192))).to.equal(
        Errno.EPERM,
      );
      expect(existsSync(join(tree.inside, 'x'))).to.equal(false);
    });

    it('shows the text of a relative symlink and not that of an absolute one', () => {
      symlinkSync('some/where', join(tree.inside, 'relative'));
      symlinkSync('/srv/secret', join(tree.inside, 'absolute'));
      const readlink = (name: string, size: number) =>
        driver.call('path_readlink', 3, ...driver.put(name), 16384, size, 0);
      expect(readlink('relative', 4)).to.equal(0);
      expect(driver.view.getUint32(0, true)).to.equal(4);
      expect(Buffer.from(driver.memory.buffer, 16384, 5).toString()).to.equal('some\0');
      expect(readlink('absolute', 100)).to.equal(Errno.EPERM);
    });

    it('stays in an open directory whose name is replaced by a symlink', () => {
      mkdirSync(join(tree.inside, 'd'));
      const { fd } = driver.open('d', {
        flags: DIRECTORY,
        rights: ALL & ~WRITE & ~(1n << 8n) & ~(1n << 22n),
      });
      renameSync(join(tree.inside, 'd'), join(tree.inside, 'moved'));
      symlinkSync('../outside', join(tree.inside, 'd'));
      expect(driver.open('file', { dir: fd }).errno).to.equal(Errno.ENOENT);
      const made = driver.open('mine', { dir: fd, flags: CREAT, rights: WRITE });
      expect(made.errno).to.equal(0);
      expect(existsSync(join(tree.inside, 'moved/mine'))).to.equal(true);
      expect(driver.open('../x', { dir: fd }).errno).to.equal(Errno.EPERM);
      outsideIsUntouched();
    });

    it('finds what is there now when a directory was replaced between two calls', () => {
      mkdirSync(join(tree.inside, 'd'));
      writeFileSync(join(tree.inside, 'd/file'), 'inside');
      expect(driver.open('d/file').errno).to.equal(0);
      rmSync(join(tree.inside, 'd'), { recursive: true });
      symlinkSync('../outside', join(tree.inside, 'd'));
      expect(driver.open('d/../d/file').errno).to.equal(Errno.EPERM);
    });

    it('opens no FIFO, device or socket, and does not wait for one', async () => {
      execFileSync('mkfifo', [join(tree.inside, 'fifo')]);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(join(tree.inside, 'socket'), resolve));
      try {
        for (const name of ['fifo', 'socket']) {
          for (const rights of [READ, WRITE, READ | WRITE]) {
            expect(driver.open(name, { rights }).errno, name).to.equal(Errno.EACCES);
          }
          expect(driver.stat(name)).to.equal(0);
        }
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });

    it('holds at most 128 levels of directories', () => {
      mkdirSync(join(tree.inside, 'd/'.repeat(130)), { recursive: true });
      expect(driver.stat('d/'.repeat(128))).to.equal(0);
      expect(driver.stat('d/'.repeat(129))).to.equal(Errno.ENAMETOOLONG);
    });

    it('refuses names that are no names', () => {
      const long = 'n'.repeat(255);
      for (const [name, errno] of [
        ['', Errno.ENOENT],
        ['a\0b', Errno.EINVAL],
        [Buffer.from([0x61, 0xff]), Errno.EILSEQ],
        [`./${'/'.repeat(4094)}`, 0],
        [`./${'/'.repeat(4095)}`, Errno.ENAMETOOLONG],
        [long, Errno.ENOENT],
        [`${long}n`, Errno.ENAMETOOLONG],
        ['é'.repeat(128), Errno.ENAMETOOLONG],
      ] as const) {
        const at = driver.put(name);
        expect(driver.call('path_filestat_get', 3, 1, ...at, 0), String(name)).to.equal(errno);
      }
    });
  });
}
