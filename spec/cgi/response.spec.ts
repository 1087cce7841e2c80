// The response head of a guest: what passes, what is changed, what is refused.

import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Head } from '../../lib/cgi/head.js';
import { ResponseHead } from '../../lib/cgi/response.js';
import { messageOf, RequestError } from '../../lib/errors.js';

interface Read {
  head: Head;
  body: string;
}

function read(...chunks: (string | Uint8Array)[]): Read | undefined {
  const parser = new ResponseHead();
  let head: Head | undefined;
  const body: Uint8Array[] = [];
  for (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
    if (head !== undefined) body.push(bytes);
    const parsed = head === undefined ? parser.feed(bytes) : undefined;
    if (parsed === undefined) continue;
    head = parsed.head;
    body.push(parsed.body);
  }
  return head && { head, body: Buffer.concat(body).toString('latin1') };
}

function headOf(text: string): Head {
  const result = read(text);
  if (result === undefined) throw new Error('the head is not complete');
  return result.head;
}

function refusal(text: string): string {
  try {
    headOf(text);
  } catch (error) {
    expect(error)
      .to.be.instanceOf(RequestError)
      .and.to.include({ status: 502, code: 'BAD_RESPONSE_HEAD' });
    return messageOf(error);
  }
  throw new Error('was not refused');
}

const line = (bytes: number) => `X: ${'a'.repeat(bytes - 3)}`;
const TYPE = 'Content-Type: text/plain\n';

