// How sections merge: with WasmModule they start afresh, without one they extend.

import { expect } from 'chai';
import type { Httpd } from '../../apache/httpd.js';
import { dumpOf, EMPTY_MODULE, makeBed, signatureOf, wasmParams } from './bed.js';
import type { Bed } from './bed.js';

describe('apache: merging', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async () => {
    bed = await makeBed();
    const a = bed.at('a.wasm');
    const b = bed.at('b.wasm');
    await bed.write('docs/app/page.php', 'page');
    await bed.write('docs/app/deep/page.php', 'page');
    await bed.write(
      'docs/app/deep/.htaccess',
      'WasmArg htaccess\n<Files *.php>\nWasmArg files-in\n</Files>',
    );
    await bed.write('docs/afresh/page.php', 'page');
    await bed.write('docs/afresh/.htaccess', 'WasmModule own.wasm\nWasmArg tenant');
    await bed.write('docs/afresh/own.wasm', EMPTY_MODULE);
    const everything = [
      `WasmModule ${a}`,
      'WasmArg one',
      'WasmEnv NAME first',
      `WasmDir ${bed.at('data')}`,
      `WasmMapDir / ${bed.at('data')}`,
      'WasmEnableCGI On',
      'WasmMapCGIFileNames On',
      'WasmEntryPoint first',
      'WasmContentType text/first',
      'WasmSnapshot On',
      'WasmSnapshotMaxAge 1s',
      `WasmSnapshotWatch ${a}`,
      'WasmTimeout 9',
    ].join('\n');
    httpd = await bed.start(`
      WasmTimeout 20
      WasmArg server
      <Directory ${bed.at('docs')}>
        Require all granted
        AllowOverride Options FileInfo
      </Directory>
      <Location /extend>
        SetHandler wasm-handler
        ${everything}
      </Location>
      <Location /extend/lists>
        WasmArg two
        WasmEnv NAME second
        WasmDirReadOnly ${bed.at('more')}
        WasmMapDirReadOnly /more ${bed.at('more')}
        WasmSnapshotWatch ${bed.at('more')} ${b}
      </Location>
      <Location /extend/lists/again>
        WasmArg three
      </Location>
      <Location /extend/scalars>
        WasmEnableCGI Off
        WasmMapCGIFileNames Off
        WasmEntryPoint second
        WasmContentType text/second
        WasmSnapshotMaxAge 2s
        WasmTimeout 8
      </Location>
      <Location /extend/scalars/off>
        WasmSnapshot Off
      </Location>
      <Location /extend/afresh>
        WasmModule ${b}
        WasmArg only
      </Location>
      <Location /extend/afresh/more>
        WasmArg added
      </Location>
      <Location /extend/twice>
        WasmModule ${a}
        WasmArg kept
        WasmModule ${b}
      </Location>
      <Directory ${bed.at('docs/app')}>
        SetHandler wasm-handler
        WasmModule ${a}
        WasmArg directory
      </Directory>
      <Files page.php>
        WasmArg files
      </Files>
      <Location /app>
        WasmArg location
      </Location>
      <If "%{QUERY_STRING} == 'if'">
        WasmArg if
      </If>
      <Directory ${bed.at('docs/afresh')}>
        SetHandler wasm-handler
        WasmModule ${b}
        WasmDir ${bed.at('data')}
        WasmArg gone
        WasmTimeout 5
      </Directory>
      <VirtualHost *:*>
        ServerName one
        <Location /same>
          SetHandler wasm-handler
          WasmModule ${a}
          WasmArg one
        </Location>
      </VirtualHost>
      <VirtualHost *:*>
        ServerName two
        WasmArg vhost
        WasmTimeout 3
        <Location /same>
          SetHandler wasm-handler
          WasmModule ${b}
          WasmArg two
        </Location>
      </VirtualHost>
      <VirtualHost *:*>
        ServerName three
        WasmArg vhost
        WasmModule ${b}
        <Location /inherit>
          SetHandler wasm-handler
          WasmArg three
        </Location>
      </VirtualHost>`);
  });
  after(() => bed.clear());

  const paramsOf = async (url: string, host = 'one'): Promise<Record<string, string>> => {
    const dump = await dumpOf(httpd, url, { host });
    expect(dump.params['WASM_SIGNATURE']).to.equal(signatureOf(dump.params));
    return wasmParams(dump);
  };
  const argsOf = async (url: string, host = 'one'): Promise<string[]> => {
    const params = await paramsOf(url, host);
    const names = Object.keys(params).filter((name) => /^WASM_ARG_\d+$/.test(name));
    return names.sort().map((name) => params[name] ?? '');
  };

  it('appends to lists in the order of the sections', async () => {
    expect(await paramsOf('/extend/lists/again')).to.include({
      WASM_MODULE: bed.at('a.wasm'),
      WASM_ARG_COUNT: '3',
      WASM_ARG_0: 'one',
      WASM_ARG_1: 'two',
      WASM_ARG_2: 'three',
      WASM_ENV_COUNT: '2',
      WASM_ENV_0_V: 'first',
      WASM_ENV_1_V: 'second',
      WASM_DIR_COUNT: '2',
      WASM_DIR_1: bed.at('more'),
      WASM_DIR_1_RO: '1',
      WASM_MAP_COUNT: '2',
      WASM_MAP_1_K: '/more',
      WASM_MAP_1_RO: '1',
      WASM_WATCH_COUNT: '3',
      WASM_WATCH_0: bed.at('a.wasm'),
      WASM_WATCH_1: bed.at('more'),
      WASM_WATCH_2: bed.at('b.wasm'),
    });
  });

  it('does not change the section that was extended', async () => {
    await paramsOf('/extend/lists');
    expect(await argsOf('/extend')).to.deep.equal(['one']);
  });

  it('overrides scalars, Off included', async () => {
    expect(await paramsOf('/extend/scalars')).to.deep.include({
      WASM_MODULE: bed.at('a.wasm'),
      WASM_CGI: '0',
      WASM_ENTRY_POINT: 'second',
      WASM_CONTENT_TYPE: 'text/second',
      WASM_SNAPSHOT: '1',
      WASM_SNAPSHOT_MAX_AGE: '2000ms',
      WASM_LIMIT_TIMEOUT: '8000ms',
      WASM_ARG_0: 'one',
    });
    expect(await paramsOf('/extend/scalars')).to.not.have.property('WASM_MAP_CGI_FILENAMES');
    expect(await paramsOf('/extend/scalars/off')).to.not.have.property('WASM_SNAPSHOT');
  });

  it('inherits scalars that a section leaves unset', async () => {
    expect(await paramsOf('/extend/lists')).to.include({
      WASM_CGI: '1',
      WASM_MAP_CGI_FILENAMES: '1',
      WASM_ENTRY_POINT: 'first',
      WASM_CONTENT_TYPE: 'text/first',
      WASM_SNAPSHOT: '1',
      WASM_SNAPSHOT_MAX_AGE: '1000ms',
      WASM_LIMIT_TIMEOUT: '9000ms',
    });
  });

  it('starts afresh at WasmModule, except for the limit', async () => {
    expect(await paramsOf('/extend/afresh')).to.deep.equal({
      WASM_VERSION: '1',
      WASM_MODULE: bed.at('b.wasm'),
      WASM_CGI: '0',
      WASM_ARG_COUNT: '1',
      WASM_ARG_0: 'only',
      WASM_LIMIT_TIMEOUT: '9000ms',
    });
    expect(await argsOf('/extend/afresh/more')).to.deep.equal(['only', 'added']);
  });

  it('takes the last WasmModule of a section and keeps its other lines', async () => {
    const params = await paramsOf('/extend/twice');
    expect(params).to.include({ WASM_MODULE: bed.at('b.wasm'), WASM_ARG_0: 'kept' });
  });

  it('merges Directory, .htaccess, Files, Location and If in the order of httpd', async () => {
    expect(await argsOf('/app/page.php')).to.deep.equal(['directory', 'files', 'location']);
    expect(await argsOf('/app/page.php?if')).to.deep.equal([
      'directory',
      'files',
      'location',
      'if',
    ]);
    expect(await argsOf('/app/deep/page.php')).to.deep.equal([
      'directory',
      'htaccess',
      'files',
      'files-in',
      'location',
    ]);
  });

  it('starts afresh at the WasmModule of an .htaccess, within the limit of the admin', async () => {
    expect(await paramsOf('/afresh/page.php')).to.deep.equal({
      WASM_VERSION: '1',
      WASM_MODULE: bed.at('docs/afresh/own.wasm'),
      WASM_MODULE_BELOW: bed.at('docs/afresh'),
      WASM_CGI: '0',
      WASM_ARG_COUNT: '2',
      WASM_ARG_0: 'tenant',
      WASM_ARG_1: 'files',
      WASM_LIMIT_TIMEOUT: '5000ms',
    });
  });

  it('keeps the same Location of two virtual hosts apart', async () => {
    for (let round = 0; round < 3; round += 1) {
      const [one, two] = await Promise.all([paramsOf('/same', 'one'), paramsOf('/same', 'two')]);
      expect(one).to.include({ WASM_MODULE: bed.at('a.wasm'), WASM_ARG_0: 'one' });
      expect(two).to.include({ WASM_MODULE: bed.at('b.wasm'), WASM_ARG_0: 'two' });
      expect(one).to.include({ WASM_LIMIT_TIMEOUT: '20000ms' });
      expect(two).to.include({ WASM_LIMIT_TIMEOUT: '3000ms' });
    }
  });

  it('hands a server and virtual host on to their sections', async () => {
    // Three has a module, so what the main server says starts afresh there.
    expect(await argsOf('/inherit', 'three')).to.deep.equal(['vhost', 'three']);
    expect(await paramsOf('/inherit', 'three')).to.include({ WASM_MODULE: bed.at('b.wasm') });
  });
});
