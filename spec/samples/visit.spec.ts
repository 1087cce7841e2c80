// What `--check` sends, and how it judges what comes back.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { expect } from 'chai';

import type { Check } from '../../samples/sample.js';
import { visitSample, type Visit } from '../../samples/visit.js';

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** Visits a real server that answers so, and gives what was found. */
async function visitAll(answer: Answer, checks: readonly Check[]): Promise<Visit[]> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => answer(request, response, Buffer.concat(pieces)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  try {
    const sample = { name: 'x', title: 'X', language: 'X', about: '', source: '', checks };
    return await visitSample(`http://127.0.0.1:${port}`, sample);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function faultsOf(answer: Answer, check: Omit<Check, 'path'>): Promise<readonly string[]> {
  const [visit] = await visitAll(answer, [{ path: '/', ...check }]);
  return visit?.faults ?? ['no visit'];
}

const hello: Answer = (_request, response) => response.end('hello');
const away: Answer = (_request, response) => response.writeHead(303, { location: '/x' }).end();
const crumbs: Answer = (request, response) => {
  response.setHeader('set-cookie', ['a=1; path=/', 'b=2']).end(request.headers.cookie ?? '');
};
const echo: Answer = (request, response, body) => {
  response.end(`${request.method} ${request.headers['content-type']} ${body.toString()}`);
};
const count: Answer = (request, response, body) => {
  response.end(`${request.headers['transfer-encoding']} ${body.length} ${body.some(Boolean)}`);
};

describe('a visit', () => {
  const table: [string, Omit<Check, 'path'>, string[]][] = [
    ['takes what was expected', { has: ['ell'], lacks: ['bye'], status: 200 }, []],
    ['names a status that was not expected', { status: 404 }, ['status is not 404']],
    ['names a text that lacks', { has: ['hello', 'bye'] }, ['lacks "bye"']],
    ['names a text that must not be there', { lacks: ['hell'] }, ['has "hell"']],
    ['names a header that differs', { headers: { etag: 'a' } }, ['etag is "", not "a"']],
  ];
  for (const [title, check, faults] of table) {
    it(title, async () => {
      expect(await faultsOf(hello, check)).to.deep.equal(faults);
    });
  }

  it('names an answer that came at once instead of in pieces', async () => {
    const faults = await faultsOf(hello, { streamsMs: 1000 });
    expect(faults).to.have.length(1);
    expect(faults[0]).to.match(/^came at once/);
  });

  it('reports status 0 and the reason when the connection breaks', async () => {
    const [visit] = await visitAll((request) => request.socket.destroy(), [{ path: '/' }]);
    expect(visit?.status).to.equal(0);
    expect(visit?.faults).to.have.length(1);
  });

  it('does not follow a redirect', async () => {
    const check = { status: 303, headers: { location: '/x' } };
    expect(await faultsOf(away, check)).to.deep.equal([]);
  });

  it('keeps cookies from one request to the next', async () => {
    const visits = await visitAll(crumbs, [{ path: '/' }, { path: '/', has: ['a=1; b=2'] }]);
    expect(visits.map(({ faults }) => faults)).to.deep.equal([[], []]);
  });

  it('sends a form without a file urlencoded, and one with a file as multipart', async () => {
    const visits = await visitAll(echo, [
      { path: '/', form: { a: 'b c' }, has: ['POST application/x-www-form-urlencoded', 'a=b+c'] },
      {
        path: '/',
        form: { a: new File(['x'], 'x.txt') },
        has: ['POST multipart/form-data', 'x.txt'],
      },
    ]);
    expect(visits.map(({ faults }) => faults)).to.deep.equal([[], []]);
  });

  it('sends zeros chunked', async () => {
    expect(await faultsOf(count, { zeros: 70_000, has: ['chunked 70000 false'] })).to.deep.equal(
      [],
    );
  });
});
