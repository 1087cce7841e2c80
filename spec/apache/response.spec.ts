// What a hostile program may say in the head of its answer, and what of it leaves httpd.

import { expect } from 'chai';
import path from 'node:path';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { assemble } from '../pool/guests.js';
import { ask, makeBed } from './bed.js';
import type { Answer, Bed } from './bed.js';
import { print } from './guests.js';
import { wirings } from './wirings.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const BUILT = path.relative(ROOT, path.join(import.meta.dirname, '../..'));
const TYPE = 'Content-Type: text/plain\n';

/** A header line of so many bytes. */
const line = (bytes: number): string => `X-Long: ${'v'.repeat(bytes - 8)}\n`;
const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `X-${index}: v\n`).join('');
const withHead = (head: string, body = 'body\n'): string => `${TYPE}${head}\n${body}`;

/** What the client gets: a status, headers that are there or (undefined) are not, a body. */
interface Expected {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly text?: string;
}

const fine = (headers: Expected['headers'] = {}): Expected => ({
  status: 200,
  headers,
  text: 'body\n',
});
const REFUSED: Expected = { status: 502, headers: { 'x-evil': undefined } };

const ROWS: Readonly<Record<string, readonly [output: string, expected: Expected]>> = {
  'a file to send by X-Sendfile': [
    withHead('X-Sendfile: /etc/passwd\nX-Sendfile-Temporary: /etc/passwd\n'),
    fine({ 'x-sendfile': undefined, 'x-sendfile-temporary': undefined }),
  ],
  'files to send for nginx and lighttpd': [
    withHead('X-Accel-Redirect: /etc/passwd\nX-LIGHTTPD-send-file: /etc/passwd\n'),
    fine({ 'x-accel-redirect': undefined, 'x-lighttpd-send-file': undefined }),
  ],
  'an internal redirect': [
    'Location: /secret.txt\n\n',
    { status: 302, headers: { location: '/secret.txt' } },
  ],
  'an internal redirect with a type': [
    withHead('Location: /secret.txt\n'),
    { status: 302, headers: { location: '/secret.txt' } },
  ],
  'a redirect with a status of its own': [
    'Status: 301 Moved\nLocation: /secret.txt\n\n',
    { status: 301, headers: { location: '/secret.txt' } },
  ],
  'hop-by-hop headers': [
    withHead(
      'Connection: X-Evil\nX-Evil: 1\nKeep-Alive: timeout=9\nTE: x\nTrailer: x\nUpgrade: x\nProxy-Authenticate: Basic\n',
    ),
    fine({
      'x-evil': undefined,
      te: undefined,
      trailer: undefined,
      upgrade: undefined,
      'proxy-authenticate': undefined,
    }),
  ],
  'a transfer encoding': [withHead('Transfer-Encoding: chunked\n'), fine()],
  'the names of the server': [withHead('Server: evil\nDate: evil\n'), fine({ server: 'Apache' })],
  'a length that is right': [withHead('Content-Length: 5\n'), fine({ 'content-length': '5' })],
  'a length that is too short': [withHead('Content-Length: 2\n'), { status: 200, text: 'bo' }],
  'a length that is too long': [withHead('Content-Length: 99\n'), { status: 502 }],
  'two lengths that differ': [withHead('Content-Length: 2\nContent-Length: 3\n'), fine()],
  'a length that is none': [withHead('Content-Length: -5\n'), fine()],
  'a carriage return within a line': [withHead('X-A: a\rX-Evil: 1\n'), REFUSED],
  'a NUL within a line': [withHead('X-A: a\0b\nX-Evil: 1\n'), REFUSED],
  'a bell within a line': [withHead('X-A: \u0007\nX-Evil: 1\n'), REFUSED],
  'a folded line': [withHead('X-A: a\n b\nX-Evil: 1\n'), REFUSED],
  'a line without a colon': [withHead('HTTP/1.1 200 OK\nX-Evil: 1\n'), REFUSED],
  'a name that is no token': [withHead('X Y: 1\nX-Evil: 1\n'), REFUSED],
  'a status of 199': [withHead('Status: 199\nX-Evil: 1\n'), REFUSED],
  'a status of 200': [withHead('Status: 200\n'), fine()],
  'a status of 599': [withHead('Status: 599 Odd\n'), { status: 599, text: 'body\n' }],
  'a status of 600': [withHead('Status: 600\nX-Evil: 1\n'), REFUSED],
  'a status that is none': [withHead('Status: OK\nX-Evil: 1\n'), REFUSED],
  'an interim answer': [withHead('Status: 100 Continue\nX-Evil: 1\n'), REFUSED],
  'a line of 7,999 bytes': [withHead(line(7_999)), fine({ 'x-long': 'v'.repeat(7_991) })],
  'a line of 8,000 bytes': [withHead(line(8_000)), fine({ 'x-long': 'v'.repeat(7_992) })],
  'a line of 8,001 bytes': [withHead(`${line(8_001)}X-Evil: 1\n`), REFUSED],
  '99 headers': [withHead(lines(98)), fine({ 'x-97': 'v' })],
  '100 headers': [withHead(lines(99)), fine({ 'x-98': 'v' })],
  '101 headers': [withHead(`${lines(99)}X-Evil: 1\n`), REFUSED],
  'a head of over 65,536 bytes': [withHead(line(7_500).repeat(9)), REFUSED],
  'a head without an end': [`${TYPE}X-Evil: 1\n`, REFUSED],
  'no head': ['body\n', REFUSED],
  nothing: ['', REFUSED],
};

for (const wiring of wirings) {
  describe(`apache: the answers of programs, by ${wiring.name}`, () => {
    let bed: Bed;
    let httpd: Httpd;
    const titles = Object.keys(ROWS);

    before(async () => {
      bed = await makeBed();
      await bed.write('docs/secret.txt', 'secret');
      for (const [index, title] of titles.entries()) {
        const output = ROWS[title]?.[0] ?? '';
        await bed.write(`docs/cgi/${index}.wasm`, Buffer.from(assemble(print(output))));
      }
      httpd = await wiring.start({
        command: await stageProgram(bed.dir, BUILT),
        so: bed.so,
        dir: bed.dir,
        config: (handler) => `
          ServerTokens Prod
          DocumentRoot "${bed.at('docs')}"
          <Location /cgi>
            ${handler}
            WasmEnableCGI On
          </Location>`,
      });
    });
    after(async () => {
      try {
        await httpd?.stop();
      } finally {
        await bed.clear();
      }
    });

    for (const [index, title] of titles.entries()) {
      it(`holds ${title}`, async () => {
        const { status, headers = {}, text } = ROWS[title]?.[1] ?? REFUSED;
        const answer: Answer = await ask(httpd, `/cgi/${index}.wasm`);
        expect(answer.status).to.equal(status);
        for (const [name, value] of Object.entries(headers)) {
          expect(answer.headers[name], name).to.equal(value);
        }
        if (text !== undefined) expect(answer.text).to.equal(text);
        expect(answer.text).to.not.include('secret').and.not.include('root:');
        // A responder of its own has a log of its own.
        if (status === 502 && wiring.name !== 'proxy_fcgi')
          await httpd.logged(new RegExp(`/cgi/${index}\\.wasm .*status=502`));
      });
    }
  });
}
