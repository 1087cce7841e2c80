// The directory that holds a tenant: reached by symlinks of the admin's and of its own owner only.

import { expect } from 'chai';
import {
  closeSync,
  fstatSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAnchor } from '../lib/anchor.js';
import { readModuleFile } from '../lib/module/file.js';

const ALICE = 1001;
const BOB = 1002;

describe('the directory that holds a tenant', () => {
  let top: string;

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'wasm-fcgi-anchor-'));
    for (const name of ['alice/app', 'bob/private', 'own/app'])
      mkdirSync(join(top, name), { recursive: true });
  });
  afterEach(() => rmSync(top, { recursive: true }));

  /** Inode of what is opened. */
  function opened(path: string): number {
    const fds = readdirSync('/proc/self/fd').length;
    try {
      const fd = openAnchor(join(top, path));
      const { ino } = fstatSync(fd);
      closeSync(fd);
      return ino;
    } finally {
      expect(readdirSync('/proc/self/fd').length).to.equal(fds);
    }
  }
  const inode = (path: string): number => statSync(join(top, path)).ino;

  it('is found by its path, and through symlinks of the same owner', () => {
    symlinkSync('own', join(top, 'relative'));
    symlinkSync(join(top, 'own'), join(top, 'absolute'));
    symlinkSync('absolute/../relative/app', join(top, 'chain'));
    for (const path of ['own/app', 'own//app/', 'relative/app', 'absolute/app', 'chain']) {
      expect(opened(path), path).to.equal(inode('own/app'));
    }
  });

  it('is not found where nothing, a file or a loop is', () => {
    writeFileSync(join(top, 'file'), '');
    symlinkSync('loop', join(top, 'loop'));
    symlinkSync('none', join(top, 'dangling'));
    for (const [path, fault] of [
      ['none', /ENOENT/],
      ['file', /EINVAL/],
      ['file/x', /EINVAL/],
      ['dangling', /ENOENT/],
      ['loop', /too many symlinks/],
    ] as const) {
      expect(() => opened(path), path).to.throw(fault);
    }
  });

  // Owners can be given away by root only.
  if (process.getuid?.() === 0) {
    it('is not found through a symlink to what belongs to another', async () => {
      lchownSync(join(top, 'alice'), ALICE, ALICE);
      lchownSync(join(top, 'alice/app'), ALICE, ALICE);
      lchownSync(join(top, 'bob/private'), BOB, BOB);
      writeFileSync(join(top, 'bob/private/m.wasm'), 'module');
      symlinkSync('../bob/private', join(top, 'alice/theirs'));
      symlinkSync('app', join(top, 'alice/mine'));
      symlinkSync('../bob/private', join(top, 'alice/admins'));
      for (const name of ['theirs', 'mine']) lchownSync(join(top, 'alice', name), ALICE, ALICE);
      expect(opened('alice/mine')).to.equal(inode('alice/app'));
      expect(opened('alice/admins')).to.equal(inode('bob/private'));
      const fault = `symlink theirs of uid ${ALICE} leads to a directory of uid ${BOB}`;
      expect(() => opened('alice/theirs')).to.throw(fault);
      const below = join(top, 'alice/theirs');
      const thrown = await readModuleFile(join(below, 'm.wasm'), below, 100).catch(
        (error: unknown) => error,
      );
      expect(String(thrown)).to.include(fault);
    });
  }
});
