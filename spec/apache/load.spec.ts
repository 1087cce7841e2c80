// The real responder while something happens: restarts, kills, tenants side by side, a gigabyte.

import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { assemble } from '../pool/guests.js';
import { ask, makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { print } from './guests.js';
import { underLoad } from './load.js';
import { wirings } from './wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const TENANTS = ['one', 'two', 'three', 'four'];
const GIGABYTE = 1_073_741_824;
const MEBIBYTE = 1_048_576;

describe('apache: the responder under load', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async () => {
    bed = await makeBed();
    for (const name of ['hello', 'compiled']) {
      await bed.write(`${name}.wasm`, Buffer.from(assemble(print(`${name}\n`))));
    }
    for (const name of ['upload-echo', 'request-viewer']) {
      await bed.write(
        `${name}.wasm`,
        await readFile(path.join(ROOT, `samples/${name}/${name}.wasm`)),
      );
    }
    for (const name of TENANTS) {
      const lines = ['SetHandler wasm-handler', 'WasmModule run.wasm', 'WasmEnableCGI On'];
      const own = [`WasmEnv TENANT ${name}`, `WasmArg of-${name}`, 'WasmMapDir /own sub'];
      await bed.write(`docs/${name}/run.wasm`, await readFile(bed.at('request-viewer.wasm')));
      await bed.write(`docs/${name}/sub/file`, name);
      await bed.write(`docs/${name}/.htaccess`, [...lines, ...own].join('\n'));
    }
    const [auto] = wirings;
    if (auto?.name !== 'auto') throw new Error('auto is the first wiring');
    httpd = await auto.start({
      command: await stageProgram(bed.dir, BUILT),
      so: bed.so,
      dir: bed.dir,
      config: (handler) => `
        DocumentRoot "${bed.at('docs')}"
        <Directory ${bed.at('docs')}>
          Require all granted
          AllowOverride Options FileInfo
        </Directory>
        <Location /hello>
          ${handler}
          WasmModule ${bed.at('hello.wasm')}
        </Location>
        <Location /compiled>
          ${handler}
          WasmModule ${bed.at('compiled.wasm')}
        </Location>
        <Location /echo>
          ${handler}
          WasmModule ${bed.at('upload-echo.wasm')}
          WasmEnableCGI On
          WasmTimeout 300
        </Location>`,
    });
  });
  after(async () => {
    await httpd?.stop();
    await bed.clear();
  });

  it('loses no request in a graceful restart', async () => {
    const load = await underLoad(httpd, '/hello', () => httpd.graceful());
    expect(load).to.include({ failed: 0 });
  });

  it('loses at most what was in flight when it is killed', async () => {
    const killed = await responderOf(httpd);
    const load = await underLoad(httpd, '/hello', async () => {
      process.kill(killed, 'SIGKILL');
      await httpd.logged(/responder ended .*starting it again/);
    });
    expect(load.failed).to.be.at.most(load.parallel);
    expect(await responderOf(httpd)).to.not.equal(killed);
  });

  it('14: compiles a module once, outside httpd, whatever is restarted', async () => {
    await httpd.graceful();
    expect((await ask(httpd, '/compiled')).status).to.equal(200);
    await httpd.graceful();
    expect((await ask(httpd, '/compiled')).status).to.equal(200);
    // Of the responder that serves now: another one was killed, and had loaded it for itself.
    const [log = ''] = (await readFile(httpd.errorLog, 'utf8')).split(' info listening ').slice(-1);
    expect(log.match(/module-compiled module=\S+\/compiled\.wasm ms=\d+$/gm)).to.have.lengthOf(1);
  });

  it('5: never mixes up tenants: 4,000 requests to four .htaccess, eight at a time', async () => {
    let next = 0;
    const wrong: string[] = [];
    const client = async (): Promise<void> => {
      while (next < 4000) {
        const name = TENANTS[next++ % TENANTS.length] ?? '';
        const { status, text } = await ask(httpd, `/${name}/page`);
        const right =
          status === 200 &&
          text.includes(`<th>TENANT<td>${name}\n`) &&
          text.includes(`<th>argv[1]<td>of-${name}\n`) &&
          text.split('<th>argv[').length === 3;
        if (!right) wrong.push(`${name}: ${status} ${text}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    expect(wrong).to.deep.equal([]);
  });

  it('carries a gigabyte up and down at once with flat memory', async () => {
    expect(await echoBytes(httpd, 64 * MEBIBYTE)).to.equal(64 * MEBIBYTE);
    const pid = await responderOf(httpd);
    const before = await peakBytes(pid);
    expect(await echoBytes(httpd, GIGABYTE)).to.equal(GIGABYTE);
    expect((await peakBytes(pid)) - before).to.be.below(64 * MEBIBYTE);
  });
});

async function responderOf(httpd: Httpd): Promise<number> {
  for (const pid of await httpd.children()) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (words.includes('wasm-fcgi.js')) return pid;
  }
  throw new Error('there is no responder');
}

/** The most memory that a process ever had resident. */
async function peakBytes(pid: number): Promise<number> {
  const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

/** Sends so many bytes, chunked, and counts what comes back meanwhile. */
function echoBytes(httpd: Httpd, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { port: httpd.port, host: '127.0.0.1', path: '/echo?echo', method: 'POST' };
    const asked = httpRequest(options, (response) => {
      let got = 0;
      response.on('data', (chunk: Buffer) => (got += chunk.length));
      response.on('error', reject);
      response.on('end', () => resolve(got));
    });
    asked.on('error', reject);
    const chunk = Buffer.alloc(MEBIBYTE, 'a');
    let left = length;
    const send = (): void => {
      while (left > 0) {
        left -= MEBIBYTE;
        if (!asked.write(chunk)) {
          asked.once('drain', send);
          return;
        }
      }
      asked.end();
    };
    send();
  });
}
