// The wirings that an administrator writes with lines of mod_proxy and mod_fcgid alone.

import { expect } from 'chai';
import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { buildModule } from '../../apache/build.js';
import { startHttpd } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ordinaryAccount } from '../../samples/account.js';
import { assemble } from '../pool/guests.js';
import { startProgram } from '../program.js';
import type { Program } from '../program.js';
import { ask, makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { print } from './guests.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));

describe('apache: wired by hand', () => {
  let bed: Bed;
  let httpd: Httpd | undefined;
  let program: Program | undefined;

  before(async () => {
    bed = await makeBed();
    const hello = print('Content-Type: text/plain\n\nhello\n');
    await bed.write('hello.wasm', Buffer.from(assemble(hello)));
    await bed.write('docs/hello.wasm', Buffer.from(assemble(hello)));
  });
  afterEach(async () => {
    await httpd?.stop();
    await program?.clear();
    httpd = undefined;
    program = undefined;
  });
  after(() => bed.clear());

  const hello = async (url: string): Promise<void> => {
    if (httpd === undefined) throw new Error('not started');
    const { status, text } = await ask(httpd, url);
    expect([status, text]).to.deep.equal([200, 'hello\n']);
  };

  it('reaches a TCP responder by ProxyPass', async () => {
    program = await startProgram(['--listen', '127.0.0.1:0']);
    await program.logged('address=tcp:');
    const [, port = ''] = /address=tcp:127\.0\.0\.1:(\d+)/.exec(program.log) ?? [];
    await bed.write('key', await program.key(), 0o600);
    httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${await buildModule()}`],
      config: `
        WasmServer 127.0.0.1:${port}
        WasmKeyFile ${bed.at('key')}
        ProxyPass /hello fcgi://127.0.0.1:${port}/
        <Location /hello>
          WasmModule ${bed.at('hello.wasm')}
          WasmEnableCGI On
        </Location>`,
    });
    await hello('/hello');
  });

  const fcgid = (wrapper: string): string => `
    FcgidWrapper "${wrapper}" .wasm
    DocumentRoot "${bed.at('docs')}"
    <Directory "${bed.at('docs')}">
      Require all granted
      Options +ExecCGI
      AddHandler fcgid-script .wasm
    </Directory>`;

  it('runs the requested file by FcgidWrapper, its params signed', async () => {
    const words = await stageProgram(bed.dir, BUILT);
    const key = await bed.write('fcgid.key', 'the key of this wiring, 32 and more', 0o600);
    const account = await ordinaryAccount();
    if (account !== undefined) await chown(key, account.uid, account.gid);
    httpd = await startHttpd({
      modules: ['mime', 'fcgid', `wasm=${await buildModule()}`],
      config: `
        WasmServer fcgid
        WasmKeyFile ${key}
        ${fcgid(`${words.join(' ')} --key-file ${key}`)}
        <Directory "${bed.at('docs')}">
          WasmEnableCGI On
        </Directory>`,
    });
    await hello('/hello.wasm');
  });

  it('runs it without the module too, where the responder believes unsigned params', async () => {
    const words = await stageProgram(bed.dir, BUILT);
    const trust = `--allow-unsigned --module-root ${bed.at('docs')}`;
    httpd = await startHttpd({
      modules: ['mime', 'fcgid'],
      config: fcgid(`${words.join(' ')} ${trust}`),
    });
    await hello('/hello.wasm');
    await mkdir(bed.at('docs/sub'), { recursive: true });
    await bed.write('docs/sub/text.wasm', 'no Wasm');
    expect((await ask(httpd, '/sub/text.wasm')).status).to.equal(500);
  });
});
