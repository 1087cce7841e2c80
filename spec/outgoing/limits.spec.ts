// Each limit of outgoing requests: under, at and over it.

import { expect } from 'chai';
import { EventEmitter, once } from 'node:events';
import { LIMIT_ROWS } from '../../lib/config/limitrows.js';
import type { Limits } from '../../lib/run.js';
import {
  type Guest,
  Run,
  type Serve,
  Servers,
  answer,
  answering,
  clientWith,
  counting,
} from './toolkit.js';

const LIMITED = { tag: 'connection-limit-reached' };

function post(run: Run, url: string, length?: number): Guest {
  return run.ask(url, {
    method: 'POST',
    hasBody: true,
    headers: length === undefined ? [] : [['Content-Length', String(length)]],
  });
}

describe('outgoing: limits', () => {
  const servers = new Servers();
  /** Limits that have a spec below. */
  const held: (keyof Limits)[] = [];
  const limit = (name: keyof Limits, title: string, spec: () => Promise<void>): void => {
    held.push(name);
    it(`${LIMIT_ROWS.find((row) => row.limit === name)?.name}: ${title}`, spec);
  };
  after(() => servers.close());
  afterEach(() => servers.quiet());

  const site = async (serve: Serve, limits: Partial<Limits>, client = clientWith()) => {
    const port = await servers.http(serve);
    return {
      run: new Run([`http://127.0.0.1:${port}`], limits, client),
      url: `http://127.0.0.1:${port}/`,
    };
  };

  limit(
    'outgoingRequests',
    'so many in all, refused ones too, and one line for the rest',
    async () => {
      const { run, url } = await site(answering(answer('')), { outgoingRequests: 3 });
      expect((await run.answered(url)).status).to.equal(200);
      expect((await run.answered('http://other.test/')).failure?.tag).to.equal(
        'HTTP-request-denied',
      );
      expect((await run.answered(url)).status).to.equal(200);
      for (let i = 0; i < 5; i += 1)
        expect((await run.answered(url)).failure).to.deep.equal(LIMITED);
      expect(run.lines).to.have.length(3);
      expect(run.reached).to.deep.equal(['outgoingRequests']);
    },
  );

  limit('outgoingOpen', 'so many at a time', async () => {
    const { run, url } = await site(() => {}, { outgoingOpen: 2 });
    const [first, second] = [run.ask(url), run.ask(url)];
    expect(run.ask(url).failure).to.deep.equal(LIMITED);
    first.close();
    const third = run.ask(url);
    expect([second.failure, third.failure]).to.deep.equal([undefined, undefined]);
    expect(run.reached).to.deep.equal(['outgoingOpen']);
    run.requests.close();
  });

  it('outgoing-connections: so many of all runs together', async () => {
    const client = clientWith({ connections: 2 });
    const { run, url } = await site(() => {}, {}, client);
    const other = new Run([`http://127.0.0.1:*`], {}, client);
    const [first, second] = [run.ask(url), other.ask(url)];
    expect(other.ask(url).failure).to.deep.equal(LIMITED);
    expect(run.ask(url).failure).to.deep.equal(LIMITED);
    first.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(second.failure).to.equal(undefined);
    expect(run.ask(url).failure).to.equal(undefined);
    run.requests.close();
    other.requests.close();
  });

  it('outgoing-connections: a look-up counts until it is over, whatever becomes of its request', async () => {
    const name = new EventEmitter();
    const lookup = async () => {
      await once(name, 'found');
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const run = new Run(['http://a.test'], {}, clientWith({ connections: 1, lookup }));
    run.ask('http://a.test/').close();
    expect(run.ask('http://a.test/').failure).to.deep.equal(LIMITED);
    name.emit('found');
    await new Promise((resolve) => setImmediate(resolve));
    expect(run.ask('http://a.test/').failure).to.equal(undefined);
    run.requests.close();
  });

  limit('outgoingConnectMs', 'to find the name', async () => {
    const client = clientWith({ lookup: () => new Promise<never>(() => {}) });
    const run = new Run(['http://a.test'], { outgoingConnectMs: 20 }, client);
    expect((await run.answered('http://a.test/')).failure).to.deep.equal({ tag: 'DNS-timeout' });
  });

  it('outgoing-connect: for TLS, which a guest may ask to be shorter, and not longer', async () => {
    const port = await servers.http(() => {});
    for (const [connectMs, outgoingConnectMs] of [
      [undefined, 30],
      [30, 20_000],
      [20_000, 30],
    ] as const) {
      const run = new Run([`https://127.0.0.1:${port}`], { outgoingConnectMs });
      const { failure } = await run.answered(`https://127.0.0.1:${port}/`, { connectMs });
      expect(failure).to.deep.equal({ tag: 'connection-timeout' });
    }
  });

  const times: readonly (readonly [number | undefined, number])[] = [
    [undefined, 30],
    [30, 20_000],
    [20_000, 30],
  ];
  for (const [headMs, outgoingHeadMs] of times) {
    limit('outgoingHeadMs', `${outgoingHeadMs} ms, the guest says ${headMs}`, async () => {
      const { run, url } = await site(() => {}, { outgoingHeadMs });
      const { failure } = await run.answered(url, { headMs });
      expect(failure).to.deep.equal({ tag: 'connection-read-timeout' });
    });
  }

  for (const [idleMs, outgoingIdleMs] of times) {
    limit('outgoingIdleMs', `${outgoingIdleMs} ms, the guest says ${idleMs}`, async () => {
      const half = answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
      const { run, url } = await site(half, { outgoingIdleMs });
      const { failure, body } = await run.answered(url, { idleMs });
      expect([body, failure]).to.deep.equal(['half', { tag: 'connection-read-timeout' }]);
    });
  }

  it('outgoing-between-bytes: a server that takes no body', async () => {
    const { run, url } = await site((socket) => void socket.pause(), { outgoingIdleMs: 50 });
    const guest = post(run, url);
    for (let i = 0; i < 200; i += 1) guest.send('x'.repeat(65_536));
    await guest.over();
    expect(guest.failure).to.deep.equal({ tag: 'connection-write-timeout' });
    for (const socket of servers.sockets) socket.resume();
  });

  it('outgoing-first-byte: does not begin before the guest has sent all of its body', async () => {
    const { run, url } = await site(counting, { outgoingHeadMs: 100, outgoingIdleMs: 100 });
    const guest = post(run, url);
    guest.send('some');
    await new Promise((resolve) => setTimeout(resolve, 250));
    guest.send('more');
    guest.end();
    await guest.over();
    expect(guest.body).to.match(/4\r\nsome\r\n4\r\nmore\r\n0\r\n\r\n$/);
  });

  for (const [title, extra, isOver] of [
    ['under', -1, false],
    ['at', 0, false],
    ['over', 1, true],
  ] as const) {
    limit('outgoingHeadBytes', title, async () => {
      // What counts: reason, names and values; here OK, X, Content-Length and 1.
      const value = 'x'.repeat(1_000 - 'OKXContent-Length1'.length + extra);
      const { run, url } = await site(answering(answer('y', `X: ${value}\r\n`)), {
        outgoingHeadBytes: 1_000,
      });
      const { failure, status } = await run.answered(url);
      expect(status).to.equal(isOver ? undefined : 200);
      if (isOver)
        expect(failure).to.deep.equal({ tag: 'HTTP-response-header-section-size', value: 1_000 });
    });

    limit('outgoingReceivedBytes', title, async () => {
      const body = 'x'.repeat(100_000 + extra);
      const { run, url } = await site(answering(answer(body)), { outgoingReceivedBytes: 100_000 });
      const guest = await run.answered(url);
      expect(guest.failure?.tag).to.equal(isOver ? 'HTTP-response-body-size' : undefined);
      expect(guest.body.length).to.be.at.most(100_000);
    });

    for (const hasLength of [true, false]) {
      limit(
        'outgoingSentBytes',
        `${title}, ${hasLength ? 'with' : 'without'} a length`,
        async () => {
          const bytes = 10 + extra;
          const { run, url } = await site(counting, { outgoingSentBytes: 10 });
          const guest = post(run, url, hasLength ? bytes : undefined);
          guest.send('x'.repeat(9), 'x'.repeat(bytes - 9));
          guest.end();
          await guest.over();
          expect(guest.failure?.tag).to.equal(isOver ? 'HTTP-request-body-size' : undefined);
          expect(guest.status).to.equal(isOver ? undefined : 200);
        },
      );
    }
  }

  it('have a spec each', () => {
    const all = LIMIT_ROWS.filter(({ name }) => name.startsWith('outgoing-'));
    expect([...new Set(held)]).to.have.members(all.map(({ limit: one }) => one));
  });
});

describe('outgoing: bodies', () => {
  const servers = new Servers();
  let url: string;
  let run: Run;
  before(async () => {
    const port = await servers.http(counting);
    url = `http://127.0.0.1:${port}/`;
    run = new Run([`http://127.0.0.1:${port}`], { outgoingRequests: 100 });
  });
  after(() => servers.close());

  const sent = async (method: string, lengths: string[], ...chunks: string[]): Promise<string> => {
    const headers = lengths.map((length) => ['Content-Length', length] as const);
    const guest = run.ask(url, { method, hasBody: true, headers });
    guest.send(...chunks);
    guest.end();
    await guest.over();
    return guest.failure?.tag ?? guest.body;
  };

  it('have the length that was promised, or are chunked', async () => {
    expect(await sent('POST', ['4'], 'so', 'me')).to.match(
      /Content-Length: 4\r\n[^]*\r\n\r\nsome$/,
    );
    expect(await sent('PUT', [], 'some')).to.match(
      /Transfer-Encoding: chunked\r\n[^]*4\r\nsome\r\n0\r\n\r\n$/,
    );
    expect(await sent('POST', ['0'])).to.match(/Content-Length: 0\r\n/);
  });

  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
    it(`of ${method} are there when something is written, and only then`, async () => {
      if (method !== 'HEAD') expect(await sent(method, [])).to.not.match(/chunked|Content-Length/);
      if (method !== 'HEAD')
        expect(await sent(method, [], 'x')).to.match(/chunked[^]*1\r\nx\r\n0\r\n\r\n$/);
      const { body } = await run.answered(url, { method });
      expect(body).to.not.match(/chunked|Content-Length/);
    });
  }

  it('that are none are said to be empty by POST', async () => {
    const { body } = await run.answered(url, { method: 'POST' });
    expect(body)
      .to.match(/Content-Length: 0\r\n/)
      .and.not.match(/chunked/);
  });

  it('are never longer or shorter than was promised', async () => {
    expect(await sent('POST', ['3'], 'so', 'me')).to.equal('HTTP-request-body-size');
    expect(await sent('POST', ['5'], 'some')).to.equal('HTTP-request-body-size');
  });

  it('are told to be on their way, so that the guest may go on', async () => {
    const guest = run.ask(url, { method: 'POST', hasBody: true });
    guest.send('some');
    await guest.until((all) => all.some(({ kind }) => kind === 'taken'));
    guest.close();
  });
});
