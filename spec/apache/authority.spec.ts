// Nobody but the Wasm directives decides what WASM_* says.

import { expect } from 'chai';
import type { Httpd } from '../../apache/httpd.js';
import { dumpOf, EMPTY_MODULE, makeBed, signatureOf, wasmParams } from './bed.js';
import type { Bed } from './bed.js';

const WASM = 'wasm';
const OTHERS = ['env', 'setenvif', 'rewrite', 'headers', 'dir', 'proxy', 'proxy_fcgi', 'fcgid'];
/** What is named first is loaded first. */
const orders: [string, (so: string) => string[]][] = [
  ['before all others', (so) => [`${WASM}=${so}`, ...OTHERS]],
  ['after all others', (so) => [...OTHERS, `${WASM}=${so}`]],
];

for (const [order, modules] of orders) {
  describe(`apache: authority, with mod_wasm loaded ${order}`, () => {
    let bed: Bed;
    let httpd: Httpd;
    const forged = [
      'SetEnv WASM_MODULE /etc/passwd',
      'SetEnv WASM-MODULE /etc/passwd',
      'SetEnv wasm_module /etc/passwd',
      'SetEnv WASM_SIGNATURE 00',
      'SetEnv WASM_MAP_COUNT 1',
      'SetEnv REDIRECT_WASM_MODULE /etc/passwd',
      'SetEnvIf Request_URI . WASM_DIR_COUNT=1 WASM_DIR_0=/ WASM.CGI=7',
      'RewriteEngine On',
      'RewriteRule . - [E=WASM_ENTRY_POINT:evil,E=WASM_DIR_0_RO:0]',
      'ErrorDocument 404 /w/error',
    ].join('\n');

    before(async () => {
      bed = await makeBed();
      const module = `WasmModule ${bed.at('a.wasm')}\nWasmArg real`;
      const wrapper = bed.at('wrapper');
      await bed.write('wrapper', `#!/bin/sh\nexec ${bed.dump.join(' ')}\n`, 0o755);
      await bed.write('docs/dir/index.php', 'x');
      await bed.write('docs/own.wasm', EMPTY_MODULE);
      httpd = await bed.start(
        `<Directory ${bed.at('docs')}>
          Require all granted
          AllowOverride All
        </Directory>
        <Location /w>
          SetHandler wasm-handler
          ${module}
          ${forged}
        </Location>
        <Location /own.wasm>
          SetHandler wasm-handler
          ${forged}
        </Location>
        <Location /fcgid>
          SetHandler fcgid-script
          FcgidWrapper ${wrapper} virtual
          Options +ExecCGI
          ${module}
          ${forged}
        </Location>
        <Location /plain>
          SetHandler fcgid-script
          FcgidWrapper ${wrapper} virtual
          Options +ExecCGI
          SetEnv WASM_MODULE /by/hand
          SetEnv WASM_SIGNATURE 00
          SetEnv WASM-SIGNATURE 00
        </Location>
        <Directory ${bed.at('docs/dir')}>
          DirectoryIndex index.php
        </Directory>
        <Files index.php>
          SetHandler wasm-handler
          ${module}
        </Files>
        <Location /print>
          SetHandler wasm-handler
          ${module}
          Header set X-Module "%{WASM_MODULE}e"
        </Location>`,
        modules(bed.so),
      );
    });
    after(() => bed.clear());

    it('lets no SetEnv, SetEnvIf or RewriteRule win', async () => {
      const { params } = await dumpOf(httpd, '/w');
      const names = Object.keys(params).filter((name) => /^(REDIRECT_)*wasm/i.test(name));
      expect(names.sort()).to.deep.equal(
        [
          'WASM_ARG_0',
          'WASM_ARG_COUNT',
          'WASM_CGI',
          'WASM_MODULE',
          'WASM_SCRIPT_FILENAME',
          'WASM_SIGNATURE',
          'WASM_VERSION',
        ].sort(),
      );
      expect(params).to.include({ WASM_MODULE: bed.at('a.wasm'), WASM_CGI: '0' });
      expect(params['WASM_SIGNATURE']).to.equal(signatureOf(params));
    });

    it('lets none win where the requested file is the program', async () => {
      const { params } = await dumpOf(httpd, '/own.wasm');
      expect(params).to.include({ WASM_MODULE: bed.at('docs/own.wasm') });
      expect(params).to.not.have.any.keys('WASM_DIR_COUNT', 'WASM_ENTRY_POINT', 'WASM_MAP_COUNT');
    });

    it('lets none win through mod_fcgid, which rewrites names', async () => {
      const dump = await dumpOf(httpd, '/fcgid/x');
      expect(wasmParams(dump)).to.deep.equal({
        WASM_VERSION: '1',
        WASM_MODULE: bed.at('a.wasm'),
        WASM_CGI: '0',
        WASM_ARG_COUNT: '1',
        WASM_ARG_0: 'real',
      });
      expect(dump.params['WASM_SIGNATURE']).to.equal(signatureOf(dump.params));
    });

    it('leaves params that are set by hand alone, but no signature with them', async () => {
      const { params } = await dumpOf(httpd, '/plain/x');
      expect(params).to.include({ WASM_MODULE: '/by/hand' });
      expect(params).to.not.have.property('WASM_SIGNATURE');
    });

    it('keeps params of the first request out of an error document', async () => {
      await bed.write('docs/.htaccess', 'ErrorDocument 404 /w/error');
      // The dump responder says Status: 200, and a responder has the last word here.
      const { params } = await dumpOf(httpd, '/missing?x=1');
      expect(params).to.include({
        SCRIPT_NAME: '/w',
        PATH_INFO: '/error',
        REDIRECT_URL: '/missing',
        REDIRECT_STATUS: '404',
        WASM_ARG_0: 'real',
      });
      expect(Object.keys(params).filter((name) => name.startsWith('REDIRECT_WASM'))).to.deep.equal(
        [],
      );
    });

    it('tells the real file of a directory index', async () => {
      const { params } = await dumpOf(httpd, '/dir/');
      expect(params).to.include({
        SCRIPT_NAME: '/dir/index.php',
        WASM_SCRIPT_FILENAME: bed.at('docs/dir/index.php'),
      });
    });
  });
}
