// The same params, signed, whichever way leads to the responder.

import { expect } from 'chai';
import type { Httpd } from '../../apache/httpd.js';
import { startHttpd } from '../../apache/httpd.js';
import { ask, dumpOf, EMPTY_MODULE, makeBed, signatureOf, wasmParams } from './bed.js';
import type { Bed } from './bed.js';
import { WIRING_KEY, wirings } from './wirings.js';

for (const wiring of wirings) {
  describe(`apache: wired by ${wiring.name}`, () => {
    let bed: Bed;
    let httpd: Httpd | undefined;
    const server = (): Httpd => {
      if (httpd === undefined) throw new Error('not started');
      return httpd;
    };

    before(async () => {
      bed = await makeBed();
      await bed.write('docs/app/page.php', 'x');
      httpd = await wiring.start({
        command: bed.dump,
        so: bed.so,
        dir: bed.dir,
        config: (handler) => `
          DocumentRoot "${bed.at('docs')}"
          <Location /w>
            ${handler}
            WasmModule ${bed.at('a.wasm')}
            WasmArg x
            WasmEnv N ${'v'.repeat(15_000)}
            WasmMapDir / ${bed.at('data')}
          </Location>
          <Location /many>
            ${handler}
            WasmModule ${bed.at('a.wasm')}
            ${Array.from({ length: 200 }, (_, i) => `WasmArg ${i}${'.'.repeat(150)}`).join('\n')}
          </Location>
          <Directory ${bed.at('docs/app')}>
            <FilesMatch "\\.php$">
              ${handler}
              WasmModule ${bed.at('a.wasm')}
            </FilesMatch>
          </Directory>`,
      });
    });
    after(async () => {
      await httpd?.stop();
      await bed.clear();
    });

    it('carries params and signature', async () => {
      const dump = await dumpOf(server(), '/w?q=1');
      expect(wasmParams(dump)).to.deep.equal({
        WASM_VERSION: '1',
        WASM_MODULE: bed.at('a.wasm'),
        WASM_CGI: '0',
        WASM_ARG_COUNT: '1',
        WASM_ARG_0: 'x',
        WASM_ENV_COUNT: '1',
        WASM_ENV_0_K: 'N',
        WASM_ENV_0_V: 'v'.repeat(15_000),
        WASM_MAP_COUNT: '1',
        WASM_MAP_0_K: '/',
        WASM_MAP_0_V: bed.at('data'),
      });
      expect(dump.params['WASM_SIGNATURE']).to.equal(signatureOf(dump.params, WIRING_KEY));
      expect(dump.params).to.include({ QUERY_STRING: 'q=1', SCRIPT_NAME: '/w' });
    });

    it('carries two hundred arguments', async () => {
      const dump = await dumpOf(server(), '/many');
      expect(dump.params).to.include({
        WASM_ARG_COUNT: '200',
        WASM_ARG_199: `199${'.'.repeat(150)}`,
      });
      expect(dump.params['WASM_SIGNATURE']).to.equal(signatureOf(dump.params, WIRING_KEY));
    });

    it('tells the script, the path behind it, and the real file', async () => {
      const { params } = await dumpOf(server(), '/app/page.php/a/b%20c');
      expect(params).to.include({
        SCRIPT_NAME: '/app/page.php',
        PATH_INFO: '/a/b c',
        WASM_SCRIPT_FILENAME: bed.at('docs/app/page.php'),
      });
    });

    it('keeps the Content-Length of the answer', async () => {
      const { headers, text } = await ask(server(), '/w');
      expect(headers['content-length']).to.equal(String(text.length));
    });

    it('brings a body to the responder', async () => {
      const body = Buffer.alloc(300_000, 'b');
      const { text } = await ask(server(), '/w', { method: 'POST', body });
      expect(JSON.parse(text)).to.include({ bodyBytes: 300_000 });
    });
  });
}

