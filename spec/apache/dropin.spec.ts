// Configurations that were written for mod_wasm run as they are.

import { expect } from 'chai';
import type { Httpd } from '../../apache/httpd.js';
import { ask, dumpOf, EMPTY_MODULE, makeBed, wasmParams } from './bed.js';
import type { Bed } from './bed.js';

describe('apache: drop-in for mod_wasm', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async () => {
    bed = await makeBed();
    for (const name of ['hello', 'wordcount', 'python', 'viewer', 'php']) {
      await bed.write(`modules/${name}.wasm`, EMPTY_MODULE);
    }
    await bed.write('lib/python/os.py', '');
    await bed.write('scripts/hello.py', '');
    await bed.write('docs/blog/index.php', '');
    await bed.write('docs/blog/php.wasm', EMPTY_MODULE);
    // As a hosting panel writes it: a type of its own, and the tenant's files.
    await bed.write(
      'docs/blog/.htaccess',
      `<IfModule wasm_module>
        AddHandler wasm-handler .php
        WasmModule ${bed.at('docs/blog/php.wasm')}
        WasmMapDir / ${bed.at('docs/blog')}
        WasmEnableCGI On
        WasmMapCGIFileNames On
      </IfModule>`,
    );
    const modules = bed.at('modules');
    httpd = await bed.start(
      `<IfModule wasm_module>
        <Location /hello-wasm>
          SetHandler wasm-handler
          WasmModule ${modules}/hello.wasm
        </Location>
        <Location /search-word-count>
          SetHandler wasm-handler
          WasmRoot ${modules}
          WasmModule wordcount.wasm
          WasmDir ${bed.at('data')}
          WasmEnableCGI On
        </Location>
        <Location /hello-python>
          SetHandler wasm-handler
          WasmModule ${modules}/python.wasm
          WasmArg ${bed.at('scripts/hello.py')}
          WasmEnv PYTHONHOME ${bed.at('lib/python')}
          WasmEnv PYTHONPATH ${bed.at('lib/python')}
          WasmDir ${bed.at('lib/python')}
          WasmDir ${bed.at('scripts')}
          WasmMapDir uploads/ ${bed.at('more')}
          WasmEnableCGI On
        </Location>
        <Location /http-request-viewer>
          SetHandler wasm-handler
          WasmModule ${modules}/viewer.wasm
          WasmArg --verbose
          WasmArg 3
          WasmEntryPoint _start
          WasmEnableCGI On
        </Location>
        <Directory ${bed.at('docs')}>
          Require all granted
          AllowOverride All
          DirectoryIndex index.php
        </Directory>
      </IfModule>`,
      ['mime', 'dir', 'proxy', 'proxy_fcgi', `wasm=${bed.so}`],
    );
  });
  after(() => bed.clear());

  it('runs a program without CGI', async () => {
    expect(wasmParams(await dumpOf(httpd, '/hello-wasm'))).to.deep.equal({
      WASM_VERSION: '1',
      WASM_MODULE: bed.at('modules/hello.wasm'),
      WASM_CGI: '0',
    });
  });

  it('runs a CGI program found by WasmRoot, with its request headers', async () => {
    const { params } = await dumpOf(httpd, '/search-word-count', { headers: { Word: 'the' } });
    expect(params).to.include({
      WASM_MODULE: bed.at('modules/wordcount.wasm'),
      WASM_CGI: '1',
      WASM_DIR_0: bed.at('data'),
      HTTP_WORD: 'the',
    });
  });

  it('runs an interpreter with its library and a relative guest name', async () => {
    expect(wasmParams(await dumpOf(httpd, '/hello-python?listdir=/'))).to.include({
      WASM_ARG_0: bed.at('scripts/hello.py'),
      WASM_ENV_0_K: 'PYTHONHOME',
      WASM_ENV_1_K: 'PYTHONPATH',
      WASM_DIR_COUNT: '2',
      WASM_MAP_0_K: 'uploads/',
      WASM_MAP_0_V: bed.at('more'),
    });
  });

  it('takes every request method', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      const { params } = await dumpOf(httpd, '/http-request-viewer', { method });
      expect(params).to.include({ REQUEST_METHOD: method });
    }
    const head = await ask(httpd, '/http-request-viewer', { method: 'HEAD' });
    expect(head).to.include({ status: 200, text: '' });
  });

  it('runs a PHP site from its .htaccess, by directory index and by name', async () => {
    for (const url of ['/blog/', '/blog/index.php', '/blog/index.php/post/1']) {
      const dump = await dumpOf(httpd, url);
      expect(wasmParams(dump)).to.deep.equal({
        WASM_VERSION: '1',
        WASM_MODULE: bed.at('docs/blog/php.wasm'),
        WASM_MODULE_BELOW: bed.at('docs/blog'),
        WASM_CGI: '1',
        WASM_MAP_CGI_FILENAMES: '1',
        WASM_MAP_COUNT: '1',
        WASM_MAP_0_K: '/',
        WASM_MAP_0_V: bed.at('docs/blog'),
        WASM_MAP_0_BELOW: bed.at('docs/blog'),
      });
      expect(dump.params['WASM_SCRIPT_FILENAME']).to.equal(bed.at('docs/blog/index.php'));
    }
  });
});
