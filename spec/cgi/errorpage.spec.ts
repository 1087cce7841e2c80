import { expect } from 'chai';

import { errorAnswer } from '../../lib/cgi/errorpage.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const DETAILS = {
  code: 'TRAP',
  cause: 'unreachable <b>&"\'',
  fix: 'Read the log.',
  stderr: 'panicked\n\tat <main>\u001b[2J\u202e',
};

function parts(answer: Buffer): { readonly head: readonly string[]; readonly page: string } {
  const [head = '', page = ''] = answer.toString().split('\r\n\r\n');
  return { head: head.split('\r\n'), page };
}

describe('errorAnswer', () => {
  it('says status, type, length, when to come back, and is never stored', () => {
    const { head, page } = parts(errorAnswer(503, 'a', { retryAfterS: 1.2 }));
    expect(head).to.deep.equal([
      'Status: 503 Service Unavailable',
      'Content-Type: text/plain; charset=utf-8',
      'Cache-Control: no-store',
      'Vary: Accept',
      'X-Content-Type-Options: nosniff',
      'Retry-After: 2',
      `Content-Length: ${Buffer.byteLength(page)}`,
    ]);
  });

  const ACCEPTS = [
    [BROWSER, 'text/html; charset=utf-8'],
    ['text/*', 'text/html; charset=utf-8'],
    ['application/xhtml+xml', 'text/html; charset=utf-8'],
    ['*/*', 'text/plain; charset=utf-8'],
    ['application/json', 'text/plain; charset=utf-8'],
    ['image/avif,image/webp,*/*;q=0.8', 'text/plain; charset=utf-8'],
    [undefined, 'text/plain; charset=utf-8'],
  ] as const;
  for (const [accept, type] of ACCEPTS) {
    it(`sends ${type} to a client that accepts ${accept ?? 'what it does not say'}`, () => {
      const { head } = parts(errorAnswer(500, 'x', accept === undefined ? {} : { accept }));
      expect(head).to.include(`Content-Type: ${type}`);
    });
  }

  it('shows the status in words and the request to quote, escaped', () => {
    const { page } = parts(errorAnswer(503, 'a<1>"', { accept: BROWSER }));
    expect(page).to.include('<h1><span>503</span> Service Unavailable</h1>');
    expect(page).to.include('<code>a&#60;1&#62;&#34;</code>');
    expect(parts(errorAnswer(503, 'a1')).page).to.include('\nRequest a1\n');
  });

  it('needs nothing from elsewhere, and lets nothing in it act', () => {
    const { head, page } = parts(errorAnswer(500, 'x', { accept: BROWSER, details: DETAILS }));
    expect(page).to.not.match(/https?:|src=|url\(|@import|<script/);
    expect(head.find((line) => line.startsWith('Content-Security-Policy: '))).to.include(
      "default-src 'none'",
    );
  });

  it('says nothing of the cause unless it is given', () => {
    const { page } = parts(errorAnswer(500, 'x', { accept: BROWSER }));
    expect(page).to.not.match(/Cause|What to do/);
  });

  it('shows cause, remedy and standard error where they are given, as text', () => {
    const { page } = parts(errorAnswer(500, 'x', { accept: BROWSER, details: DETAILS }));
    expect(page).to.include('TRAP: unreachable &#60;b&#62;&#38;&#34;&#39;');
    expect(page).to.include('<p>Read the log.</p>');
    expect(page).to.include('<pre>panicked\n\tat &#60;main&#62;\ufffd[2J\ufffd</pre>');
    const plain = parts(errorAnswer(500, 'x', { details: DETAILS })).page;
    expect(plain).to.include('TRAP: unreachable').and.include('To do: Read the log.');
  });

  it('has words for every status, and no page for HEAD', () => {
    for (let status = 400; status < 600; status += 1) {
      const answer = errorAnswer(status, 'x', { accept: BROWSER });
      expect(answer.toString()).to.match(/<p>[A-Z].*\.<\/p>/);
    }
    expect(errorAnswer(502, 'x', { method: 'HEAD' }).toString()).to.match(/\r\n\r\n$/);
  });
});