describe('apache: further wirings', () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
  });
  after(() => bed.clear());

  const dumpBehind = async (config: (socket: string) => string): Promise<void> => {
    const [, proxied] = wirings;
    if (proxied === undefined) throw new Error('no such wiring');
    const httpd = await proxied.start({
      command: bed.dump,
      so: bed.so,
      dir: bed.dir,
      modules: ['slotmem_shm', 'lbmethod_byrequests', 'proxy_balancer'],
      config: () => config(`${bed.dir}/responder/socket`),
    });
    try {
      const dump = await dumpOf(httpd, '/w/path?x');
      expect(wasmParams(dump)).to.include({ WASM_MODULE: bed.at('a.wasm'), WASM_ARG_0: 'arg' });
      expect(dump.params['WASM_SIGNATURE']).to.equal(signatureOf(dump.params, WIRING_KEY));
    } finally {
      await httpd.stop();
    }
  };
  const module = (): string => `WasmModule ${bed.at('a.wasm')}\nWasmArg arg`;

  it('signs what ProxyPass leads to a responder', () =>
    dumpBehind(
      (socket) => `
        ProxyPass /w unix:${socket}|fcgi://responder/
        <Location /w>
          ${module()}
        </Location>`,
    ));

  it('redirects wasm-handler to the socket that WasmServer names', () =>
    dumpBehind(() => `<Location /w>\nSetHandler wasm-handler\n${module()}\n</Location>`));

  it('redirects wasm-handler to a balancer', () =>
    dumpBehind(
      (socket) => `
        <VirtualHost *:*>
          WasmServer balancer://workers
          <Proxy balancer://workers>
            BalancerMember unix:${socket}|fcgi://one
          </Proxy>
          <Location /w>
            SetHandler wasm-handler
            ${module()}
          </Location>
        </VirtualHost>`,
    ));

  it('sends no Wasm params to a FastCGI program that is none of ours', async () => {
    const [, proxied] = wirings;
    if (proxied === undefined) throw new Error('no such wiring');
    await bed.write('docs/x.php', '<?php');
    const httpd = await proxied.start({
      command: bed.dump,
      so: bed.so,
      dir: bed.dir,
      config: (handler) => `
        DocumentRoot "${bed.at('docs')}"
        WasmServer unix:/somewhere/else
        WasmTimeout 5
        <FilesMatch "\\.php$">
          ${handler}
        </FilesMatch>`,
    });
    try {
      const dump = await dumpOf(httpd, '/x.php');
      expect(Object.keys(dump.params).filter((name) => /WASM/.test(name))).to.deep.equal([]);
    } finally {
      await httpd.stop();
    }
  });

  it('knows its own responder behind an explicit handler: the file is the program, or 404', async () => {
    const [, proxied] = wirings;
    if (proxied === undefined) throw new Error('no such wiring');
    await bed.write('docs/own.wasm', EMPTY_MODULE);
    const httpd = await proxied.start({
      command: bed.dump,
      so: bed.so,
      dir: bed.dir,
      config: (handler) => `
        DocumentRoot "${bed.at('docs')}"
        <Location />
          ${handler}
        </Location>
        <Location /by-hand>
          SetEnv WASM_MODULE /by/hand.wasm
        </Location>`,
      modules: ['env'],
    });
    try {
      const { params } = await dumpOf(httpd, '/own.wasm');
      expect(params).to.include({ WASM_MODULE: bed.at('docs/own.wasm') });
      expect(params['WASM_SIGNATURE']).to.equal(signatureOf(params, WIRING_KEY));
      expect(await ask(httpd, '/none.wasm')).to.include({ status: 404 });
      const byHand = await dumpOf(httpd, '/by-hand');
      expect(byHand.params).to.include({ WASM_MODULE: '/by/hand.wasm' });
      expect(byHand.params).to.not.have.property('WASM_SIGNATURE');
    } finally {
      await httpd.stop();
    }
  });

  it('answers 503 and says why when no responder was started', async () => {
    await bed.write('docs/late/.htaccess', `SetHandler wasm-handler`);
    await bed.write('docs/late/x.wasm', Buffer.from('\0asm'));
    const httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${bed.so}`],
      config: `DocumentRoot "${bed.at('docs')}"\n<Directory ${bed.at('docs')}>\nAllowOverride All\n</Directory>`,
    });
    try {
      expect(await ask(httpd, '/late/x.wasm')).to.include({ status: 503 });
      await httpd.logged(/no Wasm responder was started, .* add "WasmServer auto"/);
    } finally {
      await httpd.stop();
    }
  });
});
