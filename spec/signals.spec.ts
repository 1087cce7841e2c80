import { expect } from 'chai';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import { printTwice } from './apache/guests.js';
import { Client } from './fcgi/client.js';
import { KEEP, request } from './fcgi/wire.js';
import { HELLO } from './pool/guests.js';
import { type Program, signedParams, startProgram } from './program.js';

const SLOW = printTwice('slow', 600, ' but whole\n');

describe('wasm-fcgi serve, told by signals', () => {
  let program: Program;
  let module: string;
  let ini: string;

  beforeEach(async () => {
    program = await startProgram([], '[limits]\ntimeout = 5s\n[server]\nqueue = 1000\n');
    ini = `${program.directory}/wasm-fcgi.ini`;
    module = await program.guest('hello.wasm', HELLO);
  });
  afterEach(() => program.clear());

  it('reloads at SIGHUP and loses no request of those under way', async () => {
    const done = new AbortController();
    let answered = 0;
    const client = async (): Promise<void> => {
      while (!done.signal.aborted) {
        const { stdout } = await program.ask(signedParams({ module }));
        expect(stdout).to.match(/hello\n$/);
        answered += 1;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    for (let reload = 1; reload <= 5; reload += 1) {
      program.child.kill('SIGHUP');
      await program.logged(' reloaded ', reload);
      for (const before = answered; answered < before + clients.length;) await turn();
    }
    done.abort();
    await Promise.all(clients);
    expect(answered).to.be.at.least(40);
  });

  it('counts by the new configuration from then on', async () => {
    const loop = await program.guest(
      'loop.wasm',
      '(module (func (export "_start") (loop (br 0))))',
    );
    await program.write('wasm-fcgi.ini', '[limits]\ntimeout = 100ms\n');
    program.child.kill('SIGHUP');
    await program.logged(' reloaded ');
    expect((await program.ask(signedParams({ module: loop }))).stdout).to.match(/^Status: 504/);
  });

  it('keeps the old configuration when the new one is wrong, and says why', async () => {
    await program.write('wasm-fcgi.ini', '[limits]\ntimeout = never\n');
    program.child.kill('SIGHUP');
    await program.logged('reload-refused');
    expect(program.log).to.include(`${ini}:2: `);
    expect((await program.ask(signedParams({ module }))).stdout).to.match(/hello\n$/);
  });

  it('drains at SIGTERM: what runs is answered, then it exits with 0 and removes its socket', async () => {
    const slow = await program.guest('slow.wasm', SLOW);
    const client = await Client.connect(`unix:${program.socket}`);
    client.send(request(1, { flags: KEEP, entries: signedParams({ module: slow }) }));
    // Answered after the slow one has begun: requests of one socket are taken in order.
    await program.ask(signedParams({ module }));
    program.child.kill('SIGTERM');
    const { stdout } = await client.answer(1);
    expect(stdout).to.match(/slow but whole\n$/);
    if (program.child.exitCode === null) await once(program.child, 'exit');
    expect(program.child.exitCode).to.equal(0);
    expect(await stat(program.socket).catch(() => 'gone')).to.equal('gone');
  });

  it('leaves no socket behind when it is told to end the moment it listens', async () => {
    program.child.kill('SIGTERM');
    const [code] = await once(program.child, 'exit');
    expect(code).to.equal(0);
    expect(await stat(program.socket).catch(() => 'gone')).to.equal('gone');
  });

  it('ends what runs too long when the drain timeout is over', async () => {
    await program.clear();
    program = await startProgram([], '[limits]\ntimeout = 60s\n[server]\ndrain-timeout = 200ms\n');
    const loop = await program.guest(
      'loop.wasm',
      '(module (func (export "_start") (loop (br 0))))',
    );
    const client = await Client.connect(`unix:${program.socket}`);
    client.send(request(1, { entries: signedParams({ module: loop }) }));
    const hello = await program.guest('hello.wasm', HELLO);
    await program.ask(signedParams({ module: hello }));
    expect(await program.stop()).to.equal(0);
    await client.ended();
  });
});
