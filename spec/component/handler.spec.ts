// A handler of wasi:http behind httpd, over each way to the responder.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { type Answer, type Bed, type Question, ask, makeBed } from '../apache/bed.js';
import { wirings } from '../apache/wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const GUEST = readFileSync(path.join(ROOT, 'spec/component/guests/http.wasm'));
const EVERY_BYTE = Buffer.from(Uint8Array.from({ length: 1_048_576 }, (_, index) => index % 256));
const MODULES = ['headers'];

function sha256(bytes: string | Buffer): string {
  return createHash('sha256')
    .update(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    .digest('hex');
}

/** A body of that many bytes. */
function post(bytes: number): Question {
  return { method: 'POST', body: Buffer.alloc(bytes) };
}

for (const wiring of wirings) {
  describe(`apache: a component that handles HTTP, by ${wiring.name}`, () => {
    let bed: Bed;
    let httpd: Httpd;
    const get = (what: string, question: Question = {}): Promise<Answer> =>
      ask(httpd, `/app/${what}`, question);

    before(async () => {
      bed = await makeBed();
      const module = await bed.write('http.wasm', GUEST);
      httpd = await wiring.start({
        command: [...(await stageProgram(bed.dir, BUILT)), '--error-details', 'on'],
        so: bed.so,
        dir: bed.dir,
        modules: MODULES,
        config: (handler) =>
          ['', 'WasmLimit output 100000000', 'WasmLimit request-body 1048575']
            .map(
              (limit, index) =>
                `<Location /app${index || ''}>\n${handler}\nWasmModule ${module}
                WasmTimeout 5\n${limit}\n</Location>`,
            )
            .join('\n'),
      });
    });
    after(async () => {
      await httpd?.stop();
      await bed.clear();
    });

    it('hands over method, path, authority, scheme and headers, without any WasmEnableCGI', async () => {
      const { status, headers, text } = await get('describe?q=%20x', {
        method: 'PATCH',
        host: 'some.example:8080',
        headers: {
          'x-bytes': '\u00e4\u00f6',
          'content-type': 'a/b',
          'x-two': ['1', '2'].join(', '),
        },
      });
      expect(status).to.equal(200);
      expect(headers['content-type']).to.equal('text/plain');
      for (const line of [
        'method: patch',
        'path: /app/describe?q=%20x',
        'authority: some.example:8080',
        'scheme: HTTP',
        'headers: immutable',
        'host=some.example:8080',
        'x-bytes=\u00e4\u00f6',
        'content-type=a/b',
        'x-two=1, 2',
      ]) {
        expect(text.split('\n')).to.include(line);
      }
    });

    it('knows a method that HTTP does not', async () => {
      const { text } = await get('describe', { method: 'PROPFIND' });
      expect(text.split('\n')).to.include('other method: PROPFIND');
    });

    it('keeps every byte of a body, there and back, and the status', async () => {
      const { status, text } = await get('echo', { method: 'POST', body: EVERY_BYTE });
      expect([status, sha256(text)]).to.deep.equal([201, sha256(EVERY_BYTE)]);
    });

    it('answers before the body has come, and reads it then', async function () {
      // It holds back what is answered until the body is there.
      if (wiring.name === 'fcgid') return;
      const options = { port: httpd.port, host: '127.0.0.1', path: '/app/early', method: 'POST' };
      const asking: ClientRequest = request({ ...options, headers: { host: 'localhost' } });
      // More than may wait until a run begins.
      asking.write(Buffer.alloc(1_048_576, 'x'));
      const [response] = await once(asking, 'response');
      asking.end('the end');
      let text = '';
      for await (const chunk of response) text += String(chunk);
      expect(text.slice(0, 6)).to.equal('early\n');
      expect(text.length).to.equal(6 + 1_048_576 + 7);
      expect(text.slice(-7)).to.equal('the end');
    });

    it('takes no harm from a body that is not read', async () => {
      const { status, text } = await get('unread', { method: 'POST', body: EVERY_BYTE });
      expect([status, text]).to.deep.equal([200, 'unread\n']);
    });

    it('sends a status without a body, and a body without a head of its own', async () => {
      expect((await get('empty')).status).to.equal(204);
      expect((await get('before')).text).to.equal('before\nafter\n');
      const { status, text } = await get('before', { method: 'HEAD' });
      expect([status, text]).to.deep.equal([200, '']);
    });

    it('sends 100 MB', async () => {
      const { text } = await get('large');
      expect(text.length).to.equal(104_857_600);
    });

    it('keeps fields of one name apart and their bytes, and refuses those that are not its own', async () => {
      const { headers, text } = await get('names');
      expect(headers['x-plain']).to.equal('1, 2');
      expect(headers['x-case']).to.equal('\u00e4\u00f6 bytes');
      expect(headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
      expect(headers).to.not.have.any.keys('x-evil', 'x-line');
      const said = text.split('\n');
      for (const name of ['connection', 'Transfer-Encoding', 'status'])
        expect(said).to.include(`${name} forbidden`);
      for (const name of ['x y', '', 'x-line', 'x-blank'])
        expect(said).to.include(`${name} invalid-syntax`);
    });

    it('takes a status from 200 to 599, and no 1xx', async () => {
      const { text } = await get('codes');
      const taken = text.split('\n').filter((line) => line.endsWith(' taken'));
      expect(taken).to.deep.equal(['200 taken', '299 taken', '404 taken', '599 taken']);
    });

    it('refuses an informational response, which CGI cannot carry, and sends the one that follows', async () => {
      const { status, headers, text } = await get('informational');
      // Case 38 of an error-code is internal-error.
      expect([status, text]).to.deep.equal([200, '38: CGI carries no informational responses\n']);
      expect(headers).to.not.have.property('x-early');
    });

    it('denies a request that goes out', async () => {
      expect((await get('ask')).text).to.equal('denied\n');
    });

    const unanswered: readonly (readonly [string, string])[] = [
      ['drop-outparam', 'the handler ended without a response'],
      ['nothing', 'the handler ended without a response'],
      ['refuse', 'the handler answered with the error HTTP-request-denied'],
      ['unfinished', 'the handler dropped its body without finishing it'],
      ['trailers', 'the handler dropped its body without finishing it'],
      ['short', 'the handler dropped its body without finishing it'],
    ];
    for (const [what, cause] of unanswered) {
      it(`answers 500 and says why: ${what}`, async () => {
        const { status, text } = await get(what);
        expect(status).to.equal(500);
        expect(text).to.include(`NO_RESPONSE: ${cause}`);
      });
    }

    it('says to the program that trailers are refused, and that its body has another size', async () => {
      expect((await get('trailers')).text).to.include('trailers refused');
      expect((await get('short')).text).to.include('body size refused');
    });

    // Each of these ends its own run, and nothing else.
    const broken: readonly (readonly [string, string])[] = [
      [
        'set-twice',
        'handle 2 is a wasi:http/types/outgoing-body, not a wasi:http/types/response-outparam',
      ],
      ['double-drop', 'handle 4 of wasi:http/types/fields is not open'],
      ['wrong-kind', 'handle 4 is a wasi:http/types/fields, not a wasi:http/types/outgoing-body'],
      ['no-handle', 'handle 2147483647 of wasi:http/types/fields is not open'],
      ['many-handles', 'more than 65535 handles are open'],
      ['far-pointer', 'pointer 4294967280 to 64 bytes is outside of the memory'],
      ['far-result', 'pointer 4294967280 to 12 bytes is outside of the memory'],
      ['odd-result', 'pointer 1 is not aligned to 4'],
      ['not-utf8', 'a string is not UTF-8'],
      ['no-case', 'a result has no case 7'],
      ['too-much', 'a write of 65537 bytes, permitted are 65536'],
      ['held-too-long', 'the host keeps more than 4194304 bytes for the program'],
    ];
    for (const [what, cause] of broken) {
      it(`ends a run that breaks the rules: ${what}`, async () => {
        const { status, text } = await get(what);
        expect(status).to.equal(500);
        expect(text).to.include(`TRAP: ${cause}`);
        expect((await get('unread')).text).to.equal('unread\n');
      });
    }

    if (wiring.name === 'auto') {
      it('has no more output than its limit, and no larger body', async () => {
        let broke = false;
        try {
          await ask(httpd, '/app1/large');
        } catch {
          broke = true;
        }
        expect(broke).to.equal(true);
        expect((await ask(httpd, '/app2/echo', post(1_048_575))).text.length).to.equal(1_048_575);
        expect((await ask(httpd, '/app2/echo', post(1_048_576))).status).to.equal(413);
      });

      for (const what of ['sleep', 'loop']) {
        it(`ends at its deadline: ${what}`, async () => {
          const { status, text } = await get(what);
          expect(status).to.equal(504);
          expect(text).to.include('TIMEOUT: over the limit timeout 5s');
        });
      }

      it('sends what was flushed while the program only computes', async () => {
        const asking = request({
          port: httpd.port,
          host: '127.0.0.1',
          path: '/app/flush-and-loop',
        });
        asking.setHeader('host', 'localhost').end();
        // The run is ended at its deadline: had nothing come before, the answer would be a 504.
        const [response] = await once(asking, 'response');
        expect(response.statusCode).to.equal(200);
        const [chunk] = await once(response, 'data');
        expect(String(chunk)).to.equal('flushed\n');
        asking.on('error', () => undefined).destroy();
      });

      it('breaks off an answer whose program crashes in the middle', async () => {
        let broke = false;
        try {
          await get('trap-late');
        } catch {
          broke = true;
        }
        expect(broke).to.equal(true);
      });
    }
  });
}
