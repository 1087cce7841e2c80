// Each directive's params, and their signature.

import { expect } from 'chai';
import type { Httpd } from '../../apache/httpd.js';
import { dumpOf, makeBed, signatureOf, wasmParams } from './bed.js';
import type { Bed } from './bed.js';

describe('apache: params', () => {
  let bed: Bed;
  let httpd: Httpd;
  const at = (name: string): string => bed.at(name);

  /** [what it shows, lines of the section, params beyond WASM_VERSION and WASM_MODULE] */
  const rows: [string, () => string[], () => Record<string, string>][] = [
    ['WASM_CGI=0 without any flag', () => [], () => ({ WASM_CGI: '0' })],
    ['WASM_CGI=1 for WasmEnableCGI On', () => ['WasmEnableCGI On'], () => ({ WASM_CGI: '1' })],
    ['WASM_CGI=0 for WasmEnableCGI Off', () => ['WasmEnableCGI Off'], () => ({ WASM_CGI: '0' })],
    [
      'WASM_MAP_CGI_FILENAMES only when On',
      () => ['WasmMapCGIFileNames On'],
      () => ({ WASM_CGI: '0', WASM_MAP_CGI_FILENAMES: '1' }),
    ],
    [
      'no WASM_MAP_CGI_FILENAMES when Off',
      () => ['WasmMapCGIFileNames Off'],
      () => ({ WASM_CGI: '0' }),
    ],
    [
      'the entry point',
      () => ['WasmEntryPoint handle'],
      () => ({ WASM_CGI: '0', WASM_ENTRY_POINT: 'handle' }),
    ],
    [
      'the content type',
      () => ['WasmContentType "text/plain; charset=utf-8"'],
      () => ({ WASM_CGI: '0', WASM_CONTENT_TYPE: 'text/plain; charset=utf-8' }),
    ],
    ['a snapshot', () => ['WasmSnapshot On'], () => ({ WASM_CGI: '0', WASM_SNAPSHOT: '1' })],
    [
      'the age of a snapshot, and what it watches, there or not yet',
      () => [
        'WasmSnapshot On',
        'WasmSnapshotMaxAge 90',
        `WasmSnapshotWatch ${at('a.wasm')} ${at('data')}/`,
        `WasmSnapshotWatch ${at('restart.txt')}`,
      ],
      () => ({
        WASM_CGI: '0',
        WASM_SNAPSHOT: '1',
        WASM_SNAPSHOT_MAX_AGE: '90000ms',
        WASM_WATCH_COUNT: '3',
        WASM_WATCH_0: at('a.wasm'),
        WASM_WATCH_1: `${at('data')}/`,
        WASM_WATCH_2: at('restart.txt'),
      }),
    ],
    [
      'nothing of a snapshot that is Off',
      () => ['WasmSnapshot Off', 'WasmSnapshotMaxAge 168h', `WasmSnapshotWatch ${at('data')}`],
      () => ({ WASM_CGI: '0' }),
    ],
    [
      'seconds as milliseconds',
      () => ['WasmTimeout 5'],
      () => ({ WASM_CGI: '0', WASM_LIMIT_TIMEOUT: '5000ms' }),
    ],
    [
      'the least timeout',
      () => ['WasmTimeout 1ms'],
      () => ({ WASM_CGI: '0', WASM_LIMIT_TIMEOUT: '1ms' }),
    ],
    [
      'the greatest timeout',
      () => ['WasmTimeout 1h'],
      () => ({ WASM_CGI: '0', WASM_LIMIT_TIMEOUT: '3600000ms' }),
    ],
    [
      'arguments in order, the empty one too',
      () => ['WasmArg -v', 'WasmArg ""', 'WasmArg "two words"'],
      () => ({
        WASM_CGI: '0',
        WASM_ARG_COUNT: '3',
        WASM_ARG_0: '-v',
        WASM_ARG_1: '',
        WASM_ARG_2: 'two words',
      }),
    ],
    [
      'variables with their names in values',
      () => ['WasmEnv some-Name "a=b"', 'WasmEnv EMPTY ""', 'WasmEnv some-name \u00e9'],
      () => ({
        WASM_CGI: '0',
        WASM_ENV_COUNT: '3',
        WASM_ENV_0_K: 'some-Name',
        WASM_ENV_0_V: 'a=b',
        WASM_ENV_1_K: 'EMPTY',
        WASM_ENV_1_V: '',
        WASM_ENV_2_K: 'some-name',
        WASM_ENV_2_V: '\u00c3\u00a9',
      }),
    ],
    [
      'directories, read-only where so named',
      () => [`WasmDir ${at('data')}/`, `WasmDirReadOnly ${at('more')}`],
      () => ({
        WASM_CGI: '0',
        WASM_DIR_COUNT: '2',
        WASM_DIR_0: `${at('data')}/`,
        WASM_DIR_1: at('more'),
        WASM_DIR_1_RO: '1',
      }),
    ],
    [
      'maps, guest name first',
      () => [`WasmMapDir / ${at('data')}`, `WasmMapDirReadOnly ./up/ ${at('more')}`],
      () => ({
        WASM_CGI: '0',
        WASM_MAP_COUNT: '2',
        WASM_MAP_0_K: '/',
        WASM_MAP_0_V: at('data'),
        WASM_MAP_1_K: './up/',
        WASM_MAP_1_V: at('more'),
        WASM_MAP_1_RO: '1',
      }),
    ],
    [
      'more than ten of a list',
      () => Array.from({ length: 12 }, (_, i) => `WasmArg ${i}`),
      () => ({
        WASM_CGI: '0',
        WASM_ARG_COUNT: '12',
        ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`WASM_ARG_${i}`, String(i)])),
      }),
    ],
    [
      'a value of 16,000 bytes',
      () => [`WasmEnv LONG ${'x'.repeat(16_000)}`],
      () => ({
        WASM_CGI: '0',
        WASM_ENV_COUNT: '1',
        WASM_ENV_0_K: 'LONG',
        WASM_ENV_0_V: 'x'.repeat(16_000),
      }),
    ],
  ];

  before(async () => {
    bed = await makeBed();
    await bed.write('docs/own.wasm', Buffer.from([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0]));
    await bed.write('docs/text.wasm', 'text');
    const sections = rows.map(
      ([, lines], i) =>
        `<Location /row${i}>\nSetHandler wasm-handler\nWasmModule ${at('a.wasm')}\n${lines().join('\n')}\n</Location>`,
    );
    httpd = await bed.start(`${sections.join('\n')}
      <Directory ${at('docs')}>
        Require all granted
      </Directory>
      <FilesMatch "\\.wasm$">
        SetHandler wasm-handler
      </FilesMatch>
      <Location /roots/a>
        SetHandler wasm-handler
        WasmModule a.wasm
        WasmRoot ${bed.dir}
      </Location>
      <Location /roots/b>
        <If "true">
          SetHandler wasm-handler
          WasmModule docs/../a.wasm
        </If>
        <IfModule wasm_module>
          WasmRoot ${bed.dir}/data
          WasmRoot ${bed.dir}
        </IfModule>
      </Location>
      <Location /nothing>
        SetHandler wasm-handler
      </Location>`);
  });
  after(() => bed.clear());

  for (const [index, [title, , expected]] of rows.entries()) {
    it(`carries ${title}`, async () => {
      const dump = await dumpOf(httpd, `/row${index}/x?y`);
      const always = { WASM_VERSION: '1', WASM_MODULE: at('a.wasm') };
      expect(wasmParams(dump)).to.deep.equal({ ...always, ...expected() });
      expect(dump.params['WASM_SIGNATURE']).to.equal(signatureOf(dump.params));
    });
  }

  it('runs the requested file where no module is named, core module or component', async () => {
    const dump = await dumpOf(httpd, '/own.wasm/path/info?q');
    expect(wasmParams(dump)).to.deep.equal({
      WASM_VERSION: '1',
      WASM_MODULE: at('docs/own.wasm'),
      WASM_CGI: '0',
    });
    expect(dump.params).to.include({ SCRIPT_NAME: '/own.wasm', PATH_INFO: '/path/info' });
  });

  it('answers 404 where the requested file is missing or no Wasm', async () => {
    for (const url of ['/text.wasm', '/missing.wasm', '/nothing', '/nothing/x']) {
      await dumpOf(httpd, url).then(
        () => expect.fail(url),
        (error: Error) => expect(error.message).to.match(/: 404 /),
      );
    }
  });

  it('carries a path with a newline, which mod_proxy_fcgi alone answers with 403', async () => {
    const { params } = await dumpOf(httpd, '/row0/a%0Ab%7F');
    expect(params).to.include({ SCRIPT_NAME: '/row0', PATH_INFO: '/a\nb\u007f' });
  });

  it('looks for a relative module in WasmRoot, whatever the order, innermost first', async () => {
    for (const url of ['/roots/a', '/roots/b']) {
      expect((await dumpOf(httpd, url)).params).to.include({ WASM_MODULE: at('a.wasm') });
    }
  });
});
