// Who may be asked: rules, addresses, names, and what a request may say.

import { expect } from 'chai';
import { REACHES, reachOf } from '../../lib/outgoing/addresses.js';
import { Run, Servers, answer, answering, clientWith, ruleOf } from './toolkit.js';

const DENIED = { tag: 'HTTP-request-denied' };
const PROHIBITED = { tag: 'destination-IP-prohibited' };
const URI_INVALID = { tag: 'HTTP-request-URI-invalid' };

/** A client for which every name has these addresses, and who counts how often it was asked. */
function namesAt(...addresses: string[]) {
  const asked: string[] = [];
  const lookup = async (name: string) => {
    asked.push(name);
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { asked, client: clientWith({ lookup }) };
}

describe('outgoing: addresses', () => {
  const known: Readonly<Record<string, readonly string[]>> = {
    public: ['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0'].concat(
      ['126.255.255.255', '128.0.0.1', '169.253.255.255', '169.255.0.0', '172.15.255.255'],
      ['172.32.0.0', '192.167.255.255', '192.169.0.0', '223.255.255.255', '2606:4700::1111'],
      ['2400::', '3ffe::1'],
    ),
    private: ['10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '127.0.0.1'].concat(
      ['127.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
      ['::1', 'fc00::', 'fdff::1'],
    ),
    any: ['0.0.0.0', '0.1.2.3', '169.254.169.254', '169.254.0.0', '100.100.100.200'].concat(
      ['192.0.0.1', '192.0.2.1', '198.18.0.1', '198.19.255.255', '198.51.100.7', '203.0.113.9'],
      ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
      ['::', '::ffff:10.0.0.1', '::ffff:1.1.1.1', '::ffff:a00:1', '::127.0.0.1', 'fe80::1'],
      ['febf::1', 'fec0::1', 'ff02::1', '2001::1', '2001:db8::1', '2002:a00:1::', '3fff::1'],
      ['64:ff9b::a00:1', '100::1', '4000::1', 'fd00:ec2::254'],
    ),
  };
  for (const [reach, addresses] of Object.entries(known)) {
    for (const address of addresses) {
      it(`${address} is ${reach}`, () => expect(reachOf(address)).to.equal(reach));
    }
  }
  it('each kind is there', () => expect(Object.keys(known)).to.deep.equal([...REACHES]));
});

describe('outgoing: rules', () => {
  const servers = new Servers();
  let port: number;
  before(async () => (port = await servers.http(answering((text) => answer(text)))));
  after(() => servers.close());

  it('deny all where there is none', async () => {
    const run = new Run([]);
    const { failure } = await run.answered(`http://127.0.0.1:${port}/`);
    expect(failure).to.deep.equal(DENIED);
    expect(run.lines).to.deep.equal([
      {
        method: 'GET',
        to: `http://127.0.0.1:${port}/`,
        error: 'HTTP-request-denied',
        reason: 'there is no WasmAllowHost',
      },
    ]);
  });

  it('let an address be asked that the admin has named', async () => {
    const run = new Run([`http://127.0.0.1:${port}`]);
    const guest = await run.answered(`http://127.0.0.1:${port}/a?b=c`);
    expect([guest.status, guest.failure]).to.deep.equal([200, undefined]);
    expect(guest.body.split('\r\n').slice(0, 2)).to.deep.equal([
      'GET /a?b=c HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
    ]);
    const [line] = run.lines;
    expect(line).to.include({
      method: 'GET',
      to: `http://127.0.0.1:${port}/a?…`,
      status: 200,
      error: undefined,
      sent: 0,
      received: guest.body.length,
    });
    expect(line?.['ms']).to.be.a('number');
  });

  // [rule, method and URL, allowed]
  const rows: readonly (readonly [string, string, string, boolean])[] = [
    ['https://a.test', 'GET', 'https://a.test/', true],
    ['https://a.test', 'GET', 'https://A.TEST:443/', true],
    ['https://a.test', 'GET', 'https://a.test:444/', false],
    ['https://a.test', 'GET', 'http://a.test/', false],
    ['https://a.test', 'GET', 'http://a.test:443/', false],
    ['https://a.test', 'GET', 'https://a.test./', false],
    ['https://a.test', 'GET', 'https://b.a.test/', false],
    ['https://a.test', 'GET', 'https://xa.test/', false],
    ['https://a.test:*', 'GET', 'https://a.test:1/', true],
    ['https://*.a.test', 'GET', 'https://b.a.test/', true],
    ['https://*.a.test', 'GET', 'https://c.b.a.test/', true],
    ['https://*.a.test', 'GET', 'https://a.test/', false],
    ['https://*.a.test', 'GET', 'https://xa.test/', false],
    ['https://*', 'GET', 'https://anything.test/', true],
    ['https://*', 'GET', 'http://anything.test/', false],
    ['GET,HEAD https://a.test', 'HEAD', 'https://a.test/', true],
    ['GET,HEAD https://a.test', 'POST', 'https://a.test/', false],
    ['GET,HEAD https://a.test', 'get', 'https://a.test/', false],
    ['https://a.test', 'DELETE', 'https://a.test/', true],
    ['https://a.test', 'ODD-ONE', 'https://a.test/', true],
  ];
  for (const [rule, method, url, isAllowed] of rows) {
    it(`${rule} ${isAllowed ? 'allows' : 'does not allow'} ${method} ${url}`, async () => {
      const { client, asked } = namesAt('10.0.0.1');
      const { failure } = await new Run([rule], {}, client).answered(url, { method });
      // Which it says of the address, when it got so far as to look for one.
      expect(failure).to.deep.equal(isAllowed ? PROHIBITED : DENIED);
      expect(asked).to.have.length(isAllowed ? 1 : 0);
    });
  }

  it('never allow CONNECT', async () => {
    const run = new Run(['CONNECT https://a.test', 'https://a.test']);
    const { failure } = await run.answered('https://a.test/', { method: 'CONNECT' });
    expect(failure).to.deep.equal({ tag: 'HTTP-request-method-invalid' });
  });

  it('of tenants count within the bounds of the admin', async () => {
    const any = ruleOf(`http://127.0.0.1:*`);
    const ask = async (within: string[]) =>
      (
        await new Run([{ ...any, within: within.map(ruleOf) }]).answered(
          `http://127.0.0.1:${port}/`,
        )
      ).failure;
    expect(await ask([])).to.deep.equal(DENIED);
    expect(await ask(['http://*', 'https://*'])).to.deep.equal(DENIED);
    expect(await ask(['http://*:*'])).to.deep.equal(PROHIBITED);
    expect(await ask([`POST http://127.0.0.1:${port}`])).to.deep.equal(DENIED);
    expect(await ask(['https://a.test', `http://127.0.0.1:${port}`])).to.equal(undefined);
    expect(await ask(['private http://*:*'])).to.equal(undefined);
  });
});

describe('outgoing: names and addresses', () => {
  const servers = new Servers();
  let port: number;
  before(async () => (port = await servers.http(answering(answer('here')))));
  after(() => servers.close());

  for (const url of ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::1]', '0']) {
    it(`https://* does not reach http://${url}, in whatever form`, async () => {
      const run = new Run(['http://*:*']);
      const { failure } = await run.answered(`http://${url}:${port}/`);
      expect(failure).to.deep.equal(PROHIBITED);
    });
  }

  for (const address of ['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::ffff:127.0.0.1']) {
    it(`a name that leads to ${address} is not connected to`, async () => {
      const { client } = namesAt(address);
      const before = servers.connections;
      const run = new Run([`http://name.test:${port}`], {}, client);
      const { failure } = await run.answered(`http://name.test:${port}/`);
      expect(failure).to.deep.equal(PROHIBITED);
      expect(run.lines[0]?.['reason']).to.include(`name.test leads to ${address}`);
      expect(servers.connections).to.equal(before);
    });
  }

  it('one bad address among good ones is enough', async () => {
    const { client } = namesAt('1.1.1.1', '127.0.0.1');
    const run = new Run([`http://name.test:${port}`], {}, client);
    expect((await run.answered(`http://name.test:${port}/`)).failure).to.deep.equal(PROHIBITED);
  });

  it('a name behind `private` may lead to a private address, and to no link-local one', async () => {
    const rules = [`private http://name.test:${port}`];
    const { client } = namesAt('127.0.0.1');
    const run = new Run(rules, {}, client);
    expect((await run.answered(`http://name.test:${port}/`)).body).to.equal('here');
    for (const address of ['169.254.169.254', 'fe80::1', '100.100.100.200']) {
      const metadata = new Run(rules, {}, namesAt(address).client);
      const { failure } = await metadata.answered(`http://name.test:${port}/`);
      expect(failure).to.deep.equal(PROHIBITED);
    }
  });

  it('a name is looked up once, and what was checked is connected to', async () => {
    let asked = 0;
    // The second answer would be another one, as a rebinding name server gives it.
    const lookup = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.9', family: 4 }];
    };
    const run = new Run([`private http://name.test:${port}`], {}, clientWith({ lookup }));
    expect((await run.answered(`http://name.test:${port}/`)).body).to.equal('here');
    expect(asked).to.equal(1);
  });

  it('the next address is tried when the first one refuses', async () => {
    const { client } = namesAt('127.0.0.2', '127.0.0.1');
    const run = new Run([`private http://name.test:${port}`], {}, client);
    expect((await run.answered(`http://name.test:${port}/`)).body).to.equal('here');
  });

  it('localhost of this machine is a private address like any', async () => {
    const run = new Run([`http://localhost:${port}`]);
    expect((await run.answered(`http://localhost:${port}/`)).failure).to.deep.equal(PROHIBITED);
  });

  it('a name that is not there is a DNS-error', async () => {
    const unknown = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    const client = clientWith({ lookup: () => Promise.reject(unknown) });
    const run = new Run(['http://name.test'], {}, client);
    expect((await run.answered('http://name.test/')).failure).to.deep.equal({
      tag: 'DNS-error',
      value: { rcode: 'NXDOMAIN', 'info-code': undefined },
    });
  });
});

