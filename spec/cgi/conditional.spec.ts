// Conditional requests are answered for programs that only send a validator.

import { expect } from 'chai';
import { Body, encodeHead } from '../../lib/cgi/answer.js';
import { meetConditions } from '../../lib/cgi/conditional.js';
import type { Head, Header } from '../../lib/cgi/head.js';

const TYPE: Header = ['Content-Type', 'text/plain'];
const EARLY = 'Sat, 01 Nov 2025 10:00:00 GMT';
const LATE = 'Sat, 01 Nov 2025 10:00:01 GMT';

function answered(
  headers: readonly Header[],
  request: Record<string, string>,
  more: Partial<Head> = {},
): Head {
  const head = {
    status: 200,
    reason: 'OK',
    statusGiven: false,
    headers: [TYPE, ...headers],
    ...more,
  };
  return meetConditions(head, new Map(Object.entries({ REQUEST_METHOD: 'GET', ...request })));
}

const etag = (value: string): Header[] => [['ETag', value]];

describe('meetConditions', () => {
  const modified: Header[] = [['Last-Modified', EARLY]];

  for (const [status, headers, request] of [
    [200, etag('"a"'), {}],
    [304, etag('"a"'), { HTTP_IF_NONE_MATCH: '"a"' }],
    [304, etag('W/"a"'), { HTTP_IF_NONE_MATCH: '"a"' }],
    [304, etag('"a"'), { HTTP_IF_NONE_MATCH: '"b", W/"a"' }],
    [304, etag('"a,b"'), { HTTP_IF_NONE_MATCH: '"x","a,b"' }],
    [304, [], { HTTP_IF_NONE_MATCH: '*' }],
    [200, etag('"a"'), { HTTP_IF_NONE_MATCH: '"b"' }],
    [200, etag('"a"'), { HTTP_IF_NONE_MATCH: 'a' }],
    [200, etag('a'), { HTTP_IF_NONE_MATCH: '"a"' }],
    [200, [], { HTTP_IF_NONE_MATCH: '"a"' }],
    [304, modified, { HTTP_IF_MODIFIED_SINCE: EARLY }],
    [304, modified, { HTTP_IF_MODIFIED_SINCE: LATE }],
    [200, [['Last-Modified', LATE]], { HTTP_IF_MODIFIED_SINCE: EARLY }],
    [200, modified, { HTTP_IF_MODIFIED_SINCE: 'yesterday' }],
    [200, [], { HTTP_IF_MODIFIED_SINCE: LATE }],
    [
      200,
      [...etag('"a"'), ...modified],
      { HTTP_IF_NONE_MATCH: '"b"', HTTP_IF_MODIFIED_SINCE: LATE },
    ],
    [412, etag('"a"'), { HTTP_IF_MATCH: '"b"' }],
    [412, etag('W/"a"'), { HTTP_IF_MATCH: 'W/"a"' }],
    [412, [], { HTTP_IF_MATCH: '"b"' }],
    [200, etag('"a"'), { HTTP_IF_MATCH: '"b", "a"' }],
    [200, etag('"a"'), { HTTP_IF_MATCH: '*' }],
    [304, etag('"a"'), { HTTP_IF_MATCH: '"a"', HTTP_IF_NONE_MATCH: '"a"' }],
    [412, [['Last-Modified', LATE]], { HTTP_IF_UNMODIFIED_SINCE: EARLY }],
    [200, modified, { HTTP_IF_UNMODIFIED_SINCE: EARLY }],
    [
      200,
      [...etag('"a"'), ['Last-Modified', LATE]],
      { HTTP_IF_MATCH: '"a"', HTTP_IF_UNMODIFIED_SINCE: EARLY },
    ],
    [304, etag('"a"'), { HTTP_IF_NONE_MATCH: '"a"', REQUEST_METHOD: 'HEAD' }],
    [200, etag('"a"'), { HTTP_IF_NONE_MATCH: '"a"', REQUEST_METHOD: 'POST' }],
  ] as [number, Header[], Record<string, string>][]) {
    it(`answers ${status} to ${JSON.stringify(request)} of ${JSON.stringify(headers)}`, () => {
      expect(answered(headers, request).status).to.equal(status);
    });
  }

  it('leaves a program alone that sent a Status, or no 200', () => {
    const request = { HTTP_IF_NONE_MATCH: '"a"' };
    expect(answered(etag('"a"'), request, { statusGiven: true }).status).to.equal(200);
    expect(answered(etag('"a"'), request, { status: 302 }).status).to.equal(302);
  });

  it('drops from a 304 what describes the body, and keeps the rest in order', () => {
    const kept: Header[] = [
      ['ETag', '"a"'],
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
      ['Content-Location', '/x'],
      ['Content-Security-Policy', 'x'],
      ['Vary', 'x'],
    ];
    const dropped: Header[] = [
      ['content-language', 'de'],
      ['Content-Encoding', 'gzip'],
    ];
    const head = answered(
      [...dropped, ...kept],
      { HTTP_IF_NONE_MATCH: '"a"' },
      { contentLength: 9 },
    );
    expect(head.headers).to.deep.equal(kept);
    expect(head.contentLength).to.equal(undefined);
  });

  for (const [request, first] of [
    [{ HTTP_IF_NONE_MATCH: '"a"' }, 'Status: 304 Not Modified'],
    [{ HTTP_IF_MATCH: '"b"' }, 'Status: 412 Precondition Failed'],
  ] as const) {
    it(`sends no body after ${first}, and misses none`, () => {
      const head = answered(etag('"a"'), request, { contentLength: 9 });
      expect(encodeHead(head).toString().split('\r\n')[0]).to.equal(first);
      const body = new Body('GET', head);
      expect(body.take(Buffer.from('hello'))).to.have.length(0);
      expect([body.missing, body.overrun]).to.deep.equal([0, 0]);
    });
  }
});
