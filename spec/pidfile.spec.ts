import { expect } from 'chai';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';

import { publicDirectory } from '../apache/stage.js';
import { type Program, startProgram } from './program.js';

describe('the pid file', () => {
  let directory: string;
  let file: string;
  const programs: Program[] = [];
  const start = async (...words: string[]): Promise<Program> => {
    const program = await startProgram(words);
    programs.push(program);
    return program;
  };
  const failure = (...words: string[]): Promise<string> =>
    start(...words).then(
      () => 'started',
      (thrown: Error) => thrown.message,
    );

  beforeEach(async () => {
    directory = await publicDirectory('wasm-fcgi-pid-');
    mkdirSync(join(directory, 'run'));
    chmodSync(join(directory, 'run'), 0o777);
    file = join(directory, 'run/pid');
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.clear();
    rmSync(directory, { recursive: true });
  });

  it('holds the id of the process, and is gone when it has ended', async () => {
    const program = await start('--pid-file', file);
    expect(readFileSync(file, 'utf8')).to.equal(`${program.child.pid}\n`);
    expect(await program.stop()).to.equal(0);
    expect(existsSync(file)).to.equal(false);
  });

  it('is left to whom it belongs by a second process that cannot listen', async () => {
    const program = await start('--pid-file', file);
    const words = ['--pid-file', file, '--listen', `unix:${program.socket}`];
    expect(await failure(...words)).to.include('somebody listens there already');
    expect(readFileSync(file, 'utf8')).to.equal(`${program.child.pid}\n`);
  });

  it('is left to who wrote it since', async () => {
    const program = await start('--pid-file', file);
    writeFileSync(file, '1\n');
    expect(await program.stop()).to.equal(0);
    expect(readFileSync(file, 'utf8')).to.equal('1\n');
  });

  it('may be gone, or out of reach, when the process ends', async () => {
    const program = await start('--pid-file', file);
    rmSync(join(directory, 'run'), { recursive: true });
    program.child.kill('SIGTERM');
    const [code] = await once(program.child, 'exit');
    expect(code).to.equal(0);
    expect(program.log).to.match(/warn pid-file .*ENOENT/);
  });

  for (const [place, reason] of [
    ['/dev/full', 'ENOSPC'],
    ['/nonexistent/pid', 'ENOENT'],
    ['/proc/version', 'EACCES|EIO|EPERM'],
  ] as const) {
    it(`keeps from starting, in one line, when it cannot be written: ${place}`, async () => {
      const text = await failure('--pid-file', place);
      expect(text).to.match(
        new RegExp(`wasm-fcgi: pid-file ${place} cannot be written: (?:${reason})`),
      );
    });
  }
});
