// What one start of httpd has signed counts for nothing after the next.

import { expect } from 'chai';
import { chmod, readdir } from 'node:fs/promises';
import path from 'node:path';
import { startHttpd } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { Client } from '../fcgi/client.js';
import { request } from '../fcgi/wire.js';
import { assemble } from '../pool/guests.js';
import { ask, dumpOf, makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { print } from './guests.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));

describe('apache: params of an older start', () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
    await bed.write('hello.wasm', Buffer.from(assemble(print('hello\n'))));
  });
  after(() => bed.clear());

  /** `WasmServer auto` without a key file: httpd makes the key. */
  const start = (command: readonly string[]): Promise<Httpd> =>
    startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${bed.so}`],
      config: `
        WasmCommand ${command.join(' ')}
        <Location /w>
          SetHandler wasm-handler
          WasmModule ${bed.at('hello.wasm')}
        </Location>`,
    });

  async function signedParams(): Promise<Readonly<Record<string, string>>> {
    const httpd = await start(bed.dump);
    try {
      return (await dumpOf(httpd, '/w')).params;
    } finally {
      await httpd.stop();
    }
  }

  it('are refused with 403 and one line, and nobody else notices', async () => {
    const old = await signedParams();
    expect(old['WASM_SIGNATURE']).to.match(/^[0-9a-f]{40}$/);
    const httpd = await start(await stageProgram(bed.dir, BUILT));
    try {
      expect((await ask(httpd, '/w')).text).to.equal('hello\n');
      expect(await replay(httpd, old)).to.match(/^Status: 403 /);
      const [line] = await httpd.logged(/request-failed .*code=FORGED .*$/m);
      expect(line).to.include('status=403');
      expect((await ask(httpd, '/w')).text).to.equal('hello\n');
    } finally {
      await httpd.stop();
    }
  });
});

/** Asks the responder itself, as who has got at its socket. */
async function replay(httpd: Httpd, params: Readonly<Record<string, string>>): Promise<string> {
  const run = path.join(httpd.dir, 'run');
  const name = (await readdir(run)).find((file) => file.endsWith('.sock')) ?? '';
  await chmod(path.join(run, name), 0o666);
  const client = await Client.connect(`unix:${path.join(run, name)}`);
  client.send(request(1, { entries: params, body: '' }));
  const { stdout } = await client.answer(1);
  client.close();
  return stdout;
}
