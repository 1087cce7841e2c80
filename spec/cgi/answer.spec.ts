// The bytes that the web server gets.

import { expect } from 'chai';
import { Body, asErrorDocument, encodeHead, rawHead } from '../../lib/cgi/answer.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const redirected = (status: string) => new Map([['REDIRECT_STATUS', status]]);

describe('asErrorDocument', () => {
  for (const status of ['400', '404', '599']) {
    it(`gives an answer without Status the ${status} of the error`, () => {
      expect(asErrorDocument(rawHead(), redirected(status)).status).to.equal(Number(status));
    });
  }

  for (const status of ['200', '399', '600', 'x', '']) {
    it(`leaves the answer alone when REDIRECT_STATUS is "${status}"`, () => {
      expect(asErrorDocument(rawHead(), redirected(status)).status).to.equal(200);
    });
  }

  it('leaves a Status of the program alone', () => {
    const head = { ...rawHead(), statusGiven: true };
    expect(asErrorDocument(head, redirected('404')).status).to.equal(200);
  });
});

describe('encodeHead', () => {
  it('says Status first, then the headers in order, then the length, in single bytes', () => {
    const head = encodeHead({
      status: 404,
      reason: 'No',
      headers: [
        ['Set-Cookie', 'a=\xe9'],
        ['Set-Cookie', 'b'],
      ],
      contentLength: 0,
    });
    expect(head.toString('latin1')).to.equal(
      'Status: 404 No\r\nSet-Cookie: a=\xe9\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('finds the usual phrase', () => {
    expect(encodeHead({ status: 304, headers: [] }).toString()).to.equal(
      'Status: 304 Not Modified\r\n\r\n',
    );
    expect(encodeHead({ status: 299, headers: [] }).toString()).to.equal(
      'Status: 299 Unknown\r\n\r\n',
    );
  });

  it('gives 204 no length', () => {
    expect(encodeHead({ status: 204, headers: [], contentLength: 0 }).toString()).to.equal(
      'Status: 204 No Content\r\n\r\n',
    );
  });

  it('gives a program without CGI a type', () => {
    expect(encodeHead(rawHead()).toString()).to.equal(
      'Status: 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n',
    );
    expect(encodeHead(rawHead('text/plain')).toString()).to.include('Content-Type: text/plain\r\n');
  });
});

describe('Body', () => {
  for (const [what, method, status, length, sent, missing, overrun] of [
    ['passes all without a length', 'GET', 200, undefined, 'abcdef', 0, 0],
    ['passes all of a right length', 'GET', 200, 6, 'abcdef', 0, 0],
    ['cuts what is over', 'GET', 200, 4, 'abcd', 0, 2],
    ['cuts everything over 0', 'POST', 200, 0, '', 0, 6],
    ['tells what is short', 'GET', 200, 9, 'abcdef', 3, 0],
    ['is empty for HEAD', 'HEAD', 200, 9, '', 0, 0],
    ['is empty for 204', 'GET', 204, undefined, '', 0, 0],
    ['is empty for 304, whatever length was said', 'GET', 304, 9, '', 0, 0],
  ] as const) {
    it(what, () => {
      const body = new Body(method, {
        status,
        ...(length === undefined ? {} : { contentLength: length }),
      });
      const out = ['abc', '', 'def'].map((chunk) =>
        Buffer.from(body.take(bytes(chunk))).toString(),
      );
      expect(out.join('')).to.equal(sent);
      expect(body.missing).to.equal(missing);
      expect(body.overrun).to.equal(overrun);
    });
  }
});
