// WasmAllowHost: httpd takes what the responder takes, and hands it on as it was meant.

import { expect } from 'chai';
import { configtest } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';
import { parseHostRule } from '../../lib/config/hosts.js';
import { REFUSED, TAKEN } from '../config/hostforms.js';
import { dumpOf, makeBed, signatureOf, wasmParams } from './bed.js';
import type { Bed } from './bed.js';

function section(url: string, lines: string): string {
  return `<Location ${url}>\nSetHandler wasm-handler\n${lines}\n</Location>`;
}

describe('apache: WasmAllowHost', () => {
  let bed: Bed;
  let httpd: Httpd;

  before(async () => {
    bed = await makeBed();
    const module = `WasmModule ${bed.at('a.wasm')}`;
    httpd = await bed.start(`
      ${TAKEN.map(([text], i) => section(`/w${i}`, `${module}\nWasmAllowHost ${text}`)).join('\n')}
      ${section('/many', `${module}\nWasmAllowHost private GET,PUT https://a http://b:81\nWasmAllowHost https://c`)}
      ${section('/many/more', 'WasmAllowHost https://d')}
      ${section('/many/fresh', `WasmModule ${bed.at('b.wasm')}`)}`);
  });
  after(() => bed.clear());

  const hostsOf = async (url: string): Promise<readonly (string | undefined)[]> => {
    const dump = await dumpOf(httpd, url);
    expect(dump.params['WASM_SIGNATURE']).to.equal(signatureOf(dump.params));
    const params = wasmParams(dump);
    const count = Number(params['WASM_HOST_COUNT'] ?? 0);
    return Array.from({ length: count }, (_, i) => params[`WASM_HOST_${i}`]);
  };

  it('hands on what the responder reads as it was meant', async () => {
    for (const [i, [text, rule]] of TAKEN.entries()) {
      const [given = '', ...more] = await hostsOf(`/w${i}`);
      expect(more).to.deep.equal([]);
      expect(parseHostRule(given), text).to.deep.equal(rule);
    }
  });

  it('takes several origins, to which the words before them belong', async () => {
    expect(await hostsOf('/many')).to.deep.equal([
      'private GET,PUT https://a',
      'private GET,PUT http://b:81',
      'https://c',
    ]);
  });

  it('appends to what a section inherits, and starts afresh at WasmModule', async () => {
    expect(await hostsOf('/many/more')).to.have.length(4);
    expect(await hostsOf('/many/fresh')).to.deep.equal([]);
  });

  it('refuses what the responder refuses, and says what is accepted', async () => {
    const modules = ['proxy', 'proxy_fcgi', `wasm=${bed.so}`];
    for (const text of REFUSED) {
      const { ok, output } = await configtest({ modules, config: `WasmAllowHost ${text}` });
      expect(ok, text).to.equal(false);
      expect(output, text).to.match(/WasmAllowHost .*: (?:must be \[private\]|needs an origin)/);
    }
  });

  it('says no password of a refused line', async () => {
    const modules = ['proxy', 'proxy_fcgi', `wasm=${bed.so}`];
    const { output } = await configtest({
      modules,
      config: 'WasmAllowHost https://me:secret@a.example',
    });
    expect(output).to.include('an origin with a user name').and.not.include('secret');
  });
});
