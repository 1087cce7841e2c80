// The head of a CGI answer: whatever a program prints, what passes is a head and nothing else.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { encodeHead } from '../../lib/cgi/answer.js';
import { ResponseHead } from '../../lib/cgi/response.js';
import { RequestError } from '../../lib/errors.js';
import type { Property } from './property.js';

/** What web servers would take for an order, or for the framing of the answer. */
const POWERFUL =
  /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|x-sendfile.*|x-accel-.*|x-lighttpd-.*)$/i;

const LINES = [
  'Status: 200 OK',
  'Status: 404',
  'HTTP/1.1 500 Oh',
  'Content-Type: text/html',
  'Location: /x',
  'Content-Length: 3',
  'Transfer-Encoding: chunked',
  'X-Sendfile: /etc/passwd',
  'X-Accel-Redirect : /x',
  'Connection: X-A, close',
  'X-A: 1',
  '<!--: spam',
];
const piece = fc.oneof(
  fc.constantFrom(...LINES, '\n', '\n', '\r\n', '\r\n', '\r', ':', ' ', '\t', '\0', '\x7f', '\xff'),
  fc.string({ maxLength: 20 }),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

/** The encoded head and the rest of the output, or the code of the refusal; undefined: not complete. */
function answerOf(chunks: readonly Buffer[]): string | undefined {
  const parser = new ResponseHead();
  try {
    for (const [index, chunk] of chunks.entries()) {
      const parsed = parser.feed(Buffer.from(chunk));
      if (parsed === undefined) continue;
      const rest = Buffer.concat([parsed.body, ...chunks.slice(index + 1)]);
      return `${encodeHead(parsed.head).toString('latin1')}${rest.toString('latin1')}`;
    }
    return undefined;
  } catch (thrown) {
    expect(thrown).to.be.instanceOf(RequestError).and.to.include({ status: 502 });
    return 'refused';
  }
}

export const head: readonly Property[] = [
  {
    holds:
      'makes of any output one head of clean lines, without orders to the web server, or refuses it',
    runs: 1000,
    property: () =>
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(400)), (pieces, places) => {
        const text = pieces.join('');
        const answer = answerOf([Buffer.from(text, 'latin1')]);
        const ends = places.map((place) => place % (text.length + 1)).sort((a, b) => a - b);
        const cut = [0, ...ends].map((from, i) => Buffer.from(text.slice(from, ends[i]), 'latin1'));
        expect(answerOf(cut)).to.equal(answer);
        if (answer === undefined || answer === 'refused') return;
        const end = answer.indexOf('\r\n\r\n');
        const [first = '', ...lines] = answer.slice(0, end).split('\r\n');
        expect(first).to.match(/^Status: [2-5]\d\d [\x20-\x7e]+$/);
        for (const line of lines) {
          // oxlint-disable-next-line no-control-regex -- the point is to find control characters
          expect(line).to.match(/^[\w!#$%&'*+.^`|~-]+: [^\0-\x08\n-\x1f\x7f]*$/);
          expect(line.slice(0, line.indexOf(':'))).to.not.match(POWERFUL);
        }
        expect(text.endsWith(answer.slice(end + 4))).to.equal(true);
      }),
  },
];
