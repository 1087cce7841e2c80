// A component that asks others, behind httpd, over each way to the responder.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { type Answer, type Bed, type Question, ask, makeBed } from '../apache/bed.js';
import { wirings } from '../apache/wirings.js';
import { Servers, answer, answering, counting, pem } from './toolkit.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const GUEST = readFileSync(path.join(ROOT, 'spec/component/guests/ask.wasm'));

/** Cases of error-code in the order of the WIT. */
const CODES = {
  prohibited: 4,
  incomplete: 25,
  terminated: 7,
  readTimeout: 9,
  limit: 11,
  certificate: 13,
  denied: 15,
  responseBody: 28,
};

/** As the guest sums up what it reads. */
function sumOf(bytes: Iterable<number>): number {
  let sum = 0n;
  for (const byte of bytes) sum = BigInt.asUintN(64, sum * 31n + BigInt(byte));
  return Number(sum % 1_000_000_007n);
}

for (const wiring of wirings) {
  describe(`outgoing: a component, by ${wiring.name}`, () => {
    const servers = new Servers();
    const ports = new Map<string, number>();
    let bed: Bed;
    let httpd: Httpd;
    const at = (server: string, more = '/'): string =>
      `http://127.0.0.1:${ports.get(server)}${more}`;
    const tell = async (way: string, url: string, question: Question = {}): Promise<string[]> =>
      (await ask(httpd, `/app/${way}?${url}`, question)).text.trimEnd().split('\n');

    /** A responder of its own keeps its log to itself. */
    const logged = async (pattern: RegExp): Promise<void> => {
      if (wiring.name !== 'proxy_fcgi') await httpd.logged(pattern);
    };

    before(async () => {
      ports.set('echo', await servers.http(answering((text) => answer(text, 'X-Own: 1\r\n'))));
      ports.set('sink', await servers.http(counting));
      ports.set('large', await servers.http(answering(answer('0123456789'.repeat(200_000)))));
      ports.set(
        'late',
        await servers.http((socket) => void setTimeout(() => socket.end(answer('late')), 100)),
      );
      ports.set('silent', await servers.http(() => {}));
      ports.set(
        'half',
        await servers.http(
          (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
        ),
      );
      ports.set(
        'trailers',
        await servers.http(
          answering(
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n',
          ),
        ),
      );
      ports.set('tls', await servers.https('good', answering(answer('safe'))));
      ports.set('self', await servers.https('self', answering(answer('no'))));
      bed = await makeBed();
      const module = await bed.write('ask.wasm', GUEST);
      const ca = await bed.write('ca.pem', pem('ca'));
      await bed.write('docs/named/.htaccess', `WasmAllowHost ${at('echo')}\n`);
      await bed.write('docs/any/.htaccess', 'WasmAllowHost http://*:*\n');
      const sample = async (name: string): Promise<string> =>
        bed.write(`${name}.wasm`, readFileSync(path.join(ROOT, 'samples', `${name}.wasm`)));
      const askOthers = await sample('ask-others/ask-others');
      const hello = await sample('hello-component/hello');
      const section = (url: string, handler: string, lines: string): string =>
        `<Location ${url}>\n${handler}\nWasmModule ${module}\nWasmTimeout 5\n${lines}\n</Location>`;
      httpd = await wiring.start({
        command: [...(await stageProgram(bed.dir, BUILT)), '--ca-file', ca],
        so: bed.so,
        dir: bed.dir,
        config: (handler) => `
          ${section('/none', handler, '')}
          ${section('/app', handler, 'WasmAllowHost http://127.0.0.1:* https://127.0.0.1:*')}
          ${section('/gets', handler, `WasmAllowHost GET,HEAD ${at('sink')}`)}
          ${section('/small', handler, 'WasmAllowHost http://127.0.0.1:*\nWasmLimit outgoing-received 1999999')}
          ${section('/exact', handler, 'WasmAllowHost http://127.0.0.1:*\nWasmLimit outgoing-received 2000000')}
          ${section('/brief', handler, 'WasmAllowHost http://127.0.0.1:*\nWasmTimeout 400ms')}
          ${section('/one', handler, 'WasmAllowHost http://127.0.0.1:*\nWasmLimit outgoing-requests 1')}
          <Location /ask-others>
            ${handler}
            WasmModule ${askOthers}
            WasmAllowHost GET http://127.0.0.1:*
          </Location>
          <Location /hello-component>
            ${handler}
            WasmModule ${hello}
          </Location>
          DocumentRoot ${bed.at('docs')}
          <Directory ${bed.at('docs')}>
            ${handler}
            WasmModule ${module}
            Require all granted
            AllowOverride Options FileInfo
            WasmAllowOverride All Hosts
          </Directory>`,
      });
    });
    after(async () => {
      await httpd?.stop();
      await bed.clear();
      await servers.close();
    });
    // However a run ends, no connection of it is left.
    afterEach(() => servers.quiet());

    it('asks the httpd that it runs behind, as the sample does', async () => {
      const host = `127.0.0.1:${httpd.port}`;
      const { status, text } = await ask(httpd, '/ask-others', { host });
      expect(status).to.equal(200);
      expect(text).to.include('status 200\nHello from /hello-component?from=ask-others.\n');
      expect(text).to.match(/meta-data\/\n[^]*secrets:\nHTTP-request-denied\n$/);
    });

    it('is denied everything without a WasmAllowHost, and httpd logs it', async () => {
      const { text } = await ask(httpd, `/none/get?${at('echo', '/secret?key=1')}`);
      expect(text).to.equal(`refused: ${CODES.denied}\n`);
      await logged(
        new RegExp(
          `outgoing request=\\S+ url="?/none/get.* method=GET to="${at('echo', '/secret')}\\?…" error=HTTP-request-denied reason="there is no WasmAllowHost"`,
        ),
      );
    });

    it('asks whom it may: head, fields, body', async () => {
      const said = await tell('get', at('echo', '/x?y=z'));
      const sent = `GET /x?y=z HTTP/1.1\r\nHost: 127.0.0.1:${ports.get('echo')}\r\nConnection: close\r\n\r\n`;
      expect(said).to.deep.equal([
        'status: 200',
        'X-Own: 1',
        `Content-Length: ${sent.length}`,
        `bytes: ${sent.length}`,
        `sum: ${sumOf(Buffer.from(sent))}`,
      ]);
      await logged(
        new RegExp(
          `outgoing request=\\S+ .* to=\\S+ status=200 sent=0 received=${sent.length} ms=\\d+`,
        ),
      );
    });

    it('is refused another method, host, port or scheme', async () => {
      const denied = `refused: ${CODES.denied}`;
      expect((await ask(httpd, `/gets/post?${at('sink')}`)).text.split('\n')[0]).to.equal(denied);
      expect((await ask(httpd, `/gets/get?${at('echo')}`)).text.trim()).to.equal(denied);
      expect(await tell('get', 'http://127.0.0.2:80/')).to.deep.equal([denied]);
      expect(await tell('get', 'http://localhost:80/')).to.deep.equal([denied]);
      expect(await tell('get', 'http://169.254.169.254/latest/meta-data/')).to.deep.equal([denied]);
    });

    it('speaks TLS with whom ca-file vouches for, and with nobody else', async () => {
      const tls = at('tls').replace('http', 'https');
      expect(await tell('get', tls))
        .to.include('status: 200')
        .and.include('bytes: 4');
      const self = at('self').replace('http', 'https');
      expect(await tell('get', self)).to.deep.equal([`failed: ${CODES.certificate}`]);
    });

    it('sends a body as fast as it is taken', async () => {
      const said = await tell('post', at('sink'));
      expect(said).to.include('sent').and.include('status: 200');
      const [, bytes = ''] = /bytes: (\d+)/.exec(said.join('\n')) ?? [];
      expect(Number(bytes)).to.be.greaterThan(400_000);
    });

    it('reads a large answer with backpressure', async () => {
      const said = await tell('get', at('large'));
      expect(said).to.include('bytes: 2000000');
      expect(said).to.include(`sum: ${sumOf(Buffer.from('0123456789'.repeat(200_000)))}`);
    });

    it('passes on what it was asked with, but for what was for httpd alone', async () => {
      const said = await tell('echo', at('sink'), {
        method: 'POST',
        body: 'the body',
        headers: { 'x-mine': 'yes', te: 'trailers', connection: 'close, x-hop' },
      });
      expect(said).to.include('status: 200');
      const [, bytes = ''] = /bytes: (\d+)/.exec(said.join('\n')) ?? [];
      expect(Number(bytes)).to.be.greaterThan(100);
      const asked = servers.last.toLowerCase();
      expect(asked).to.match(/^post \/ http\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\n/);
      expect(asked)
        .to.match(/\r\nx-mine: yes\r\n/)
        .and.match(/\r\n\r\nthe body$/);
      expect(asked.match(/\r\nhost:/g)).to.have.length(1);
      expect(asked).to.not.match(/\r\nte:|x-hop|transfer-encoding/);
    });

    it('waits for two at once, beside a clock', async () => {
      const [early, first, ...rest] = await tell('both', at('late'));
      expect([early, first]).to.deep.equal(['not yet', 'first: 2']);
      expect(rest.filter((line) => line === 'status: 200')).to.have.length(2);
    });

    it('gets an answer and its body once', async () => {
      expect(await tell('twice', at('echo'))).to.deep.equal(['not yet', 'taken', 'consumed']);
    });

    it('sees trailers', async () => {
      expect(await tell('get', at('trailers'))).to.include('X-Sum: 7');
    });

    it('sees how an answer broke off', async () => {
      expect(await tell('get', at('half'))).to.include(`broken: ${CODES.incomplete}`);
    });

    it('may ask for less time than it has', async () => {
      expect(await tell('options', at('silent'))).to.deep.equal([`failed: ${CODES.readTimeout}`]);
    });

    for (const way of ['leave', 'drop']) {
      it(`leaves nothing open: ${way}`, async () => {
        const said = await tell(way, at('silent'));
        expect(said).to.deep.equal([way === 'drop' ? 'dropped' : 'asked']);
      });
    }

    it('leaves nothing open when it is ended at its deadline', async () => {
      const said = await ask(httpd, `/brief/get?${at('silent')}`).catch(() => undefined);
      expect(said?.status).to.not.equal(200);
      await logged(/outgoing request=.*to=\S+ error=connection-terminated reason=/);
    });

    it('breaks off a request whose body it drops unfinished', async () => {
      expect(await tell('unfinished', at('silent'))).to.deep.equal([`failed: ${CODES.terminated}`]);
    });

    it('is held to the limits of its section', async () => {
      const get = async (place: string): Promise<Answer> =>
        ask(httpd, `/${place}/get?${at('large')}`);
      expect((await get('exact')).text)
        .to.include('bytes: 2000000')
        .and.not.include('broken');
      expect((await get('small')).text).to.include(`broken: ${CODES.responseBody}`);
      const two = (await ask(httpd, `/one/both?${at('echo')}`)).text;
      expect(two).to.include(`refused: ${CODES.limit}`);
      await logged(/limit-reached .*limit="outgoing-requests 1"/);
    });

    it('allowed by a tenant reaches no private address, named or not', async () => {
      for (const name of ['named', 'any']) {
        const { text } = await ask(httpd, `/${name}/get?${at('echo')}`);
        expect(text, name).to.equal(`refused: ${CODES.prohibited}\n`);
      }
    });
  });
}