describe('ResponseHead', () => {
  it('reads a head with LF, and leaves the body byte for byte', () => {
    expect(read(`${TYPE}\n\0\r\n\xff`)).to.deep.equal({
      head: {
        status: 200,
        reason: 'OK',
        statusGiven: false,
        headers: [['Content-Type', 'text/plain']],
      },
      body: '\0\r\n\xff',
    });
  });

  it('reads a head with CRLF, also mixed with LF as Python prints it', () => {
    expect(
      headOf('Set-Cookie: a=1\r\nSet-Cookie: b=2\nContent-Type: a/b\n\r\n').headers,
    ).to.deep.equal([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Content-Type', 'a/b'],
    ]);
  });

  it('wants more until the empty line has come', () => {
    expect(read('Content-Type: a/b\r\n')).to.equal(undefined);
    expect(read('Content-Type: a/b\r\n\r')).to.equal(undefined);
  });

  it('gives the same under any chunking', () => {
    const whole = 'Status: 404 Gone\r\nSet-Cookie: a=\xe9\r\nX-Y: \r\nset-cookie: b\n\r\nbo\n\ndy';
    const expected = read(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length })), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const chunks = at.slice(1).map((end, index) => whole.slice(at[index], end));
        expect(read(...chunks)).to.deep.equal(expected);
      }),
    );
  });

  describe('of programs that are known', () => {
    const real: [what: string, text: string, status: string, names: string][] = [
      [
        'php-cgi with cookies',
        'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-T: \xc3\xa9\r\nContent-type: text/html; charset=UTF-8\r\n\r\nhi\n',
        '200 OK',
        'Set-Cookie Set-Cookie X-T Content-type',
      ],
      [
        'php-cgi with a redirect',
        'Status: 302 Found\r\nLocation: /x\r\nContent-type: text/html; charset=UTF-8\r\n\r\nhi\n',
        '302 Found',
        'Location Content-type',
      ],
      [
        'php-cgi with a status and a length',
        'Status: 404 Not Found\r\nContent-Length: 3\r\nSet-Cookie: PHPSESSID=2f; path=/\r\nExpires: Thu, 19 Nov 1981 08:52:00 GMT\r\nPragma: no-cache\r\nContent-type: text/html\r\n\r\nhi\n',
        '404 Not Found',
        'Set-Cookie Expires Pragma Content-type',
      ],
      ['php-cgi without a type', 'Status: 503 Gone Fishing\r\n\r\n', '503 Gone Fishing', ''],
      [
        'php-cgi with cgi.rfc2616_headers',
        'HTTP/1.1 404 Not Found\r\nContent-type: text/html\r\n\r\n',
        '404 Not Found',
        'Content-type',
      ],
      ['Python cgi.test()', 'Content-type: text/html\n\n\n<H3>Current', '200 OK', 'Content-type'],
      [
        'Python cgitb',
        '<!--: spam\nContent-Type: text/html\n\n<body bgcolor="#f0f0f8">',
        '200 OK',
        'Content-Type',
      ],
      [
        'Python wsgiref',
        'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok',
        '200 OK',
        'Content-Type',
      ],
      [
        'Ruby cgi.rb',
        'Content-Type: text/plain\r\nContent-Length: 2\r\nSet-Cookie: a=1; path=\r\nSet-Cookie: b=2; path=\r\n\r\nhi',
        '200 OK',
        'Content-Type Set-Cookie Set-Cookie',
      ],
      [
        'Ruby cgi.rb, nph',
        'HTTP/1.0 404 Not Found\r\nDate: Sun, 22 Nov 2026 11:38:29 GMT\r\nServer: \r\nConnection: close\r\nContent-Type: text/html\r\n\r\n',
        '404 Not Found',
        'Content-Type',
      ],
      [
        'Ruby cgi.rb with a redirect',
        'Status: 302 Found\r\nContent-Type: text/html\r\nlocation: http://a/b\r\n\r\n',
        '302 Found',
        'Content-Type location',
      ],
    ];
    for (const [what, text, status, names] of real) {
      it(`takes ${what} as it is`, () => {
        const head = headOf(text);
        expect(`${head.status} ${head.reason}`).to.equal(status);
        expect(head.headers.map(([name]) => name).join(' ')).to.equal(names);
      });
    }
  });

  describe('status', () => {
    for (const [line, status, reason] of [
      ['Status: 200', 200, 'OK'],
      ['Status:599 x', 599, 'x'],
      ['status:  304  Not\tModified', 304, 'Not?Modified'],
      ['Status: 404 n\xf6', 404, 'n?'],
      ['Status: 299', 299, 'Unknown'],
      ['Status: 500\nStatus: 201', 201, 'Created'],
      [`Status: 200 ${'x'.repeat(101)}`, 200, 'x'.repeat(100)],
      ['Location: /x', 302, 'Found'],
      ['Location: http://a/b?c', 302, 'Found'],
      ['Location: /x\nStatus: 201', 201, 'Created'],
      ['Location: /x\nContent-Type: a/b', 302, 'Found'],
      ['Location:\nContent-Type: a/b', 200, 'OK'],
    ] as const) {
      it(`is ${status} ${JSON.stringify(reason.slice(0, 12))} for ${JSON.stringify(line.slice(0, 40))}`, () => {
        expect(headOf(`${line}\n\n`)).to.include({
          status,
          reason,
          statusGiven: /status/i.test(line),
        });
      });
    }
    for (const value of [
      '',
      '100 Continue',
      '101',
      '199',
      '600',
      '20',
      '2000',
      'OK',
      '200OK',
      '-200',
      '4e2',
    ]) {
      it(`is refused as ${JSON.stringify(value)}`, () => {
        expect(refusal(`Status: ${value}\n\n`)).to.match(/^Status must be 200\.\.599/);
      });
    }
  });

  describe('refuses', () => {
    for (const [why, text, message] of [
      [
        'a head without type, status or place',
        'X-A: b\n\n',
        /none of Content-Type, Location, Status/,
      ],
      ['an empty head', '\nhello', /head is empty/],
      ['a line that is no header', 'hello world\n\n', /no header line .*"hello world"/],
      ['a name that is no token', 'Content Type: a\n\n', /no header line/],
      ['an empty name', ': a\n\n', /no header line/],
      ['a folded line', `${TYPE} more\n\n`, /no header line/],
      ['a status line that is not the first', `${TYPE}HTTP/1.1 200 OK\n\n`, /no header line/],
      ['CR within a line', `${TYPE}X: a\rSet-Cookie: b\n\n`, /control character/],
      ['NUL', 'Content-Type: a\0\n\n', /control character/],
      ['DEL', 'Content-Type: a\x7f\n\n', /control character/],
      ['a tab in a name', 'A\tB: c\n\n', /no header line/],
    ] as const) {
      it(why, () => expect(refusal(text)).to.match(message));
    }

    it('the end within a head, and says how much there was', () => {
      const parser = new ResponseHead();
      expect(parser.unfinished().message).to.equal('the program wrote nothing');
      parser.feed(Buffer.from('Content-Type: a/b\nX'));
      expect(parser.unfinished()).to.include({ status: 502 });
      expect(parser.unfinished().message).to.match(/after 19 bytes/);
    });
  });

  describe('limits', () => {
    it('take 100 headers and refuse the 101st', () => {
      expect(headOf(`${'A: b\n'.repeat(99)}${TYPE}\n`).headers).to.have.length(100);
      expect(refusal(`${'A: b\n'.repeat(100)}${TYPE}\n`)).to.equal(
        'the response has over 100 headers',
      );
    });
    for (const end of ['\n', '\r\n']) {
      it(`take a line of 8,000 bytes and refuse 8,001 before ${JSON.stringify(end)}`, () => {
        expect(headOf(`${line(8000)}${end}${TYPE}\n`).headers).to.have.length(2);
        expect(refusal(`${line(8001)}${end}${TYPE}\n`)).to.match(/line is over 8000 bytes/);
      });
    }
    it('refuse a line without end as it grows', () =>
      expect(refusal('a'.repeat(8002))).to.match(/over 8000/));
    it('take a head of 65,536 bytes and refuse one more', () => {
      const rest = `${TYPE}\n`;
      const filler = (bytes: number) =>
        `${`${line(7999)}\n`.repeat(8)}${line(bytes - 64_000 - rest.length - 1)}\n`;
      expect(headOf(filler(65_536) + rest).headers).to.have.length(10);
      expect(refusal(filler(65_537) + rest)).to.match(/over 65536 bytes/);
    });
  });

  describe('headers', () => {
    for (const name of [
      'Connection',
      'Keep-Alive',
      'Proxy-Connection',
      'Proxy-Authenticate',
      'TE',
      'Trailer',
      'Upgrade',
      'Transfer-Encoding',
      'X-Sendfile',
      'X-Sendfile2',
      'X-SENDFILE',
      'X-Accel-Redirect',
      'X-Accel-Buffering',
      'X-LIGHTTPD-send-file',
      'Server',
      'Date',
      'Content-Length',
    ]) {
      it(`lose ${name}`, () => expect(headOf(`${TYPE}${name}: 1\n\n`).headers).to.have.length(1));
    }

    it('lose what Connection names', () => {
      expect(headOf(`${TYPE}X-A: 1\nConnection: close, x-a\nX-B: 2\n\n`).headers).to.deep.equal([
        ['Content-Type', 'text/plain'],
        ['X-B', '2'],
      ]);
    });

    it('are read in linear time, whatever blanks they hold', () => {
      // Quadratic time is half a second here.
      const blanks = `X: a${' '.repeat(7_900)}b\n`.repeat(8);
      const start = process.cpuUsage();
      expect(headOf(`${TYPE}${blanks}\n`).headers).to.have.length(9);
      expect(process.cpuUsage(start).user).to.be.below(100_000);
    });

    it('keep a byte that Unicode calls blank', () => {
      expect(headOf(`${TYPE}A: \xa0x\xa0\n\n`).headers[1]).to.deep.equal(['A', '\xa0x\xa0']);
    });

    it('keep one Content-Type, the last', () => {
      expect(headOf(`${TYPE}content-type: a/b\n\n`).headers).to.deep.equal([
        ['content-type', 'a/b'],
      ]);
    });

    it('lose blanks around a value, and keep an empty one', () => {
      expect(headOf(`${TYPE}A: \t b c \t\nB:\n\n`).headers.slice(1)).to.deep.equal([
        ['A', 'b c'],
        ['B', ''],
      ]);
    });
  });

  describe('Content-Length', () => {
    for (const [values, expected] of [
      [['0'], 0],
      [['12'], 12],
      [['12', '12'], 12],
      [['12', '13'], undefined],
      [['x'], undefined],
      [['-1'], undefined],
      [['12', 'x'], undefined],
      [[''], undefined],
      [['1e3'], undefined],
      [['1'.repeat(16)], undefined],
      [['1, 1'], undefined],
    ] as const) {
      it(`of ${JSON.stringify(values)} is ${expected}`, () => {
        const lines = values.map((value) => `Content-Length: ${value}\n`).join('');
        expect(headOf(`${TYPE}${lines}\n`).contentLength).to.equal(expected);
      });
    }
  });
});
