// The capability walk against a model of it, and against somebody who changes the tree meanwhile.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Errno } from '../../lib/wasi/abi.js';
import { CREAT, DIRECTORY, Driver, trampoline, WRITE } from './trampoline.js';
import { plant, type Tree } from './tree.js';

describe('the walk', () => {
  let module: WebAssembly.Module;
  let tree: Tree;

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
  });
  afterEach(() => tree.remove());

  it('sees at once what the guest itself has moved, removed or closed', () => {
    const driver = new Driver(module, { preopens: [tree.preopen()] });
    const mkdir = (name: string): number => driver.path('path_create_directory', name);
    const create = (name: string, dir = 3): number =>
      driver.open(name, { dir, flags: CREAT, rights: WRITE }).errno;
    expect([mkdir('d'), mkdir('d/e'), create('d/e/file')]).to.deep.equal([0, 0, 0]);
    expect(driver.stat('d/e/file')).to.equal(0);
    expect(driver.rename('d', 'moved')).to.equal(0);
    expect(driver.stat('d/e/file')).to.equal(Errno.ENOENT);
    expect([mkdir('d'), mkdir('d/e')]).to.deep.equal([0, 0]);
    expect(driver.stat('d/e/file')).to.equal(Errno.ENOENT);
    expect(driver.stat('moved/e/file')).to.equal(0);
    expect(driver.stat('d/e/none')).to.equal(Errno.ENOENT);
    expect(driver.path('path_remove_directory', 'd/e')).to.equal(0);
    expect(create('d/e/file')).to.equal(Errno.ENOENT);

    const rights = 1n << 13n;
    const first = driver.open('moved', { flags: DIRECTORY, rights }).fd;
    expect(driver.open('e/file', { dir: first }).errno).to.equal(0);
    expect(driver.call('fd_close', first)).to.equal(0);
    const second = driver.open('d', { flags: DIRECTORY, rights }).fd;
    expect(second).to.equal(first);
    expect(driver.open('e/file', { dir: second }).errno).to.equal(Errno.ENOENT);
    driver.host.end();
  });

  it('stays inside while another program swaps a directory and a symlink', async () => {
    mkdirSync(join(tree.inside, 'd'));
    writeFileSync(join(tree.inside, 'd/file'), 'inside');
    symlinkSync('../outside', join(tree.inside, 'l'));
    const swap = `const { renameSync } = require('node:fs');
      process.send('ready');
      process.on('disconnect', () => process.exit());
      (function again() {
        for (let i = 0; i < 100; i++) {
          renameSync('d', 'x'); renameSync('l', 'd'); renameSync('d', 'l'); renameSync('x', 'd');
        }
        setImmediate(again);
      })();`;
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    const racer = spawn(process.execPath, ['-e', swap], { cwd: tree.inside, stdio: [...stdio] });
    await once(racer, 'message');
    const driver = new Driver(module, { preopens: [tree.preopen()] });
    const seen = { inside: 0, refused: 0, missing: 0 };
    // Until both sides were met often enough to mean something. The rename, which fails, makes the
    // walk let go of `d`, so that every open looks anew.
    const until = Date.now() + 20_000;
    while ((seen.inside < 300 || seen.refused < 30) && Date.now() < until) {
      const { errno, fd } = driver.open('d/file');
      if (errno === Errno.EPERM) seen.refused++;
      else if (errno !== 0) seen.missing++;
      else {
        expect(driver.read(fd).text).to.equal('inside');
        driver.call('fd_close', fd);
        seen.inside++;
      }
      driver.rename('nothing', 'nowhere');
    }
    driver.host.end();
    racer.disconnect();
    await once(racer, 'exit');
    expect(seen.inside).to.be.at.least(300);
    expect(seen.refused).to.be.at.least(30);
  });
});
