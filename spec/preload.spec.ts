import { expect } from 'chai';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publicDirectory } from '../apache/stage.js';
import { HELLO, assemble, command } from './pool/guests.js';
import { type Program, signedParams, startProgram } from './program.js';

/** Never ends by itself. */
const LOOP = command('(loop $for_ever (br $for_ever))');

describe('preload', () => {
  let directory: string;
  let program: Program;

  const file = (name: string): string => join(directory, name);

  before(async () => {
    directory = await publicDirectory('preload-');
    await writeFile(file('hello.wasm'), assemble(HELLO));
    await writeFile(file('loop.wasm'), assemble(LOOP));
    await writeFile(file('reactor.wasm'), assemble(HELLO.replace('_start', 'hello')));
    await writeFile(file('text.wasm'), 'no module');
    const names = ['missing.wasm', 'text.wasm', 'hello.wasm', 'loop.wasm', 'reactor.wasm'];
    const words = names.flatMap((name) => ['--preload', file(name)]);
    program = await startProgram(['--timeout', '300ms', '--workers', '2', ...words]);
    await program.logged(`preloaded module=${file('reactor.wasm')}`);
  });
  after(async () => {
    await program.clear();
    await rm(directory, { recursive: true });
  });

  it('compiles each module before a request asks for it, and not again', async () => {
    const { stdout } = await program.ask(signedParams({ module: file('hello.wasm') }));
    expect(stdout).to.match(/\nhello\n$/);
    for (const name of ['hello', 'loop', 'reactor']) {
      const lines = program.log.split(`module-compiled module=${file(`${name}.wasm`)} `);
      expect([name, lines.length - 1]).to.deep.equal([name, 1]);
    }
  });

  it('goes on after a module that cannot be loaded, and says why', () => {
    expect(program.log).to.match(
      /preload-failed module=\S+missing\.wasm reason=".* does not exist"/,
    );
    expect(program.log).to.match(
      /preload-failed module=\S+text\.wasm reason=".* is not WebAssembly/,
    );
  });

  it('ends a program that does not end by itself, at the time limit', () => {
    expect(program.log).to.include(`preloaded module=${file('loop.wasm')}`);
    expect(program.log).to.not.include('thread-stuck');
  });

  it('drops what a program writes', () => {
    expect(program.log).to.not.include('guest-stderr');
    expect(program.log).to.not.include('request-failed');
  });

  it('listens before it loads', () => {
    const [before = ''] = program.log.split('module-compiled');
    expect(before).to.include(' listening ');
  });
});
