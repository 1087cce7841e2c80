// WasmAllowOverride: which directives an .htaccess may use is the admin's to say.

import { expect } from 'chai';
import { configtest } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';
import { ask, dumpOf, EMPTY_MODULE, makeBed, signatureOf } from './bed.js';
import type { Bed } from './bed.js';

/** Each class with a line of each of its directives; `sub` lies beside the .htaccess. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  Args: ['WasmArg a'],
  Env: ['WasmEnv K v'],
  CGI: [
    'WasmEnableCGI On',
    'WasmMapCGIFileNames On',
    'WasmEntryPoint go',
    'WasmContentType text/css',
  ],
  Module: ['WasmModule run.wasm', 'WasmRoot sub'],
  Dirs: ['WasmDir sub', 'WasmDirReadOnly sub', 'WasmMapDir / sub', 'WasmMapDirReadOnly / sub'],
  Limits: ['WasmTimeout 1', 'WasmLimit memory 1MiB'],
  Snapshot: ['WasmSnapshot On', 'WasmSnapshotMaxAge 1h', 'WasmSnapshotWatch sub'],
  Hosts: ['WasmAllowHost https://a.example'],
};
const NAMES = Object.keys(CLASSES);

describe('apache: WasmAllowOverride', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async () => {
    bed = await makeBed();
    const places = [...NAMES, 'None', 'All'].map(
      (name) => `<Directory ${bed.at('docs', name)}>\nWasmAllowOverride ${name}\n</Directory>`,
    );
    httpd = await bed.start(`
      WasmServer auto
      <Directory ${bed.at('docs')}>
        AllowOverride Options FileInfo
      </Directory>
      ${places.join('\n')}
      <Directory ${bed.at('docs/Env/also')}>
        WasmAllowOverride args DIRS
      </Directory>
      <Directory ${bed.at('docs/Args/all')}>
        WasmAllowOverride All Hosts
      </Directory>
      <Location /Args/fresh>
        WasmModule ${bed.at('a.wasm')}
      </Location>`);
  });
  after(() => bed.clear());

  let number = 0;
  /** The URL of a new place beneath a directory, with these lines in its .htaccess. */
  const place = async (parent: string, lines: string): Promise<string> => {
    number += 1;
    const url = `${parent}/p${number}`;
    await bed.write(`docs/${url}/run.wasm`, EMPTY_MODULE);
    await bed.write(`docs/${url}/sub/x`, '');
    await bed.write(`docs/${url}/.htaccess`, `SetHandler wasm-handler\n${lines}\n`);
    return `/${url}/run.wasm`;
  };

  for (const [name, lines] of Object.entries(CLASSES)) {
    for (const line of lines) {
      it(`${name} lets an .htaccess use ${line.split(' ')[0]}, and nothing else does`, async () => {
        expect(await ask(httpd, await place(name, line))).to.include({ status: 200 });
        // Whom a program may ask is in no All.
        const isNamed = name === 'Hosts';
        const all = { status: isNamed ? 500 : 200 };
        expect(await ask(httpd, await place('All', line))).to.include(all);
        expect(await ask(httpd, await place('Unsaid', line))).to.include(all);
        for (const other of [...NAMES, 'None'].filter((one) => one !== name)) {
          const url = await place(other, line);
          expect(await ask(httpd, url), other).to.include({ status: 500 });
          const directive = line.split(' ')[0] ?? '';
          const file = bed.at('docs', url.slice(1).replace('run.wasm', '.htaccess'));
          await httpd.logged(
            new RegExp(`${file}:2: ${directive}: WasmAllowOverride .* does not allow ${name}`),
          );
        }
      });
    }
  }

  it('has Hosts beside All where both are named', async () => {
    const url = await place('Args/all', 'WasmAllowHost http://a.example\nWasmEnv K v');
    expect((await dumpOf(httpd, url)).params).to.include({
      WASM_HOST_COUNT: '1',
      WASM_HOST_0: 'http://a.example',
      WASM_HOST_0_TENANT: '1',
    });
  });

  it('leaves an .htaccess alone that uses none of our directives', async () => {
    const { params } = await dumpOf(httpd, await place('None', ''));
    expect(params['WASM_SIGNATURE']).to.equal(signatureOf(params));
  });

  it('is overridden by the section inside, takes a list, and no case', async () => {
    const url = await place('Env/also', 'WasmArg a\nWasmDir sub');
    expect(await ask(httpd, url)).to.include({ status: 200 });
    expect(await ask(httpd, await place('Env/also', 'WasmEnv K v'))).to.include({ status: 500 });
  });

  it('forgets what a section with WasmModule drops, but for limits', async () => {
    const env = await place('Args/fresh', 'WasmEnv K v');
    expect((await dumpOf(httpd, env)).params).to.not.have.property('WASM_ENV_COUNT');
    expect(await ask(httpd, await place('Args/fresh', 'WasmTimeout 1'))).to.include({
      status: 500,
    });
  });

  it('may not stand in an .htaccess', async () => {
    expect(await ask(httpd, await place('None', 'WasmAllowOverride All'))).to.include({
      status: 500,
    });
    await httpd.logged(/WasmAllowOverride not allowed here/);
  });

  for (const [line, expected] of [
    ['WasmAllowOverride', /WasmAllowOverride needs None, All or a list of/],
    ['WasmAllowOverride Args Everything', /WasmAllowOverride Everything: must be None, All or/],
  ] as const) {
    it(`names file, line and reason for ${line}`, async () => {
      const modules = ['proxy', 'proxy_fcgi', `wasm=${bed.so}`];
      const { ok, output, file, headLines } = await configtest({ modules, config: line });
      expect(ok).to.equal(false);
      expect(output).to.include(`Syntax error on line ${headLines + 1} of ${file}:`);
      expect(output).to.match(expected);
    });
  }
});
