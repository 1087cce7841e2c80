// Servers that mean no good: each ends its own request, with the error-code that says why.

import { expect } from 'chai';
import { WINDOW_COST, chunkCost } from '../../lib/channel/credit.js';
import { Run, type Serve, Servers, answer, answering, clientWith, pem } from './toolkit.js';

/** Writes `piece` for ever, as fast as it is taken. */
function flood(head: string, piece: string): Serve {
  return (socket) => {
    socket.write(head, 'latin1');
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece, 'latin1'));
    };
    socket.on('drain', more);
    more();
  };
}

/** Writes a piece from time to time, for ever. */
function drip(head: string, piece: string): Serve {
  return (socket) => {
    socket.write(head, 'latin1');
    const timer = setInterval(() => socket.write(piece, 'latin1'), 5);
    socket.on('close', () => clearInterval(timer));
  };
}

const lookup = async () => [{ address: '127.0.0.1', family: 4 }];

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('outgoing: hostile servers', () => {
  const servers = new Servers();
  after(() => servers.close());
  // No request leaves a connection behind, however it ended.
  afterEach(() => servers.quiet());

  const ask = async (serve: Serve, limits = {}) => {
    const port = await servers.http(serve);
    const run = new Run([`http://127.0.0.1:${port}`], limits);
    const guest = await run.answered(`http://127.0.0.1:${port}/`);
    expect(run.lines).to.have.length(1);
    expect(run.lines[0]?.['error']).to.equal(guest.failure?.tag);
    return guest;
  };

  const heads: readonly (readonly [string, Serve])[] = [
    ['a header field', flood('HTTP/1.1 200 OK\r\nX: ', 'x'.repeat(10_000))],
    ['header fields', flood('HTTP/1.1 200 OK\r\n', `X: ${'x'.repeat(1_000)}\r\n`)],
    ['a name', flood('HTTP/1.1 200 OK\r\n', 'x'.repeat(1_000))],
    ['a reason', flood('HTTP/1.1 200 ', 'x'.repeat(1_000))],
  ];
  for (const [what, serve] of heads) {
    it(`an endless head: ${what}`, async () => {
      const { failure, status } = await ask(serve);
      expect([status, failure?.tag]).to.deep.equal([
        undefined,
        'HTTP-response-header-section-size',
      ]);
    });
  }

  it('an endless body', async () => {
    const head = 'HTTP/1.1 200 OK\r\n\r\n';
    const guest = await ask(flood(head, 'x'.repeat(65_536)), { outgoingReceivedBytes: 1_000_000 });
    expect(guest.failure).to.deep.equal({ tag: 'HTTP-response-body-size', value: 1_000_000n });
    expect(guest.body.length).to.be.at.most(1_000_000);
  });

  it('endless trailers', async () => {
    const { failure } = await ask(
      flood(`${CHUNKED}1\r\nx\r\n0\r\n`, `X: ${'x'.repeat(1_000)}\r\n`),
    );
    expect(failure?.tag).to.be.oneOf([
      'HTTP-response-header-section-size',
      'HTTP-response-incomplete',
    ]);
  });

  it('a flood of interim answers', async () => {
    const { failure, status } = await ask(flood('', 'HTTP/1.1 103 Early Hints\r\n\r\n'));
    expect([status, failure]).to.deep.equal([undefined, { tag: 'HTTP-protocol-error' }]);
  });

  it('some interim answers are passed over', async () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n';
    const { body, status } = await ask(answering(`${interim}${answer('real')}`));
    expect([status, body]).to.deep.equal([200, 'real']);
  });

  it('interim answers that trickle in do not count as an answer', async () => {
    const { failure } = await ask(drip('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), {
      outgoingHeadMs: 40,
    });
    expect(failure?.tag).to.be.oneOf(['connection-read-timeout', 'HTTP-protocol-error']);
  });

  it('a head that drips', async () => {
    const { failure } = await ask(drip('HTTP/1.1 200 OK\r\nX: ', 'x'), { outgoingHeadMs: 60 });
    expect(failure).to.deep.equal({ tag: 'connection-read-timeout' });
  });

  it('a body that drips goes on as long as the run lasts', async () => {
    const port = await servers.http(drip('HTTP/1.1 200 OK\r\n\r\n', 'x'));
    const run = new Run([`http://127.0.0.1:${port}`]);
    const guest = run.ask(`http://127.0.0.1:${port}/`);
    await guest.until(() => guest.body.length > 5);
    run.requests.close();
    expect(guest.failure).to.deep.equal({ tag: 'connection-terminated' });
    expect(run.lines[0]).to.include({ status: 200, reason: 'the run is over' });
  });

  it('silence', async () => {
    const { failure } = await ask(() => {}, { outgoingHeadMs: 30 });
    expect(failure).to.deep.equal({ tag: 'connection-read-timeout' });
  });

  it('silence in the middle of the body', async () => {
    const { failure, body } = await ask(
      answering(`HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf`),
      {
        outgoingIdleMs: 30,
      },
    );
    expect([body, failure]).to.deep.equal(['half', { tag: 'connection-read-timeout' }]);
  });

  const cut: readonly (readonly [string, string, string])[] = [
    ['a length that promises more', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'half'],
    ['a chunk that is cut', `${CHUNKED}64\r\nhalf`, 'half'],
    ['chunks without an end', `${CHUNKED}4\r\nhalf\r\n`, 'half'],
  ];
  for (const [what, text, body] of cut) {
    for (const how of ['ended', 'reset'] as const) {
      it(`${what}, ${how}`, async () => {
        const guest = await ask(
          (socket) =>
            void socket.write(text, 'latin1', () =>
              how === 'ended' ? socket.end() : setTimeout(() => socket.resetAndDestroy(), 20),
            ),
        );
        expect(guest.failure).to.deep.equal({ tag: 'HTTP-response-incomplete' });
        expect(guest.body).to.equal(body);
      });
    }
  }

  it('a length that promises less: the rest is no second answer', async () => {
    const guest = await ask(
      answering(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalf${answer('evil')}`),
    );
    expect(guest.body).to.equal('half');
  });

  const broken: readonly (readonly [string, string])[] = [
    ['no HTTP', 'SSH-2.0-x\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    [
      'length and chunks',
      `HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a bad chunk', `${CHUNKED}zz\r\n`],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nY\r\n\r\n'],
    ['NUL in a field', 'HTTP/1.1 200 OK\r\nX: \0\r\n\r\n'],
    ['a bare CR in a field', 'HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n'],
  ];
  for (const [what, text] of broken) {
    it(`breaks HTTP: ${what}`, async () => {
      const { failure } = await ask(answering(text));
      expect(failure?.tag).to.be.oneOf(['HTTP-protocol-error', 'HTTP-response-incomplete']);
    });
  }

  it('a change of the protocol', async () => {
    const { failure } = await ask(
      answering('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello'),
    );
    expect(failure).to.deep.equal({ tag: 'HTTP-upgrade-failed' });
  });

  it('a connection that closes without a word, or is reset', async () => {
    expect((await ask((socket) => void socket.end())).failure).to.deep.equal({
      tag: 'connection-terminated',
    });
    expect((await ask((socket) => socket.resetAndDestroy())).failure).to.deep.equal({
      tag: 'connection-terminated',
    });
  });

  it('nobody at the port', async () => {
    const port = await servers.http(() => {});
    const other = new Servers();
    const gone = await other.http(() => {});
    await other.close();
    expect(gone).to.not.equal(port);
    const run = new Run([`http://127.0.0.1:${gone}`]);
    expect((await run.answered(`http://127.0.0.1:${gone}/`)).failure).to.deep.equal({
      tag: 'connection-refused',
    });
  });

  it('a body is read no faster than the guest takes it', async () => {
    const port = await servers.http(flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65_536)));
    const run = new Run([`http://127.0.0.1:${port}`], { outgoingIdleMs: 50 });
    const guest = run.ask(`http://127.0.0.1:${port}/`);
    guest.reads = false;
    const cost = (): number =>
      guest.news.reduce((sum, one) => sum + (one.kind === 'chunk' ? chunkCost(one.chunk) : 0), 0);
    await guest.until(() => cost() >= WINDOW_COST);
    // That the guest takes its time is no silence of the server's: longer than outgoing-between-bytes.
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(guest.failure).to.equal(undefined);
    expect(cost()).to.be.below(WINDOW_COST + 2 * 65_536);
    const before = cost();
    guest.order({ kind: 'taken', cost: before });
    await guest.until(() => cost() > before);
    guest.close();
    expect(run.lines[0]).to.include({ reason: 'the program wanted no more of it' });
  });

  it('an answer that is all there is read to its end, however late', async () => {
    const body = 'x'.repeat(400_000);
    const port = await servers.http((socket) => void socket.end(answer(body), 'latin1'));
    const run = new Run([`http://127.0.0.1:${port}`]);
    const guest = run.ask(`http://127.0.0.1:${port}/`);
    guest.reads = false;
    await guest.until(() => guest.body.length >= WINDOW_COST - 65_536);
    guest.reads = true;
    for (const one of guest.news.slice())
      if (one.kind === 'chunk') guest.order({ kind: 'taken', cost: chunkCost(one.chunk) });
    await guest.over();
    expect([guest.failure, guest.body.length]).to.deep.equal([undefined, 400_000]);
  });

  it('trailers come after the body, and none of what belongs to the connection', async () => {
    const guest = await ask(
      answering(
        `HTTP/1.1 200 OK\r\nKeep-Alive: x\r\nTransfer-Encoding: chunked\r\nX-Own: 1\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n`,
      ),
    );
    expect(guest.headers).to.deep.equal([['X-Own', '1']]);
    expect(guest.news.at(-1)).to.deep.equal({ kind: 'ended', trailers: [['X-Sum', '7']] });
  });
});

