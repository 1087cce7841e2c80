// The samples, and what programs of the web do in PHP, Python and Ruby, over each way to the responder.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { ordinaryAccount } from '../../samples/account.js';
import { SAMPLES, START_PAGE } from '../../samples/checks.js';
import type { Sample } from '../../samples/sample.js';
import { HTTPD_MODULES, serveWordsIn, stageDemo } from '../../samples/stage.js';
import { visitSample } from '../../samples/visit.js';
import { makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { wirings } from './wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const EVERY_BYTE = Uint8Array.from({ length: 262_144 }, (_, index) => index % 256);
const SHA1 = createHash('sha1').update(EVERY_BYTE).digest('hex');

for (const wiring of wirings) {
  describe(`apache: real programs, by ${wiring.name}`, () => {
    let bed: Bed;
    let httpd: Httpd;

    before(async () => {
      bed = await makeBed();
      const site = stageDemo(ROOT, bed.dir, await ordinaryAccount());
      await cp(path.join(ROOT, 'spec/apache/scripts'), bed.at('scripts'), { recursive: true });
      httpd = await wiring.start({
        command: [...(await stageProgram(bed.dir, BUILT)), ...serveWordsIn(bed.dir)],
        so: bed.so,
        dir: bed.dir,
        modules: HTTPD_MODULES,
        config: () => `${site}${scriptsOf(bed)}`,
      });
    });
    after(async () => {
      await httpd?.stop();
      await bed.clear();
    });

    for (const sample of [START_PAGE, ...(wiring.name === 'auto' ? SAMPLES : onePerModule())]) {
      // mod_fcgid holds back 64 KB of output, so nothing streams.
      if (wiring.name === 'fcgid' && sample.name === 'ticker') continue;
      it(`the sample ${sample.name} answers each request as its page says`, async () => {
        const visits = await visitSample(httpd.origin, sample);
        const wrong = visits.filter(({ faults }) => faults.length > 0);
        // mod_fcgid ends an answer that broke off as if it were whole.
        const hidden = wiring.name === 'fcgid' ? 'did not break off' : undefined;
        expect(wrong.filter(({ faults }) => faults.join() !== hidden)).to.deep.equal([]);
      });
    }

    for (const language of ['php', 'py', 'rb']) {
      const ask = async (what: string, init: RequestInit = {}): Promise<Response> => {
        const url = `${httpd.origin}/scripts/all.${language}?do=${what}`;
        return fetch(url, { redirect: 'manual', ...init });
      };

      it(`${language}: takes a form`, async () => {
        const body = new URLSearchParams({ name: 'a b&c=d' });
        const answer = await ask('form', { method: 'POST', body });
        expect([answer.status, await answer.text()]).to.deep.equal([200, 'form a b&c=d']);
      });

      it(`${language}: takes an uploaded file`, async () => {
        const body = new FormData();
        body.append('file', new File([EVERY_BYTE], 'x.bin'));
        const answer = await ask('upload', { method: 'POST', body });
        expect(await answer.text()).to.equal(`x.bin 262144 ${SHA1}`);
      });

      it(`${language}: redirects`, async () => {
        const answer = await ask('redirect');
        expect(answer.status).to.equal(302);
        expect(answer.headers.get('location')).to.match(/\/there\?x=1$/);
      });

      it(`${language}: keeps a session in a file`, async () => {
        const first = await ask('session');
        expect(await first.text()).to.equal('count 1');
        const [cookie = ''] = (first.headers.getSetCookie()[0] ?? '').split(';');
        await (await ask('session', { headers: { cookie } })).text();
        const third = await ask('session', { headers: { cookie } });
        expect(await third.text()).to.equal(language === 'php' ? 'count 3' : 'count 2');
      });

      it(`${language}: sends every byte`, async () => {
        const answer = await ask('bytes');
        expect(answer.headers.get('content-type')).to.equal('application/octet-stream');
        expect(Buffer.from(await answer.arrayBuffer()).equals(EVERY_BYTE)).to.equal(true);
      });

      it(`${language}: takes every byte`, async () => {
        const answer = await ask('body', {
          method: 'POST',
          headers: { 'content-type': 'application/octet-stream' },
          body: EVERY_BYTE,
        });
        expect(await answer.text()).to.equal(SHA1);
      });
    }
  });
}

/** A way to the responder is tried with each program once, not with each script of an interpreter. */
function onePerModule(): readonly Sample[] {
  const seen = new Set<string>();
  return SAMPLES.filter(({ name }) => {
    const text = readFileSync(path.join(ROOT, 'samples', name, 'httpd.conf'), 'utf8');
    const module = /^ *WasmModule (.*)$/m.exec(text)?.[1] ?? name;
    return !seen.has(module) && seen.add(module);
  });
}

function scriptsOf(bed: Bed): string {
  const section = (name: string, interpreter: string, ...words: string[]): string => `
    <Location "/scripts/all.${name}">
      SetHandler wasm-handler
      WasmModule "\${LANGS}/${interpreter}.wasm"
      WasmEnableCGI On
      WasmTimeout 60
      WasmMapDirReadOnly /app "${bed.at('scripts')}"
      WasmMapDir /tmp "\${WORK}/php"
      WasmMapCGIFileNames On
      ${words.join('\n')}
    </Location>`;
  return `
    Alias /scripts "${bed.at('scripts')}"
    ${section('php', 'php-cgi', 'WasmMapDirReadOnly /etc/php "${SAMPLES}/php/etc"', 'WasmEnv PHPRC /etc/php')}
    ${section('py', 'python', 'WasmArg /app/all.py')}
    ${section('rb', 'ruby', 'WasmArg --disable=gems', 'WasmArg /app/all.rb')}`;
}
