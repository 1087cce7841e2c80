// Where a responder listens, what it refuses to listen on, and how it stops.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:net';
import { expect } from 'chai';
import { ConfigError } from '../../lib/errors.js';
import { listen } from '../../lib/fcgi/listener.js';
import type { Listener } from '../../lib/fcgi/listener.js';
import type { ListenTarget } from '../../lib/fcgi/target.js';
import { NOBODY, forRoot } from '../root.js';
import { Client } from './client.js';
import { Responder, echoParams } from './responder.js';
import { KEEP, begin, params, request, stdin } from './wire.js';

const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

const unix = (path: string, mode = 0o600): ListenTarget => ({ kind: 'unix', path, mode });

async function expectService(address: string): Promise<void> {
  const client = await Client.connect(address);
  client.send(request(1, { entries: { A: 'b' } }));
  expect((await client.answer(1)).stdout).to.equal('A=b');
  client.close();
}

/** A socket in the file system behind which nobody is: what a killed process leaves. */
async function leaveStaleSocket(path: string): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => {
    process.kill(process.pid, 'SIGKILL');
  })`;
  await once(spawn(process.execPath, ['-e', program]), 'exit');
  expect((await stat(path)).isSocket()).to.equal(true);
}

/** Of a server that listens. Node knows no public way to hand a listening socket to a child. */
function descriptorOf(server: Server): number {
  const handle: unknown = Reflect.get(server, '_handle');
  if (typeof handle !== 'object' || handle === null) throw new Error('the server does not listen');
  return Number(Reflect.get(handle, 'fd'));
}

describe('fcgi listener', () => {
  let directory: string;
  let listeners: Listener[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fcgi-'));
    listeners = [];
  });

  afterEach(async () => {
    await Promise.all(listeners.map((listener) => listener.close(AbortSignal.abort())));
    await rm(directory, { recursive: true, force: true });
  });

  async function open(target: ListenTarget): Promise<Listener> {
    const listener = await listen(target, echoParams);
    listeners.push(listener);
    return listener;
  }

  async function faultOf(target: ListenTarget): Promise<string> {
    try {
      await open(target);
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      return String(error);
    }
    return expect.fail('it listened');
  }

  describe('on a unix socket', () => {
    for (const mode of [0o600, 0o660, 0o666]) {
      it(`gives it the mode ${mode.toString(8)}`, async () => {
        const umask = process.umask();
        const { address } = await open(unix(join(directory, 's'), mode));
        expect((await stat(join(directory, 's'))).mode & 0o777).to.equal(mode);
        expect(address).to.equal(`unix:${join(directory, 's')}`);
        expect(process.umask()).to.equal(umask);
        await expectService(address);
      });
    }

    it('replaces a socket that nobody answers on', async () => {
      const path = join(directory, 's');
      await leaveStaleSocket(path);
      const { address } = await open(unix(path));
      await expectService(address);
    });

    it('leaves a socket alone that somebody answers on', async () => {
      const path = join(directory, 's');
      const { address } = await open(unix(path));
      expect(await faultOf(unix(path))).to.match(/somebody listens there already/);
      await expectService(address);
    });

    it('leaves alone what is not a socket', async () => {
      const path = join(directory, 's');
      await writeFile(path, 'precious');
      expect(await faultOf(unix(path))).to.match(/not a socket/);
      expect((await stat(path)).size).to.equal(8);
    });

    forRoot('leaves a stale socket of somebody else alone', async () => {
      const path = join(directory, 's');
      await leaveStaleSocket(path);
      await chown(path, NOBODY, NOBODY);
      expect(await faultOf(unix(path))).to.include(
        `unix:${path}: the socket there belongs to uid ${NOBODY}; to be replaced it must belong to root or to uid 0: remove it`,
      );
      expect((await stat(path)).isSocket()).to.equal(true);
    });

    it('leaves a symlink alone, even one to a stale socket', async () => {
      await leaveStaleSocket(join(directory, 'real'));
      await symlink(join(directory, 'real'), join(directory, 's'));
      expect(await faultOf(unix(join(directory, 's')))).to.match(/not a socket/);
    });

    it('needs the directory', async () => {
      const path = join(directory, 'missing', 's');
      expect(await faultOf(unix(path))).to.match(/directory .*missing must exist/);
    });

    it('needs a directory that not everybody may write, sticky or not', async () => {
      for (const mode of [0o777, 0o1777]) {
        const open = join(directory, `open-${mode}`);
        await mkdir(open);
        await chmod(open, mode);
        expect(await faultOf(unix(join(open, 's')))).to.match(
          /may be written by everybody \(mode [01]777\): chmod o-w/,
        );
      }
    });

    it('needs a directory for a directory', async () => {
      await writeFile(join(directory, 'file'), '');
      expect(await faultOf(unix(join(directory, 'file', 's')))).to.match(/unix:/);
    });

    it('takes a path of 107 bytes and refuses one of 108', async () => {
      const longest = join(directory, 'x'.repeat(107 - directory.length - 1));
      const { address } = await open(unix(longest));
      await expectService(address);
      expect(await faultOf(unix(`${longest}x`))).to.match(/at most 107 bytes, not 108/);
    });

    it('removes it at close', async () => {
      const path = join(directory, 's');
      const listener = await open(unix(path));
      await listener.close();
      expect(existsSync(path)).to.equal(false);
    });
  });

  describe('on TCP', () => {
    for (const host of ['127.0.0.1', '::1', 'localhost']) {
      const title = `binds ${host} and says which port it got`;
      if (host === '::1' && !HAS_IPV6) it(`${title} (not tried: this machine has no ::1)`);
      else
        it(title, async () => {
          const { address } = await open({ kind: 'tcp', host, port: 0 });
          expect(address).to.match(/^tcp:(127\.0\.0\.1|\[::1\]|localhost):[1-9]\d*$/);
          await expectService(address.replace('[::1]', '::1'));
        });
    }

    for (const host of ['0.0.0.0', '::', '192.0.2.1', '::ffff:192.0.2.1', '127.example', '']) {
      it(`refuses ${host === '' ? 'no host' : host} unless remote is allowed`, async () => {
        expect(await faultOf({ kind: 'tcp', host, port: 0 })).to.match(/must be loopback/);
      });
    }

    it('binds any address when remote is allowed', async () => {
      const target = { kind: 'tcp', host: '0.0.0.0', port: 0, allowRemote: true } as const;
      const { address } = await open(target);
      await expectService(address.replace('0.0.0.0', '127.0.0.1'));
    });

    it('names a port that is taken', async () => {
      const { address } = await open({ kind: 'tcp', host: '127.0.0.1', port: 0 });
      const port = Number(address.slice(address.lastIndexOf(':') + 1));
      const fault = await faultOf({ kind: 'tcp', host: '127.0.0.1', port });
      expect(fault).to.match(/tcp:127\.0\.0\.1:\d+: cannot listen: .*EADDRINUSE/);
    });
  });

  describe('on an inherited descriptor', () => {
    it('serves the connections that came before it started, too', async () => {
      const parent = createServer().listen(0, '127.0.0.1');
      await once(parent, 'listening');
      const bound = parent.address();
      const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
      const listener = new URL('../../lib/fcgi/listener.js', import.meta.url).href;
      const program = `import { listen } from ${JSON.stringify(listener)};
        const answer = (exchange) => exchange.end(0, Buffer.from('from the child'));
        const { address } = await listen({ kind: 'fd', fd: 0 }, answer);
        process.stdout.write(address);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: [descriptorOf(parent), 'pipe', 'inherit'],
      });
      try {
        parent.close();
        const client = await Client.connect(`tcp:127.0.0.1:${port}`);
        client.send(request(1));
        expect((await client.answer(1)).stdout).to.equal('from the child');
        const [name] = await once(child.stdout ?? child, 'data');
        expect(String(name)).to.equal('fd:0');
        client.close();
      } finally {
        child.kill();
        await once(child, 'exit');
      }
    });

    it('that is no listening socket is a fault of the configuration', async () => {
      expect(await faultOf({ kind: 'fd', fd: 9_999 })).to.match(/fd:9999: cannot listen/);
    });
  });

  describe('close', () => {
    it('serves a request that comes on an idle connection: it was on its way', async () => {
      const responder = await Responder.start(echoParams);
      const idle = await responder.client();
      idle.send(request(1, { flags: KEEP }));
      await idle.answer(1);
      const closed = responder.listener.close();
      idle.send(request(1, { flags: KEEP, entries: { A: 'b' } }));
      expect((await idle.answer(1)).stdout).to.equal('A=b');
      await idle.ended();
      await closed;
      await rm(responder.directory, { recursive: true });
    });

    it('closes connections that are never quiet, too, between two requests', async () => {
      const responder = await Responder.start(echoParams, { lingerMs: 20 });
      const busy = await responder.client();
      busy.send(request(1, { flags: KEEP }));
      await busy.answer(1);
      const closed = responder.listener.close();
      let served = 0;
      const ended = busy.ended();
      for (let open = true; open;) {
        busy.send(request(1, { flags: KEEP, entries: { A: 'b' } }));
        open = await busy.answer(1).then(
          () => true,
          () => false,
        );
        served += open ? 1 : 0;
      }
      expect(served).to.be.greaterThan(0);
      await ended;
      await closed;
      await rm(responder.directory, { recursive: true });
    });

    it('closes idle connections and waits for the open requests', async () => {
      const responder = await Responder.start();
      const [idle, busy, late] = [
        await responder.client(),
        await responder.client(),
        await responder.client(),
      ];
      idle.send(request(1, { flags: KEEP }));
      (await responder.exchange(0)).end(0);
      await idle.answer(1);
      busy.send(request(1, { flags: KEEP }));
      const exchange = await responder.exchange(1);
      late.send(begin(1, KEEP));
      let isClosed = false;
      const closed = responder.listener.close().then(() => (isClosed = true));
      await idle.ended();
      late.send(params(1), stdin(1));
      (await responder.exchange(2)).end(0, Buffer.from('late'));
      expect((await late.answer(1)).stdout).to.equal('late');
      await late.ended();
      expect(isClosed).to.equal(false);
      expect(exchange.open).to.equal(true);
      exchange.end(0, Buffer.from('served'));
      expect((await busy.answer(1)).stdout).to.equal('served');
      await busy.ended();
      await closed;
      await rm(responder.directory, { recursive: true });
    });

    it('accepts no new connection', async () => {
      const responder = await Responder.start();
      const busy = await responder.client();
      busy.send(request(1));
      const exchange = await responder.exchange(0);
      const closed = responder.listener.close();
      const fault = await responder.client().catch((error: unknown) => String(error));
      expect(fault).to.match(/ENOENT|ECONNREFUSED/);
      exchange.end(0);
      await closed;
      await rm(responder.directory, { recursive: true });
    });

    it('still serves a connection that was accepted but has not spoken yet', async () => {
      const responder = await Responder.start(echoParams);
      const fresh = await responder.client();
      await expectService(`unix:${responder.path}`); // accepted after `fresh`
      const closed = responder.listener.close();
      fresh.send(request(1, { flags: KEEP, entries: { A: 'b' } }));
      expect((await fresh.answer(1)).stdout).to.equal('A=b');
      await closed;
      await rm(responder.directory, { recursive: true });
    });

    it('does not wait longer than lingerMs for one that never speaks', async () => {
      const responder = await Responder.start(echoParams, { lingerMs: 20 });
      await responder.client();
      await expectService(`unix:${responder.path}`);
      await responder.listener.close();
      await rm(responder.directory, { recursive: true });
    });

    it('aborts what is still open when its signal fires', async () => {
      const responder = await Responder.start();
      const busy = await responder.client();
      busy.send(request(1));
      const exchange = await responder.exchange(0);
      const aborted = new Promise<string>((resolve) => (exchange.onAbort = resolve));
      const patience = new AbortController();
      const closed = responder.listener.close(patience.signal);
      patience.abort();
      expect(await aborted).to.equal('the responder stops');
      await closed;
      await busy.ended();
      await rm(responder.directory, { recursive: true });
    });
  });
});