describe('outgoing: TLS', () => {
  const servers = new Servers();
  const ports = new Map<string, number>();
  before(async () => {
    for (const name of ['good', 'other', 'expired', 'self'])
      ports.set(name, await servers.https(name, answering(answer('safe'))));
    ports.set('plain', await servers.http((socket) => void socket.write('220 hello\r\n')));
  });
  after(() => servers.close());

  const ask = async (
    server: string,
    host = 'good.test',
    certificates: string | undefined = pem('ca'),
  ) => {
    const port = ports.get(server);
    const run = new Run(
      [`private https://*:${port}`, `https://127.0.0.1:${port}`],
      {},
      clientWith({ lookup, certificates }),
    );
    return run.answered(`https://${host}:${port}/`);
  };

  it('trusts a certificate of an authority in ca-file, for its names and addresses', async () => {
    expect((await ask('good')).body).to.equal('safe');
    expect((await ask('good', '127.0.0.1')).body).to.equal('safe');
    expect((await ask('other', 'other.test')).body).to.equal('safe');
  });

  const bad: readonly (readonly [string, string, string, string?])[] = [
    ['of nobody known', 'good', 'good.test', ''],
    ['of its own', 'self', 'good.test'],
    ['that has expired', 'expired', 'good.test'],
    ['for another name', 'other', 'good.test'],
    ['for another name than the address', 'other', '127.0.0.1'],
    ['for no such subdomain', 'good', 'sub.good.test'],
  ];
  for (const [what, server, host, ca] of bad) {
    it(`refuses a certificate ${what}`, async () => {
      const certificates = ca === '' ? pem('other') : pem('ca');
      const { failure } = await ask(server, host, certificates);
      expect(failure).to.deep.equal({ tag: 'TLS-certificate-error' });
    });
  }

  it('refuses them also where the environment says not to look', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect((await ask('self')).failure).to.deep.equal({ tag: 'TLS-certificate-error' });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  it('says that a server does not speak TLS', async () => {
    expect((await ask('plain')).failure).to.deep.equal({ tag: 'TLS-protocol-error' });
  });
});
