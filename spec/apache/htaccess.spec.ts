// What an .htaccess may grant: what lies beneath it, or beneath the roots of the admin.

import { expect } from 'chai';
import { readFile, symlink } from 'node:fs/promises';
import type { Httpd } from '../../apache/httpd.js';
import { ask, dumpOf, EMPTY_MODULE, makeBed, signatureOf, wasmParams } from './bed.js';
import type { Bed } from './bed.js';
import { mkfifo } from './fifo.js';

describe('apache: .htaccess', () => {
  let bed: Bed;
  let httpd: Httpd;
  let number = 0;

  before(async () => {
    bed = await makeBed();
    await bed.write('shared/lib.wasm', EMPTY_MODULE);
    await bed.write('sharedX/lib.wasm', EMPTY_MODULE);
    httpd = await bed.start(`
      WasmTimeout 10
      <Directory ${bed.at('docs')}>
        Require all granted
        AllowOverride Options FileInfo
        Options FollowSymLinks
        WasmHtaccessRoot ${bed.at('more')}/ ${bed.at('shared')}
      </Directory>
      <Directory ${bed.at('docs/closed')}>
        AllowOverride FileInfo
      </Directory>
      <Files last>
        WasmTimeout 9
      </Files>`);
  });
  after(() => bed.clear());

  /** A new tenant's directory with these lines; answers its URL. */
  const tenant = async (lines: string): Promise<string> => {
    number += 1;
    const url = `/t${number}`;
    const name = `docs${url}`;
    await bed.write(`${name}/run.wasm`, EMPTY_MODULE);
    await bed.write(`${name}/sub/x`, '');
    await symlink('/etc', bed.at(name, 'etc'));
    await mkfifo(bed.at(name, 'pipe.wasm'));
    await bed.write(`${name}/.htaccess`, `SetHandler wasm-handler\n${lines}\n`);
    return url;
  };
  const dirOf = (url: string): string => bed.at('docs', url.slice(1));

  it('may set arguments, variables, flags, entry point and type', async () => {
    const url = await tenant(`
      WasmModule run.wasm
      WasmArg a
      WasmEnv K v
      WasmEnableCGI On
      WasmMapCGIFileNames On
      WasmEntryPoint go
      WasmContentType text/css`);
    const dump = await dumpOf(httpd, `${url}/x`);
    expect(wasmParams(dump)).to.deep.equal({
      WASM_VERSION: '1',
      WASM_MODULE: `${dirOf(url)}/run.wasm`,
      WASM_MODULE_BELOW: dirOf(url),
      WASM_CGI: '1',
      WASM_MAP_CGI_FILENAMES: '1',
      WASM_ENTRY_POINT: 'go',
      WASM_CONTENT_TYPE: 'text/css',
      WASM_ARG_COUNT: '1',
      WASM_ARG_0: 'a',
      WASM_ENV_COUNT: '1',
      WASM_ENV_0_K: 'K',
      WASM_ENV_0_V: 'v',
      WASM_LIMIT_TIMEOUT: '10000ms',
    });
    expect(dump.params['WASM_SIGNATURE']).to.equal(signatureOf(dump.params));
  });

  it('may name what lies beneath it, and says so to the responder', async () => {
    const url = await tenant(`
      WasmModule sub/../run.wasm
      WasmDir sub
      WasmDirReadOnly .
      WasmMapDir / ./sub/
      WasmMapDirReadOnly /etc etc
      WasmSnapshot On
      WasmSnapshotWatch none sub
      <Files *>
        WasmMapDir /files sub
      </Files>`);
    const here = dirOf(url);
    expect(wasmParams(await dumpOf(httpd, url))).to.deep.include({
      WASM_MODULE: `${here}/run.wasm`,
      WASM_DIR_0: `${here}/sub`,
      WASM_DIR_0_BELOW: here,
      WASM_DIR_1: here,
      WASM_DIR_1_BELOW: here,
      WASM_DIR_1_RO: '1',
      WASM_MAP_0_V: `${here}/sub`,
      WASM_MAP_0_BELOW: here,
      WASM_MAP_1_V: `${here}/etc`,
      WASM_MAP_1_BELOW: here,
      WASM_MAP_1_RO: '1',
      WASM_SNAPSHOT: '1',
      WASM_WATCH_0: `${here}/none`,
      WASM_WATCH_0_BELOW: here,
      WASM_WATCH_1: `${here}/sub`,
      WASM_WATCH_1_BELOW: here,
      WASM_MAP_2_K: '/files',
      WASM_MAP_2_V: `${here}/sub`,
      WASM_MAP_2_BELOW: here,
    });
  });

  it('may name what lies beneath a WasmHtaccessRoot', async () => {
    const url = await tenant(`
      WasmModule ${bed.at('shared/lib.wasm')}
      WasmMapDir / ${bed.at('more')}`);
    expect(wasmParams(await dumpOf(httpd, url))).to.deep.include({
      WASM_MODULE: bed.at('shared/lib.wasm'),
      WASM_MODULE_BELOW: bed.at('shared'),
      WASM_MAP_0_V: bed.at('more'),
      WASM_MAP_0_BELOW: bed.at('more'),
    });
  });

  it('takes WasmRoot for its own relative module', async () => {
    const url = await tenant('WasmRoot sub/..\nWasmModule run.wasm');
    expect((await dumpOf(httpd, url)).params).to.include({
      WASM_MODULE: `${dirOf(url)}/run.wasm`,
    });
  });

  it('may lower a limit: the responder is told what it asks for, and by whom', async () => {
    const lines = 'WasmModule run.wasm\nWasmTimeout 11\nWasmLimit memory 1M\nWasmLimit memory 2M';
    expect(wasmParams(await dumpOf(httpd, await tenant(lines)))).to.include({
      WASM_LIMIT_TIMEOUT: '10000ms',
      WASM_LOWER_TIMEOUT: '11000ms',
      WASM_LOWER_MEMORY: '2097152',
    });
  });

  it('lowers what those above it have lowered, and a deeper section of the admin has the last word', async () => {
    const url = await tenant('WasmModule run.wasm\nWasmTimeout 5\nWasmLimit output 7');
    const inner = `docs${url}/sub/.htaccess`;
    await bed.write(inner, 'WasmTimeout 6\n<Files x>\nWasmTimeout 4\nWasmLimit output 8\n</Files>');
    expect(wasmParams(await dumpOf(httpd, `${url}/sub/x`))).to.include({
      WASM_LIMIT_TIMEOUT: '10000ms',
      WASM_LOWER_TIMEOUT: '4000ms',
      WASM_LOWER_OUTPUT: '7',
    });
    expect(wasmParams(await dumpOf(httpd, `${url}/sub/last`)))
      .to.include({ WASM_LIMIT_TIMEOUT: '9000ms', WASM_LOWER_OUTPUT: '7' })
      .and.not.have.property('WASM_LOWER_TIMEOUT');
  });

  /** [lines, the directive that is named, what is said of it]; DIR is the bed */
  const refusals: [string, RegExp][] = [
    ['WasmModule DIR/a.wasm', /\.htaccess:2: WasmModule DIR\/a\.wasm: an \.htaccess may name/],
    ['WasmModule ../../a.wasm', /\.htaccess:2: WasmModule DIR\/a\.wasm: an/],
    ['WasmModule run.wasm\nWasmMapDir / /', /\.htaccess:3: WasmMapDir \/: an \.htaccess may name/],
    ['WasmModule run.wasm\nWasmDir /etc', /\.htaccess:3: WasmDir \/etc: an/],
    ['WasmModule run.wasm\nWasmDir ..', /\.htaccess:3: WasmDir DIR\/docs: an/],
    ['WasmModule run.wasm\nWasmDirReadOnly DIR/data', /WasmDirReadOnly DIR\/data: an/],
    ['WasmModule run.wasm\nWasmMapDirReadOnly / sub/../../..', /WasmMapDirReadOnly DIR: an/],
    ['WasmModule DIR/sharedX/lib.wasm', /WasmModule DIR\/sharedX\/lib\.wasm: an/],
    ['WasmModule DIR/shared/../a.wasm', /WasmModule DIR\/a\.wasm: an/],
    ['WasmRoot /usr\nWasmModule x.wasm', /\.htaccess:3: WasmModule \/usr\/x\.wasm: an/],
    [
      'WasmModule run.wasm\nWasmSnapshot On\nWasmSnapshotWatch sub DIR/data',
      /\.htaccess:4: WasmSnapshotWatch DIR\/data: an/,
    ],
    ['WasmModule none.wasm', /\.htaccess: line 2: WasmModule .*\/none\.wasm: No such file/],
    ['WasmModule sub', /line 2: WasmModule .*\/sub: not a regular file/],
    ['WasmModule pipe.wasm', /line 2: WasmModule .*\/pipe\.wasm: not a regular file/],
    ['WasmDir run.wasm', /line 2: WasmDir .*\/run\.wasm: not a directory/],
    ['WasmTimeout 0', /line 2: WasmTimeout 0: must be from 1ms to 1h/],
    [
      'WasmLimit memory 1',
      /line 2: WasmLimit memory 1: must be from 64KiB to 4GiB in steps of 64KiB/,
    ],
    ['WasmHtaccessRoot /', /WasmHtaccessRoot not allowed here/],
    ['WasmServer auto', /WasmServer not allowed here/],
    ['WasmCommand x', /WasmCommand not allowed here/],
    ['WasmKeyFile x', /WasmKeyFile not allowed here/],
  ];
  for (const [lines, expected] of refusals) {
    it(`answers 500 and tells the log why for ${lines.replace('\n', ', ')}`, async () => {
      const url = await tenant(lines.replaceAll('DIR', bed.dir));
      expect(await ask(httpd, `${url}/x`)).to.include({ status: 500 });
      const log = await readFile(httpd.errorLog, 'utf8');
      const line = log.split('\n').filter((text) => text.includes(dirOf(url)));
      expect(line.join('\n')).to.match(new RegExp(expected.source.replaceAll('DIR', bed.dir)));
    });
  }

  it('has no say where AllowOverride lacks Options', async () => {
    await bed.write('docs/closed/run.wasm', EMPTY_MODULE);
    await bed.write('docs/closed/.htaccess', 'WasmModule run.wasm');
    expect(await ask(httpd, '/closed/x')).to.include({ status: 500 });
    await httpd.logged(/closed\/\.htaccess: WasmModule not allowed here/);
  });

  it('never mixes up tenants under load', async () => {
    const urls = await Promise.all(
      ['one', 'two', 'three', 'four'].map((name) =>
        tenant(`WasmModule run.wasm\nWasmArg ${name}\nWasmMapDir / sub\nWasmEnv ME ${name}`),
      ),
    );
    let next = 0;
    let wrong = 0;
    const client = async (): Promise<void> => {
      while (next < 4000) {
        const which = next++ % urls.length;
        const url = urls[which] ?? '';
        const { params } = await dumpOf(httpd, url);
        const right =
          params['WASM_ARG_COUNT'] === '1' &&
          params['WASM_ARG_0'] === ['one', 'two', 'three', 'four'][which] &&
          params['WASM_ENV_0_V'] === params['WASM_ARG_0'] &&
          params['WASM_MAP_COUNT'] === '1' &&
          params['WASM_MAP_0_V'] === `${dirOf(url)}/sub` &&
          params['WASM_MODULE'] === `${dirOf(url)}/run.wasm` &&
          params['WASM_SIGNATURE'] === signatureOf(params);
        if (!right) wrong += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    expect(wrong).to.equal(0);
  });
});
