// The reference client of the FastCGI development kit, against our listener.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { Responder, echoParams } from './responder.js';

interface Outcome {
  readonly stdout: string;
  readonly code: number | null;
}

async function cgiFcgi(path: string, env: Record<string, string>, body: string): Promise<Outcome> {
  const client = spawn('cgi-fcgi', ['-bind', '-connect', path], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let stdout = '';
  client.stdout.setEncoding('latin1').on('data', (text: string) => (stdout += text));
  client.stdin.on('error', () => {}); // it may not read its input to the end
  client.stdin.end(body);
  await once(client, 'close');
  return { stdout, code: client.exitCode };
}

describe('fcgi and cgi-fcgi', () => {
  let responder: Responder;

  afterEach(async () => {
    await responder.stop();
  });

  it('gets the answer to a GET', async () => {
    responder = await Responder.start(echoParams);
    const env = { REQUEST_METHOD: 'GET', WASM_MODULE: '/m.wasm' };
    const { stdout, code } = await cgiFcgi(responder.path, env, '');
    expect(stdout.split('\n')).to.include.members(['REQUEST_METHOD=GET', 'WASM_MODULE=/m.wasm']);
    expect(code).to.equal(0);
  });

  it('sends a body and exits with our appStatus', async () => {
    responder = await Responder.start((exchange) => {
      let length = 0;
      exchange.readBody(
        (chunk) => (length += chunk.length),
        () => exchange.end(7, Buffer.from(`got ${length}`)),
      );
    });
    const body = 'b'.repeat(100_000);
    const env = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: String(body.length) };
    expect(await cgiFcgi(responder.path, env, body)).to.deep.equal({
      stdout: 'got 100000',
      code: 7,
    });
  });

  it('gets a long answer whole', async () => {
    responder = await Responder.start((exchange) => exchange.end(0, Buffer.alloc(1_000_000, 'x')));
    const { stdout } = await cgiFcgi(responder.path, { REQUEST_METHOD: 'GET' }, '');
    expect(stdout.length).to.equal(1_000_000);
  });
});
