import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CAT, HELLO, assemble, command } from '../pool/guests.js';
import { runCommand } from '../program.js';

const PROGRAM = join(import.meta.dirname, '../../bin/wasm-fcgi.js');
const VIEWER = join(import.meta.dirname, '../../../samples/request-viewer/request-viewer.wasm');
const TRAP = command(
  '(call $write (i32.const 2) (i32.const 1024) (i32.const 15)) unreachable',
  '(data (i32.const 1024) "the last words\\n")',
);

/** Answers with six bytes and says how many, sleeps for half a second, and writes to the log. */
function later(length: number): string {
  const head = `Content-Type: text/plain\\nContent-Length: ${length}\\n\\n`;
  return command(
    `(call $write (i32.const 1) (i32.const 1024) (i32.const 50))
    (i32.store (i32.const 2064) (i32.const 1))
    (i64.store (i32.const 2072) (i64.const 500000000))
    (drop (call $poll (i32.const 2048) (i32.const 3072) (i32.const 1) (i32.const 8)))
    (call $write (i32.const 2) (i32.const 1100) (i32.const 6))`,
    `(data (i32.const 1024) "${head}hello\\n") (data (i32.const 1100) "later\\n")`,
  );
}

interface Dev {
  readonly port: number;
  readonly child: ChildProcess;
  /** What it said so far. */
  said(): string;
  /** Resolves once it has said this. */
  says(text: string): Promise<void>;
}

/** Starts `dev` on a free port and waits until it has looked at its module. */
async function startDev(...words: string[]): Promise<Dev> {
  const child = spawn(process.execPath, [PROGRAM, 'dev', '--port', '0', ...words]);
  let text = '';
  let wake: (() => void) | undefined;
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    wake?.();
  });
  child.on('close', () => wake?.());
  const says = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) {
      if (child.exitCode !== null) throw new Error(`ended without "${wanted}": ${text}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  await says('would ');
  const port = Number(/127\.0\.0\.1:(\d+)\//.exec(text)?.[1]);
  return { port, child, said: () => text, says };
}

interface Page {
  readonly status: number | undefined;
  readonly text: string;
}

function ask(
  { port }: Dev,
  path: string,
  { headers = {}, body = '' }: { headers?: Record<string, string>; body?: string } = {},
): Promise<Page> {
  return new Promise((resolve, reject) => {
    const method = body === '' ? 'GET' : 'POST';
    const asked = request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

describe('wasm-fcgi dev', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-dev-'));
  const running: Dev[] = [];
  const file = (name: string, wat: string): string => {
    const path = join(directory, name);
    writeFileSync(path, assemble(wat));
    return path;
  };
  const start = async (...words: string[]): Promise<Dev> => {
    const dev = await startDev(...words);
    running.push(dev);
    return dev;
  };
  after(async () => {
    for (const { child } of running) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true });
  });

  it('serves the output of a program, and says each request', async () => {
    const dev = await start('--content-type', 'text/plain', file('hello.wasm', HELLO));
    expect(await ask(dev, '/a?b')).to.deep.equal({ status: 200, text: 'hello\n' });
    await dev.says('GET /a?b 200 ');
    expect(dev.said()).to.include('loaded: would run').and.not.include('\x1b');
  });

  it('gives a CGI program variables, arguments, directories and the body, as Apache does', async () => {
    const given = ['--map-dir', '/data', directory, '--env', 'A=b=c'];
    const dev = await start('--cgi', ...given, VIEWER, '--of-the-program');
    const headers = { 'X-Of': 'client', Authorization: 'Basic eDp5', X_OF: 'a trick', Proxy: 'p' };
    const { status, text } = await ask(dev, '/p%20q/r?s=t', { headers, body: 'whole body' });
    expect(status).to.equal(200);
    for (const words of ['/p q/r', 's=t', 'POST', 'client', '--of-the-program', '/data', 'b=c']) {
      expect(text).to.include(words);
    }
    expect(text).to.include('whole body');
    expect(text).to.not.match(/a trick|eDp5|HTTP_PROXY/);
  });

  it('shows the Authorization header only with --pass-auth', async () => {
    const dev = await start('--cgi', '--pass-auth', VIEWER);
    const { text } = await ask(dev, '/', { headers: { Authorization: 'Basic eDp5' } });
    expect(text).to.include('eDp5');
  });

  it('sends a body through, whole, in both directions', async () => {
    const dev = await start('--cgi', file('cat.wasm', CAT));
    const content = 'x'.repeat(3_000_000);
    const body = `Content-Type: text/plain\n\n${content}`;
    expect((await ask(dev, '/', { body })).text === content).to.equal(true);
  });

  it('shows an error with cause, remedy and standard error, in the page and on the terminal', async () => {
    const dev = await start(file('trap.wasm', TRAP));
    const { status, text } = await ask(dev, '/', { headers: { Accept: 'text/html' } });
    expect(status).to.equal(500);
    expect(text).to.include('TRAP: unreachable').and.include('<pre>the last words</pre>');
    await dev.says('GET / 500 ');
    expect(dev.said()).to.include('  | the last words\n').and.include('  TRAP: unreachable');
  });

  it('serves the new program after a change, and says whether it would run', async () => {
    const module = file('changing.wasm', HELLO);
    const dev = await start(module);
    file('changing.wasm', '(module (func (export "main")))');
    await dev.says('changed: would not run: it does not export the entry point _start');
    file('changing.wasm', HELLO);
    await dev.says('changed: would run');
    expect((await ask(dev, '/')).text).to.equal('hello\n');
  });

  it('ends a program at its limit, as behind Apache', async () => {
    const dev = await start('--timeout', '200ms', file('loop.wasm', command('(loop (br 0))')));
    expect((await ask(dev, '/')).status).to.equal(504);
    await dev.says('TIMEOUT: ');
  });

  it('answers to no other name, and goes on after a client that breaks off', async () => {
    const dev = await start(file('hello.wasm', HELLO));
    expect((await ask(dev, '/', { headers: { Host: 'evil.example' } })).status).to.equal(421);
    const client = connect(dev.port, '127.0.0.1');
    client.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf');
    await once(client, 'connect');
    client.destroy();
    expect((await ask(dev, '/', { headers: { Host: 'app.localhost' } })).status).to.equal(200);
  });

  it('takes an answer for whole when its length is there, though the program goes on', async () => {
    for (const [length, said, goesOn] of [
      [6, 'GET / 200 ', true],
      [7, 'GET / cut off ', false],
    ] as const) {
      const dev = await start('--cgi', '--timeout', '5s', file('later.wasm', later(length)));
      const client = connect(dev.port, '127.0.0.1');
      client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      let text = '';
      while (!text.endsWith('hello\n')) text += String((await once(client, 'data'))[0]);
      client.destroy();
      await dev.says(said);
      if (goesOn) await dev.says('  | later');
    }
  });

  it('ends at SIGINT with 0, at a taken port with 1, at wrong words with 2', async () => {
    const module = file('hello.wasm', HELLO);
    const dev = await start(module);
    const taken = runCommand(['dev', '--port', String(dev.port), module]);
    expect([taken.status, taken.stderr]).to.deep.equal([
      1,
      `wasm-fcgi: port ${dev.port} is taken: give another --port\n`,
    ]);
    expect(runCommand(['dev']).status).to.equal(2);
    expect(runCommand(['dev', '--port', '99999', module]).status).to.equal(2);
    expect(runCommand(['dev', '--env', 'A', module]).status).to.equal(2);
    dev.child.kill('SIGINT');
    expect(await once(dev.child, 'exit')).to.deep.equal([0, null]);
  });
});
