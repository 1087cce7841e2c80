// The sockets that a server with pools holds open, and on which it accepts nobody.

import { expect } from 'chai';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { ConfigError } from '../../lib/errors.js';
import { ListeningSockets } from '../../lib/supervise/sockets.js';
import { NOBODY, forRoot } from '../root.js';

const faultOf = async (open: Promise<void>): Promise<string> => {
  const thrown: unknown = await open.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(ConfigError);
  return String(thrown);
};

describe('ListeningSockets', () => {
  let folder: string;
  let sockets: ListeningSockets;
  const clients: Socket[] = [];
  before(() => (sockets = new ListeningSockets()));
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'sockets-'))));
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    sockets.keep([]);
    rmSync(folder, { recursive: true });
  });

  const at = (name: string) => ({ kind: 'unix', path: join(folder, name), mode: 0o640 }) as const;
  const client = (path: string): Socket => {
    const socket = connect({ path }).on('error', () => {});
    clients.push(socket);
    return socket;
  };
  it('open with their mode, by a descriptor of this process', async () => {
    await sockets.open([at('a'), at('b')]);
    expect((statSync(at('a').path).mode & 0o777).toString(8)).to.equal('640');
    const [a, b] = [sockets.descriptor(at('a')), sockets.descriptor(at('b'))];
    expect(a).to.not.equal(b);
    expect(statSync(`/proc/self/fd/${a}`).isSocket()).to.equal(true);
    expect(statSync(`/proc/self/fd/${b}`).isSocket()).to.equal(true);
  });

  it('let clients connect and wait, and accept none', async () => {
    await sockets.open([at('a')]);
    const waiting = [client(at('a').path), client(at('a').path)];
    await Promise.all(waiting.map((socket) => once(socket, 'connect')));
    for (let turns = 0; turns < 100; turns += 1) await turn();
    expect(waiting.map(({ readyState }) => readyState)).to.deep.equal(['open', 'open']);
    // Who was accepted, and by nobody's doing closed, would have ended; these go with the socket.
    const ended = waiting.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    sockets.keep([]);
    await Promise.all(ended);
  });

  it('stay as they are when opened again, but for their mode', async () => {
    await sockets.open([at('a')]);
    const [fd, { ino }] = [sockets.descriptor(at('a')), statSync(at('a').path)];
    await sockets.open([{ ...at('a'), mode: 0o600 }]);
    expect(sockets.descriptor(at('a'))).to.equal(fd);
    const { ino: after, mode } = statSync(at('a').path);
    expect(after).to.equal(ino);
    expect((mode & 0o777).toString(8)).to.equal('600');
  });

  it('are removed when they are no longer wanted', async () => {
    await sockets.open([at('a'), at('b')]);
    const fd = sockets.descriptor(at('a'));
    sockets.keep([`unix:${at('b').path}`]);
    expect(existsSync(at('a').path)).to.equal(false);
    expect(existsSync(`/proc/self/fd/${fd}`)).to.equal(false);
    await once(client(at('b').path), 'connect');
  });

  it('open all or none', async () => {
    await sockets.open([at('a')]);
    writeFileSync(at('c').path, 'precious');
    expect(await faultOf(sockets.open([at('b'), at('c')]))).to.include(
      `unix:${at('c').path}: not a socket, and therefore not replaced`,
    );
    expect(existsSync(at('b').path)).to.equal(false);
    await once(client(at('a').path), 'connect');
  });

  it('take TCP, too, and say why an address cannot be had', async () => {
    const tcp = { kind: 'tcp', host: 'localhost', port: 0 } as const;
    await sockets.open([tcp]);
    expect(statSync(`/proc/self/fd/${sockets.descriptor(tcp)}`).isSocket()).to.equal(true);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const bound = other.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
    const fault = await faultOf(sockets.open([{ kind: 'tcp', host: '127.0.0.1', port }]));
    expect(fault).to.match(/127\.0\.0\.1:\d+: cannot listen: .*EADDRINUSE/);
    other.close();
  });

  it('leave alone what was inherited', async () => {
    await sockets.open([at('a')]);
    const fd = sockets.descriptor(at('a'));
    const inherited = { kind: 'fd', fd } as const;
    await sockets.open([at('a'), inherited]);
    expect(sockets.descriptor(inherited)).to.equal(fd);
  });

  forRoot('belong to the group that is to connect', async () => {
    await sockets.open([{ ...at('a'), mode: 0o660, gid: NOBODY }]);
    const { uid, gid, mode } = statSync(at('a').path);
    expect([uid, gid, (mode & 0o777).toString(8)]).to.deep.equal([0, NOBODY, '660']);
  });
});
