// `wasm-fcgi snapshot`: what it says, where it keeps the snapshot, and its exit codes.

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HELLO, assemble } from '../pool/guests.js';
import { ECHO } from '../snapshot/guests.js';

const PROGRAM = join(import.meta.dirname, '../../bin/wasm-fcgi.js');

describe('wasm-fcgi snapshot', () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-snapshot-'));
    writeFileSync(at('echo.wasm'), assemble(ECHO));
    writeFileSync(at('hello.wasm'), assemble(HELLO));
    writeFileSync(at('text.wasm'), 'text');
  });
  after(() => rmSync(directory, { recursive: true }));

  const run = (...words: string[]): { status: number | null; stdout: string; stderr: string } => {
    const command = [PROGRAM, 'snapshot', '--spool-dir', directory, ...words];
    return spawnSync(process.execPath, command, { encoding: 'utf8' });
  };

  it('takes a snapshot, says what it saves, and where it is kept', () => {
    const { status, stdout, stderr } = run(at('echo.wasm'), 'an', '--argument');
    expect([status, stderr]).to.deep.equal([0, '']);
    const [, file = ''] = /^ {2}kept in {2}(.+)$/m.exec(stdout) ?? [];
    expect(file.startsWith(at(`wasm-fcgi-snapshots-${process.getuid?.()}/`))).to.equal(true);
    expect(existsSync(file)).to.equal(true);
    const lines = stdout.replace(file, 'FILE').replaceAll(/\d+\.\d/g, 'N');
    expect(lines).to.equal(
      `${at('echo.wasm')}: a snapshot is ready\n` +
        '  before   N ms until the program reads its request\n' +
        '  now      N ms\n' +
        '  memory   N MB, once, and as much again for each thread that serves it\n' +
        '  kept in  FILE\n',
    );
  });

  it('says the same as JSON, and keeps each program under its own name', () => {
    const files = [[], ['a'], ['--env', 'A=b'], ['--watch', directory]].map((words) => {
      const options = words.filter((_, index) => words.length > 1 && index < 2);
      const args = words.length === 1 ? words : [];
      const { stdout } = run('--json', ...options, at('echo.wasm'), ...args);
      const result: { cachedAs: string } = JSON.parse(stdout);
      expect(result).to.have.all.keys('bootMs', 'requestMs', 'megabytes', 'cachedAs');
      return result.cachedAs;
    });
    expect(new Set(files).size).to.equal(4);
  });

  it('says why a program can have none, and what to change', () => {
    const { status, stdout, stderr } = run(at('hello.wasm'));
    expect([status, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(
      /^wasm-fcgi: \S+hello\.wasm can have no snapshot: it .*\nWhat to do: read \/dev\/wasm-fcgi\/request.*\n$/,
    );
    const { change } = JSON.parse(run('--json', at('hello.wasm')).stdout);
    expect(change).to.include('/dev/wasm-fcgi/request');
  });

  for (const [words, code, message] of [
    [[], 2, /^wasm-fcgi: snapshot: name the module$/m],
    [['--such-option', 'x.wasm'], 2, /Unknown argument: such-option.* Try snapshot --help/],
    [['/none.wasm'], 127, /^wasm-fcgi: .*none\.wasm/m],
    [['text.wasm'], 1, /^wasm-fcgi: .*text\.wasm/m],
  ] as const) {
    it(`ends with ${code} for ${words.join(' ') || 'no module'}`, () => {
      const { status, stderr } = run(
        ...words.map((word) => (word === 'text.wasm' ? at(word) : word)),
      );
      expect(stderr).to.match(message);
      expect(status).to.equal(code);
    });
  }
});
