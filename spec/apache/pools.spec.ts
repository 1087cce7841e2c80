// WasmPool: responders with a user, limits, a socket and a key of their own, one per tenant.

import { expect } from 'chai';
import { readFile, rename, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { configtest, isRunning, startHttpd } from '../../apache/httpd.js';
import type { Httpd } from '../../apache/httpd.js';
import { ask, dumpOf, makeBed, signatureOf } from './bed.js';
import type { Bed, Dump } from './bed.js';
import { underLoad } from './load.js';

const IS_ROOT = process.getuid?.() === 0;
/** Two accounts of every Debian that nothing runs as. Without root there is one user only. */
const [ALICE, BOB] = IS_ROOT ? ['games', 'man'] : [undefined, undefined];

async function account(name: string): Promise<{ uid: number; gid: number }> {
  const line = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/** Real, effective, saved and file system ids of a process, and its groups. */
async function idsOf(pid: number): Promise<Record<'Uid' | 'Gid' | 'Groups', number[]>> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number[] =>
    (new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '').split(/\s+/).map(Number);
  return { Uid: field('Uid'), Gid: field('Gid'), Groups: field('Groups') };
}

const user = (name: string | undefined): string => (name === undefined ? '' : ` user=${name}`);

const pools = (): string => `
    WasmPool alice${user(ALICE)} workers=2 timeout=10s
    WasmPool bob${user(BOB)}`;

const socketOf = (httpd: Httpd, name: string): string =>
  `${httpd.dir}/run/wasm-fcgi.${httpd.pid}.${name}.sock`;

describe('apache: pools', () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
  });
  after(() => bed.clear());

  const modules = (): string[] => ['proxy', 'proxy_fcgi', `wasm=${bed.so}`];
  const place = (url: string, lines = ''): string =>
    `<Location ${url}>\nSetHandler wasm-handler\nWasmModule ${bed.at('a.wasm')}\n${lines}\n</Location>`;
  const places = (): string => `
    ${place('/common')}
    ${place('/alice', 'WasmUsePool alice')}
    ${place('/alice/inner')}
    ${place('/bob', 'WasmUsePool bob')}
    <VirtualHost *:*>
      ServerName bob.test
      WasmUsePool bob
      ${place('/own')}
    </VirtualHost>`;

  describe('while they run', () => {
    let httpd: Httpd;
    before(async () => {
      // The default virtual host comes first; the pools stand after their use.
      httpd = await bed.start(
        `<VirtualHost *:*>\nServerName localhost\n</VirtualHost>\n${places()}\n${pools()}`,
      );
    });
    const dump = (url: string, host = 'localhost'): Promise<Dump> => dumpOf(httpd, url, { host });

    it('run the requests of the places that use them, and nobody else’s', async () => {
      const [common, alice, inner, bob, own] = await Promise.all([
        dump('/common'),
        dump('/alice'),
        dump('/alice/inner'),
        dump('/bob'),
        dump('/own', 'bob.test'),
      ]);
      expect(new Set([common.pid, alice.pid, bob.pid]).size).to.equal(3);
      expect(inner.pid).to.equal(alice.pid);
      expect(own.pid).to.equal(bob.pid);
    });

    it('have a key each, which signs nothing for another', async () => {
      const [common, alice, bob] = await Promise.all(
        ['/common', '/alice', '/bob'].map((url) => dump(url)),
      );
      const hashes = new Set([common, alice, bob].map((one) => one?.keyHash));
      expect(hashes.size).to.equal(3);
      const signatures = new Set([common, alice, bob].map((one) => one?.params['WASM_SIGNATURE']));
      expect(signatures.size).to.equal(3);
      expect(common?.params['WASM_SIGNATURE']).to.equal(signatureOf(common?.params ?? {}));
      expect(alice?.params['WASM_SIGNATURE']).to.not.equal(signatureOf(alice?.params ?? {}));
    });

    it('have the user and group of their own, and none of root’s', async () => {
      for (const [url, name] of [
        ['/alice', ALICE],
        ['/bob', BOB],
      ] as const) {
        const { Uid, Gid, Groups } = await idsOf((await dump(url)).pid);
        const { uid, gid } =
          name === undefined
            ? { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 }
            : await account(name);
        expect(Uid, url).to.deep.equal([uid, uid, uid, uid]);
        expect(Gid, url).to.deep.equal([gid, gid, gid, gid]);
        if (IS_ROOT) expect(Groups, url).to.deep.equal([gid]);
      }
    });

    it('have the options of their WasmPool', async () => {
      const { pid } = await dump('/alice');
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
      expect(words).to.include.members(['--workers=2', '--timeout=10s', '--serving-fd']);
      const { pid: other } = await dump('/bob');
      expect(await readFile(`/proc/${other}/cmdline`, 'utf8')).to.not.include('--workers');
    });

    it('have a socket that the user of httpd alone can connect to', async () => {
      const children = await httpd.children();
      const { pid } = await dump('/alice');
      for (const name of ['alice', 'bob']) {
        const { mode, uid } = await stat(socketOf(httpd, name));
        expect((mode & 0o777).toString(8), name).to.equal('600');
        const owners = await Promise.all(
          children.map(async (child) => (await idsOf(child)).Uid[0]),
        );
        expect(owners).to.include(uid);
        if (IS_ROOT) expect((await idsOf(pid)).Uid).to.not.include(uid);
      }
    });

    it('touch no other when one is killed, and what waits is answered', async () => {
      const before = await Promise.all([dump('/common'), dump('/bob')]);
      const { pid } = await dump('/alice');
      const others = underLoad(httpd, '/bob', () =>
        httpd.logged(/WasmPool alice ended .*starting it again/),
      );
      const own = await underLoad(httpd, '/alice', async () => {
        process.kill(pid, 'SIGKILL');
        await httpd.logged(/WasmPool alice ended .*starting it again/);
      });
      expect(own.failed).to.be.at.most(own.parallel);
      expect(await others).to.include({ failed: 0 });
      expect((await dump('/alice')).pid).to.not.equal(pid);
      const after = await Promise.all([dump('/common'), dump('/bob')]);
      expect(after.map((one) => one.pid)).to.deep.equal(before.map((one) => one.pid));
    });

    it('touch no other when one is stopped still', async () => {
      const { pid } = await dump('/alice');
      process.kill(pid, 'SIGSTOP');
      const stuck = ask(httpd, '/alice');
      const { pid: bob } = await dump('/bob');
      expect(bob).to.not.equal(pid);
      process.kill(pid, 'SIGCONT');
      expect(await stuck).to.include({ status: 200 });
    });

    it('are added, kept, replaced and ended by a graceful restart, without a loss of the others', async () => {
      const head = `WasmCommand ${bed.dump.join(' ')}\nWasmKeyFile ${bed.at('key')}`;
      const before = await Promise.all([dump('/alice'), dump('/bob')]);
      await httpd.reconfigure(`${head}
        WasmPool alice${user(ALICE)} workers=3
        WasmPool carol${user(ALICE)}
        ${place('/common')}
        ${place('/alice', 'WasmUsePool alice')}
        ${place('/carol', 'WasmUsePool carol')}`);
      const load = await underLoad(httpd, '/common', () => httpd.graceful());
      expect(load).to.include({ failed: 0 });
      const [alice, carol] = await Promise.all([dump('/alice'), dump('/carol')]);
      expect(alice.pid).to.not.equal(before[0]?.pid);
      expect(carol.keyHash).to.not.equal(alice.keyHash);
      await httpd.logged(new RegExp(`dump responder ${before[1]?.pid} drains`));
      expect(await stat(socketOf(httpd, 'bob')).catch(() => 'gone')).to.equal('gone');
    });

    it('keep process and key when the configuration stays', async () => {
      const before = await dump('/alice');
      await httpd.graceful();
      expect(await dump('/alice')).to.deep.include({ pid: before.pid, keyHash: before.keyHash });
    });

    it('are replaced when the error log was rotated', async () => {
      const { pid } = await dump('/carol');
      await rename(httpd.errorLog, `${httpd.errorLog}.1`);
      await httpd.graceful();
      expect((await dump('/carol')).pid).to.not.equal(pid);
    });

    it('leave no process and no socket behind when httpd stops', async () => {
      const pids = [(await dump('/alice')).pid, (await dump('/carol')).pid];
      const socket = socketOf(httpd, 'carol');
      await httpd.stop();
      for (const pid of pids) expect(await isRunning(pid)).to.equal(false);
      const refused = await new Promise((resolve) => {
        connect(socket).once('error', resolve).once('connect', resolve);
      });
      expect(refused).to.be.an('error');
    });
  });

  it('start no common responder where every place has a pool', async () => {
    const httpd = await bed.start(`${pools()}\n${place('/alice', 'WasmUsePool alice')}`);
    await dumpOf(httpd, '/alice');
    const socket = `${httpd.dir}/run/wasm-fcgi.${httpd.pid}.sock`;
    expect(await stat(socket).catch(() => 'none')).to.equal('none');
  });

  it('have places of their own beside WasmServer fcgid and others', async () => {
    const httpd = await bed.start(
      `WasmServer unix:/nowhere\n${pools()}\n${place('/alice', 'WasmUsePool alice')}`,
    );
    expect((await dumpOf(httpd, '/alice')).params).to.include({ WASM_MODULE: bed.at('a.wasm') });
  });

  it('are given up one by one: the failures of one are counted for that one', async () => {
    const httpd = await startHttpd({
      modules: modules(),
      config: `
        WasmCommand /bin/sh -c "case $0 in *bad*) exit 1;; *) exec ${bed.dump.join(' ')} --listen fd:0 --key-fd 3;; esac"
        WasmPool bad log-level=bad
        WasmPool good log-level=info
        ${place('/bad', 'WasmUsePool bad')}
        ${place('/good', 'WasmUsePool good')}`,
    });
    try {
      await httpd.logged(/WasmPool bad .*given up, its requests get 503/, 30_000);
      expect(await ask(httpd, '/bad')).to.include({ status: 503 });
      expect(await ask(httpd, '/good')).to.include({ status: 200 });
    } finally {
      await httpd.stop();
    }
  });

  it('sign with their own key what an .htaccess wires by hand to another', async () => {
    const httpd = await bed.start(
      `<Directory ${bed.at('docs/hand')}>
        AllowOverride All
        WasmUsePool alice
      </Directory>
      ${place('/common')}
      ${pools()}`,
    );
    const socket = `${httpd.dir}/run/wasm-fcgi.${httpd.pid}.sock`;
    await bed.write('docs/hand/x.wasm', Buffer.from('\0asm'));
    await bed.write(
      'docs/hand/.htaccess',
      `SetHandler "proxy:unix:${socket}|fcgi://x/"\nWasmModule x.wasm`,
    );
    const { params, keyHash } = await dumpOf(httpd, '/hand/x.wasm');
    expect(keyHash).to.equal((await dumpOf(httpd, '/common')).keyHash);
    expect(params['WASM_SIGNATURE']).to.not.equal(signatureOf(params));
  });

  /** [lines, what is said, line of the fault among them]; DIR is the bed */
  const FAULTS: [string, RegExp, number?][] = [
    ['WasmPool', /WasmPool : a name has 1 to 32 letters/],
    ['WasmPool a/b', /WasmPool a\/b: a name has 1 to 32 letters/],
    [`WasmPool ${'x'.repeat(33)}`, /a name has 1 to 32 letters/],
    ['WasmPool .', /a name has 1 to 32 letters/],
    ['WasmPool a\nWasmPool a', /WasmPool a: was defined already/, 2],
    ['WasmPool a user=no-such-user', /WasmPool a: no-such-user: there is no such user/],
    ['WasmPool a user=root', /WasmPool a: root: a pool does not run as root/],
    ['WasmPool a user=#0', /WasmPool a: #0: a pool does not run as root/],
    ['WasmPool a group=nogroup', /WasmPool a: group= needs user=/],
    ['WasmPool a user=nobody group=none-such', /WasmPool a: nobody: there is no such group/],
    ['WasmPool a user=nobody group=root', /WasmPool a: nobody: a pool does not run with root's/],
    ['WasmPool a user=nobody user=games', /WasmPool a: user=games: was given already/],
    ['WasmPool a workers', /WasmPool a: workers: an option is name=value/],
    ['WasmPool a workers=', /WasmPool a: workers=: an option is name=value/],
    ['WasmPool a --workers=2', /WasmPool a: --workers=2: an option is name=value/],
    ['WasmPool a listen=fd:0', /WasmPool a: listen=fd:0: listen is httpd's to say/],
    ['WasmPool a key-file=/x', /key-file is httpd's to say/],
    ['WasmUsePool a', /WasmUsePool a: there is no WasmPool of this name/],
    ['<Location /w>\nWasmUsePool a\n</Location>', /WasmUsePool a: there is no WasmPool/, 2],
    [
      '<VirtualHost *:*>\nWasmPool a\n</VirtualHost>',
      /WasmPool cannot occur within <VirtualHost>/,
      2,
    ],
    ['<Location /w>\nWasmPool a\n</Location>', /WasmPool not allowed in <Location> context/, 2],
  ];
  for (const [lines, expected, line = 1] of FAULTS) {
    it(`names file, line and reason for ${lines.replaceAll('\n', ', ').slice(0, 60)}`, async () => {
      const { ok, output, file, headLines } = await configtest({
        modules: modules(),
        config: lines,
      });
      expect(ok).to.equal(false);
      expect(output).to.include(`Syntax error on line ${headLines + line} of ${file}:`);
      expect(output).to.match(expected);
    });
  }

  it('need root for any other user: else a start-up error', async () => {
    const { ok, output } = await configtest({
      modules: modules(),
      config: 'WasmPool a user=nobody',
    });
    expect(ok).to.equal(IS_ROOT);
    if (!IS_ROOT)
      expect(output).to.match(/WasmPool a: nobody: only an httpd that is started as root/);
  });

  it('may not be used from an .htaccess', async () => {
    const httpd = await bed.start(
      `${pools()}\n<Directory ${bed.at('docs/not')}>\nAllowOverride All\n</Directory>`,
    );
    await bed.write('docs/not/.htaccess', 'WasmUsePool alice');
    expect(await ask(httpd, '/not/x')).to.include({ status: 500 });
    await httpd.logged(/WasmUsePool not allowed here/);
  });

  it('tell which module they lack', async () => {
    const { ok, output } = await configtest({ modules: [`wasm=${bed.so}`], config: 'WasmPool a' });
    expect(ok).to.equal(false);
    expect(output).to.match(/WasmPool needs mod_proxy: add its LoadModule line/);
  });
});
