// What a component is, as the commands say it, and the preview1 program that is taken out of one.

import { expect } from 'chai';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileModule } from '../../lib/module/load.js';
import { runCommand } from '../program.js';
import { LIMITS, command, component } from './toolkit.js';

const ADAPTED = 'spec/component/adapted';
const HANDLER = 'samples/hello-component/hello.wasm';
/** Of the second command, by which the adapted programs are more than one: its section, and its head. */
const SECOND = `(module
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (func (export "_start")))`;

/** An adapted program as toolchains leave it. */
async function onlyCommand(name: string): Promise<Uint8Array> {
  const bytes = readFileSync(`${ADAPTED}/${name}.wasm`);
  const second = await parse(SECOND);
  expect(bytes.subarray(-second.length).equals(Buffer.from(second))).to.equal(true);
  return bytes.subarray(0, -second.length - 2);
}

describe('component: kinds', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-kinds-'));
  after(() => rmSync(directory, { recursive: true }));
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return path;
  };

  it('takes the preview1 command out of a component that is nothing else', async () => {
    const bytes = await onlyCommand('readdir');
    const { module, kind } = await compileModule('x', bytes, LIMITS);
    expect(module).to.be.instanceOf(WebAssembly.Module);
    expect(kind).to.equal('command');
    for (const path of ['spec/attacks/guests/readdir.wasm', file('readdir.wasm', bytes)]) {
      const { status, stdout } = runCommand(['run', '--map-dir', '/', directory, path, '1']);
      expect(status).to.equal(0);
      expect(stdout).to.match(/^tried \d+\nthrough 0\n/);
    }
  });

  it('leaves a component alone that has more in it, or exports more', async () => {
    const { module } = await compileModule('x', readFileSync(`${ADAPTED}/readdir.wasm`), LIMITS);
    expect(module).to.not.be.instanceOf(WebAssembly.Module);
    const bytes = await onlyCommand('readdir');
    // The export section of one more name for the same instance.
    const more = [11, 8, 1, 0, 2, 0x61, 0x61, 5, 0, 0];
    const both = await compileModule('x', Buffer.concat([bytes, Buffer.from(more)]), LIMITS);
    expect(both.module).to.not.be.instanceOf(WebAssembly.Module);
  });

  it('inspect and check say that it asks others, and which directive grants it', () => {
    const asks = 'samples/ask-others/ask-others.wasm';
    expect(runCommand(['inspect', asks]).stdout).to.match(
      /# it can ask others over HTTP \(wasi:http\/outgoing-handler\).*\n +#WasmAllowHost https:/,
    );
    expect(runCommand(['inspect', HANDLER]).stdout).to.not.include('WasmAllowHost');
    expect(runCommand(['check', HANDLER, asks]).stdout).to.equal(
      `${HANDLER}: would run\n${asks}: would run, and asks others over HTTP, whom WasmAllowHost has to name\n`,
    );
  });

  it('inspect says kind, world, interfaces with their versions, and the configuration', async () => {
    const { stdout } = runCommand(['inspect', HANDLER]);
    expect(stdout).to.match(
      /^Kind +a WASI 0\.2 component: a handler of HTTP \(wasi:http\/incoming-handler\)$/m,
    );
    expect(stdout).to.match(/^Runs here +yes$/m);
    expect(stdout).to.match(/^ +wasi:http\/types@0\.2\.0$/m);
    expect(stdout).to.match(/^Exports +wasi:http\/incoming-handler@0\.2\.0$/m);
    expect(stdout).to.not.include('WasmEnableCGI');
    const inside = runCommand(['inspect', file('inside.wasm', await onlyCommand('wait'))]);
    expect(inside.stdout).to.include('a command (wasi:cli/run), which runs as the preview1 module');
    const other = runCommand(['inspect', file('other.wasm', await component('(component)'))]);
    expect(other.stdout).to.include('neither a command nor a handler of HTTP');
    expect(other.stdout).to.match(/^Runs here +no: it does not export the entry point/m);
  });

  it('check names each import that is missing, and what is of another type', async () => {
    const wat = `(component
      (import "wasi:keyvalue/store@0.2.0" (instance (export "open" (func))))
      (import "wasi:random/random@0.2.0" (instance (export "get-less" (func))))
      ${command('(i32.const 0)').slice('(component'.length)}`;
    const path = file('missing.wasm', await component(wat));
    const { status, stdout } = runCommand(['check', HANDLER, path]);
    expect(status).to.equal(1);
    expect(stdout.split('\n')).to.deep.equal([
      `${HANDLER}: would run`,
      `${path}: would not run: it imports wasi:keyvalue/store@0.2.0#open, which nothing provides`,
      `${path}: would not run: it imports wasi:random/random@0.2.0#get-less, which nothing provides`,
      '',
    ]);
    const typed = `(component (import "wasi:random/random@0.2.0"
      (instance (export "get-random-u64" (func (result u32))))))`;
    const wrong = runCommand(['check', file('typed.wasm', await component(typed))]);
    expect(wrong.stdout).to.include('as func()->u32, expected func()->u64');
  });

  it('run answers with the exit code of a command, and knows its WASI', async () => {
    const fails = file('fails.wasm', await component(command('(i32.const 1)')));
    expect(runCommand(['run', fails]).status).to.equal(1);
    const refused = runCommand(['run', '--wasi', 'preview1', fails]);
    expect(refused.status).to.equal(126);
    expect(refused.stderr).to.include('it is a WASI 0.2 component, which is not of preview1');
  });

  it('run prints the answer of a handler as CGI', () => {
    const words = ['run', '--env', 'REQUEST_URI=/there', HANDLER];
    const { status, stdout } = runCommand(words);
    expect(status).to.equal(0);
    expect(stdout).to.equal('Status: 200\r\ncontent-type: text/plain\r\n\r\nHello from /there.\n');
  });
});
