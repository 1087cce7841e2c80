// `snapshot-dir`: whose it has to be, and who else may write to it.

import { expect } from 'chai';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { publicDirectory } from '../../apache/stage.js';
import { startProgram } from '../program.js';
import { IS_ROOT, NOBODY, forRoot } from '../root.js';

describe('the directory of snapshots', () => {
  let outer: string;
  let directory: string;

  beforeEach(async () => {
    outer = await publicDirectory('snapshot-dir-');
    directory = join(outer, 'kept');
    if (IS_ROOT) chownSync(outer, NOBODY, NOBODY);
  });
  afterEach(() => rmSync(outer, { recursive: true }));

  function make(mode: number, path = directory): void {
    mkdirSync(path);
    chmodSync(path, mode);
    if (IS_ROOT) chownSync(path, NOBODY, NOBODY);
  }

  /** What the server says of it at its start. */
  async function said(): Promise<string> {
    try {
      const server = await startProgram(['--snapshot-dir', directory]);
      await server.clear();
      return 'nothing';
    } catch (thrown) {
      return String(thrown);
    }
  }

  it('is made at the start, for the user of the server alone', async () => {
    directory = join(outer, 'made', 'kept');
    expect(await said()).to.equal('nothing');
    const { mode, uid } = statSync(directory);
    expect([mode & 0o777, uid]).to.deep.equal([0o700, IS_ROOT ? NOBODY : process.getuid?.()]);
  });

  for (const mode of [0o700, 0o755]) {
    it(`may be there, with mode ${mode.toString(8)}`, async () => {
      make(mode);
      expect(await said()).to.equal('nothing');
    });
  }

  for (const mode of [0o720, 0o702, 0o1777]) {
    it(`ends the start when others may write to it: mode ${mode.toString(8)}`, async () => {
      make(mode);
      expect(await said()).to.include(
        `snapshot-dir ${directory}: ${directory} must be a directory that only its owner, this user, can write to`,
      );
    });
  }

  it('ends the start when it is a symlink, or a file', async () => {
    make(0o700, join(outer, 'other'));
    symlinkSync('other', directory);
    expect(await said()).to.include('must be a directory');
    rmSync(directory);
    writeFileSync(directory, '');
    expect(await said()).to.match(/snapshot-dir .*(?:EEXIST|must be a directory)/);
  });

  forRoot("ends the start when it is another user's", async () => {
    make(0o700);
    chownSync(directory, 0, 0);
    expect(await said()).to.include('must be a directory that only its owner');
  });

  forRoot('ends the start when the user of the server cannot make it', async () => {
    chownSync(outer, 0, 0);
    expect(await said()).to.match(/snapshot-dir .*EACCES/);
  });

  it('leaves the configuration as it is when a reload names an unfit one', async () => {
    const server = await startProgram([]);
    try {
      make(0o777);
      writeFileSync(
        join(server.directory, 'wasm-fcgi.ini'),
        `[server]\nsnapshot-dir = ${directory}\n`,
      );
      server.child.kill('SIGHUP');
      await server.logged(`reload-refused reason="snapshot-dir ${directory}`);
    } finally {
      await server.clear();
    }
  });
});
