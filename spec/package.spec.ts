import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HELLO, assemble } from './pool/guests.js';

const ROOT = join(import.meta.dirname, '../..');

describe('the package as it is installed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-package-'));
  const npm = (...words: string[]): string =>
    execFileSync('npm', words, { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
  after(() => rmSync(directory, { recursive: true }));

  it('24: runs a program, and builds the Apache module with make and apxs, from what it brings', () => {
    writeFileSync(join(directory, 'package.json'), '{"private":true}');
    npm('pack', '--silent', '--ignore-scripts', ROOT);
    npm('install', '--silent', '--no-audit', '--no-fund', './wasm-fcgi-0.1.0.tgz');
    const program = join(directory, 'node_modules/.bin/wasm-fcgi');
    const guest = join(directory, 'hello.wasm');
    writeFileSync(guest, assemble(HELLO));
    expect(execFileSync(program, ['run', guest], { encoding: 'utf8' })).to.equal('hello\n');
    const source = join(directory, 'node_modules/wasm-fcgi/apache');
    execFileSync('make', ['-C', source], { stdio: 'pipe' });
  });

  it('holds the program, one to try, and nothing of its specs, other samples or tools', () => {
    const listed = execFileSync('tar', ['-tzf', 'wasm-fcgi-0.1.0.tgz'], { cwd: directory });
    const files = listed.toString().trim().split('\n');
    expect(files).to.include('package/dist/bin/wasm-fcgi.js');
    expect(files).to.include('package/LICENSE');
    expect(files).to.include('package/lib/snapshot/preludes/python-wsgi.py');
    const odd = files.filter((file) => /\/(spec|samples|bench)\/|\.(map|ts)$/.test(file));
    expect(odd).to.deep.equal(['package/samples/hello-wat/hello.wasm']);
  });
});