describe('outgoing: what a request may say', () => {
  const servers = new Servers();
  let port: number;
  before(async () => (port = await servers.http(answering((text) => answer(text)))));
  after(() => servers.close());

  const invalid: readonly (readonly [string, string, object?])[] = [
    ['http://user@HOST/', 'there is a user name in it'],
    ['http://user:secret@HOST/', 'there is a user name in it'],
    ['http:///', 'the authority is no host and port'],
    ['http://HOST#x/', 'the authority is no host and port'],
    ['http://HOST?x/', 'the authority is no host and port'],
    ['http://HOST\\x/', 'the authority is no host and port'],
    ['http://HOST:1/', 'the authority is no host and port'],
    ['http://127.0.0.1:65536/', 'the authority is no host and port'],
    ['http://127.0.0.1:0/', 'the port is 0'],
    ['http://300.0.0.1/', 'the authority is no host and port'],
    ['http://[::1/', 'the authority is no host and port'],
    ['http://ä.test/', 'the authority is no host and port'],
    ['ftp://HOST/', 'the scheme is neither http nor https'],
    ['http://HOST/a b', 'the path '],
    ['http://HOST/a\r\nX-Evil: 1', 'the path '],
    ['http://HOST/a#b', 'the path '],
    ['http://HOST/\u00e4', 'the path '],
    ['http://HOST/', 'the path ', { pathWithQuery: 'x' }],
    ['http://HOST/', 'the path ', { pathWithQuery: '//\0' }],
  ];
  for (const [url, reason, more = {}] of invalid) {
    it(`refuses ${JSON.stringify(url)} ${JSON.stringify(more)}: ${reason}`, async () => {
      const run = new Run([`http://127.0.0.1:*`]);
      const at = url.indexOf('/', 7);
      const authority = url.slice(url.indexOf('//') + 2, at < 0 ? undefined : at);
      const host = `127.0.0.1:${port}`;
      const question = { authority: authority.replace('HOST', host) };
      const asked = { ...question, pathWithQuery: at < 0 ? '/' : url.slice(at), ...more };
      const scheme = url.slice(0, url.indexOf(':'));
      const guest = await run.answered(`http://${host}/`, { scheme, ...asked });
      expect(guest.failure).to.deep.equal(URI_INVALID);
      expect(run.lines[0]?.['reason']).to.include(reason);
      expect(JSON.stringify(run.lines)).to.not.include('secret');
    });
  }

  it('sends what the guest says and nothing that is ours', async () => {
    const run = new Run([`http://127.0.0.1:${port}`]);
    const headers = [
      ['x-one', '1'],
      ['X-One', '\u00e4'],
      ['accept', 'a/b'],
    ] as const;
    const { body } = await run.answered(`http://127.0.0.1:${port}/x`, { headers });
    expect(body).to.equal(
      `GET /x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nx-one: 1\r\nX-One: \u00e4\r\naccept: a/b\r\nConnection: close\r\n\r\n`,
    );
  });

  for (const [name, value] of [
    ['x\r\nx-evil', '1'],
    ['x-evil', '1\r\nX-More: 2'],
    ['x-evil', '1\n2'],
    ['x-evil', '\0'],
    ['x evil', '1'],
    ['', '1'],
  ] as const) {
    it(`has no room for ${JSON.stringify([name, value])}`, async () => {
      const before = servers.connections;
      const run = new Run([`http://127.0.0.1:${port}`]);
      const headers = [[name, value]] as const;
      const { failure } = await run.answered(`http://127.0.0.1:${port}/`, { headers });
      expect(failure).to.deep.equal({ tag: 'HTTP-protocol-error' });
      expect(servers.connections).to.equal(before);
    });
  }

  for (const [title, values, hasBody, tag] of [
    ['two lengths', ['1', '2'], true, 'HTTP-protocol-error'],
    ['a length twice', ['1', '1'], true, 'HTTP-protocol-error'],
    ['a length that is no number', ['1,1'], true, 'HTTP-protocol-error'],
    ['a signed length', ['+1'], true, 'HTTP-protocol-error'],
    ['a length without a body', ['1'], false, 'HTTP-request-body-size'],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const run = new Run([`http://127.0.0.1:${port}`]);
      const headers = values.map((value) => ['Content-Length', value] as const);
      const more = { method: 'POST', headers, hasBody };
      const { failure } = await run.answered(`http://127.0.0.1:${port}/`, more);
      expect(failure?.tag).to.equal(tag);
    });
  }

  it('asks by no proxy of the environment', async () => {
    const { http_proxy: was } = process.env;
    process.env['http_proxy'] = 'http://127.0.0.1:1';
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
    try {
      const run = new Run([`http://127.0.0.1:${port}`]);
      expect((await run.answered(`http://127.0.0.1:${port}/`)).status).to.equal(200);
    } finally {
      delete process.env['HTTP_PROXY'];
      if (was === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = was;
    }
  });

  it('follows no redirect: the next request is judged anew', async () => {
    const away = await servers.http(
      answering(
        'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n',
      ),
    );
    const run = new Run([`http://127.0.0.1:${away}`]);
    const guest = await run.answered(`http://127.0.0.1:${away}/`);
    expect(guest.status).to.equal(302);
    const [, location = ''] = guest.headers.find(([name]) => name === 'Location') ?? [];
    expect((await run.answered(location)).failure).to.deep.equal(DENIED);
  });
});
