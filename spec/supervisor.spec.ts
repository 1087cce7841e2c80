// `serve` with [pool] sections: a responder for each, which is nothing to the others.

import { expect } from 'chai';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import { isRunning } from '../apache/httpd.js';
import { accountOf } from '../lib/config/accounts.js';
import { FILL, print, printTwice } from './apache/guests.js';
import { paramsOf, signed } from './config/params.js';
import { Client } from './fcgi/client.js';
import { KEEP, request } from './fcgi/wire.js';
import { freezeSpinning, whyNotFrozen } from './freeze.js';
import { runCommand, startCommand } from './program.js';
import { IS_ROOT, forRoot } from './root.js';
import { type Pools, USERS, idsOf, keyOf, listeningPaths, startPools } from './supervise/pools.js';

const FOREVER = print('', '(loop (br 0))');

async function gone(pid: number): Promise<void> {
  while (await isRunning(pid)) await turn();
}

const both = ({ section }: Pick<Pools, 'section'>): string =>
  `[limits]\ntimeout = 5s\n${section('alice', 'workers = 2')}${section('bob')}`;

describe('wasm-fcgi serve with pools', () => {
  let pools: Pools;
  let hello: string;
  let slow: string;
  const start = async (ini: Parameters<typeof startPools>[0]): Promise<void> => {
    pools = await startPools(ini);
    hello = await pools.program.guest('hello.wasm', print('hello\n'));
    slow = await pools.program.guest('slow.wasm', printTwice('slow ', 500, 'but whole\n'));
  };
  afterEach(() => pools.program.clear());

  it('runs a responder for each pool, with its options, its socket, its key and nothing else', async () => {
    await start(both);
    const { program, pidOf, socketOf } = pools;
    for (const pool of ['alice', 'bob']) {
      expect((await pools.ask(pool, { module: hello })).stdout).to.match(/hello\n$/);
      expect(await listeningPaths(pidOf(pool))).to.deep.equal([socketOf(pool)]);
      const environment = await readFile(`/proc/${pidOf(pool)}/environ`, 'utf8').catch(
        () => 'PATH=',
      );
      expect(environment).to.match(/^PATH=[^\0]*\0?$/);
    }
    const [alice, bob] = await Promise.all(
      ['alice', 'bob'].map((pool) => readFile(`/proc/${pidOf(pool)}/cmdline`, 'utf8')),
    );
    expect(alice)
      .to.include('--workers=2')
      .and.include('--timeout=5s')
      .and.not.include(keyOf('alice'));
    expect(bob).to.include('--timeout=5s').and.not.include('--workers');
    expect(await listeningPaths(program.child.pid ?? 0)).to.have.members(
      ['alice', 'bob'].map(socketOf),
    );
    expect(program.log).to.match(/listening pool=alice address=fd:5 workers=2/);
  });

  it('believes in a pool what its own key signed, and no other', async () => {
    await start(both);
    const entries = Object.fromEntries(
      signed(paramsOf({ module: hello }), Buffer.from(keyOf('bob'))),
    );
    const client = await Client.connect(`unix:${pools.socketOf('alice')}`);
    client.send(request(1, { entries }));
    expect((await client.answer(1)).stdout).to.match(/^Status: 403 /);
    await pools.program.logged('code=FORGED');
    expect(pools.program.log).to.match(/request-failed pool=alice .*code=FORGED/);
    client.close();
  });

  it('gives each the user and group of its own, and keeps its own', async () => {
    await start(both);
    const own = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
    for (const pool of ['alice', 'bob']) {
      await pools.ask(pool, { module: hello });
      const user = USERS[pool];
      const { uid, gid } = (user === undefined ? undefined : accountOf(user)) ?? own;
      const { Uid, Gid, Groups } = await idsOf(pools.pidOf(pool));
      expect(Uid).to.deep.equal([uid, uid, uid, uid]);
      expect(Gid).to.deep.equal([gid, gid, gid, gid]);
      if (IS_ROOT) expect(Groups).to.deep.equal([gid]);
    }
    expect((await idsOf(pools.program.child.pid ?? 0)).Uid[0]).to.equal(own.uid);
  });

  forRoot('keeps the files of a pool’s user from all others', async () => {
    await start(both);
    for (const pool of ['alice', 'bob']) {
      const directory = join(pools.directory, pool);
      await mkdir(directory);
      const { uid, gid } = accountOf(USERS[pool] ?? '') ?? { uid: -1, gid: -1 };
      await chown(directory, uid, gid);
      await chmod(directory, 0o700);
    }
    const module = await pools.program.guest('fill.wasm', FILL);
    const errno = async (pool: string, owner: string): Promise<string> => {
      const preopens = [{ guest: '/', host: join(pools.directory, owner), readOnly: false }];
      return (await pools.ask(pool, { module, preopens })).stdout.slice(-2);
    };
    expect([await errno('alice', 'alice'), await errno('bob', 'bob')]).to.deep.equal(['00', '00']);
    const EACCES = '02';
    expect([await errno('alice', 'bob'), await errno('bob', 'alice')]).to.deep.equal([
      EACCES,
      EACCES,
    ]);
  });

  it('starts a killed one again: the others do not notice, and what waits is answered', async () => {
    await start(both);
    const bob = pools.pidOf('bob');
    const alice = pools.pidOf('alice');
    const others = pools.underLoad('bob', hello, () => pools.program.logged('pool-ended'));
    const own = await pools.underLoad('alice', hello, async () => {
      process.kill(alice, 'SIGKILL');
      await pools.program.logged('pool-started pool=alice', 2);
    });
    // Those that it had taken; there are four clients.
    expect(own.failed).to.be.at.most(4);
    expect(await others).to.include({ failed: 0 });
    expect(pools.pidOf('bob')).to.equal(bob);
    expect(await isRunning(bob)).to.equal(true);
  });

  it('holds who connects while none runs', async () => {
    await start(both);
    await pools.ask('alice', { module: hello });
    // A stopped one accepts nobody: these are in the backlog when it is killed.
    process.kill(pools.pidOf('alice'), 'SIGSTOP');
    const waiting = Array.from({ length: 20 }, () => pools.ask('alice', { module: hello }));
    for (let turns = 0; turns < 50; turns += 1) await turn();
    process.kill(pools.pidOf('alice'), 'SIGKILL');
    for (const { stdout } of await Promise.all(waiting)) expect(stdout).to.match(/hello\n$/);
  });

  it('touches no other pool when one stands still', async () => {
    await start(both);
    process.kill(pools.pidOf('alice'), 'SIGSTOP');
    expect((await pools.ask('bob', { module: hello })).stdout).to.match(/hello\n$/);
    process.kill(pools.pidOf('alice'), 'SIGCONT');
    expect((await pools.ask('alice', { module: hello })).stdout).to.match(/hello\n$/);
  });

  const STUCK = 'replaces one whose thread cannot be ended; all that it has is answered';
  const obstacle = whyNotFrozen(0);
  if (obstacle !== undefined) it(`${STUCK} (not tried: ${obstacle})`);
  else
    it(STUCK, async () => {
      await start(({ section }) => section('alice', 'workers = 1') + section('bob'));
      const { program } = pools;
      const [old, bob] = [pools.pidOf('alice'), pools.pidOf('bob')];
      const module = await program.guest('loop.wasm', FOREVER);
      const loop = pools.ask('alice', { module, timeoutMs: 2_000 });
      const frozen = await freezeSpinning(old);
      try {
        // These wait for the one worker, which stands still until its time is over and for ever after.
        const queued = Array.from({ length: 3 }, () => pools.ask('alice', { module: slow }));
        expect((await loop).stdout).to.match(/^Status: 504 /);
        await program.logged('pool-left pool=alice');
        expect(program.log).to.match(/thread-stuck pool=alice /);
        expect((await pools.ask('alice', { module: hello })).stdout).to.match(/hello\n$/);
        expect(pools.pidOf('alice')).to.not.equal(old);
        for (const { stdout } of await Promise.all(queued)) {
          expect(stdout).to.match(/slow but whole\n$/);
        }
        await gone(old);
        expect(pools.pidOf('bob')).to.equal(bob);
        expect(program.log).to.not.include('pool-ended');
      } finally {
        await frozen.thaw();
      }
    });

  it('gives up one that cannot start, removes its socket, and starts it again at SIGHUP', async () => {
    await start(({ section }) => section('alice') + section('bob'));
    const { program } = pools;
    for (let deaths = 1; deaths <= 5; deaths += 1) {
      await program.logged('pool-started pool=alice', deaths);
      process.kill(pools.pidOf('alice'), 'SIGKILL');
    }
    await program.logged('pool-given-up');
    expect(
      program.log.match(/(?<=pool-ended pool=alice .*how=SIGKILL pauseMs=)\d+/g),
    ).to.deep.equal(['0', '1000', '2000', '4000']);
    while (existsSync(pools.socketOf('alice'))) await turn();
    expect((await pools.ask('bob', { module: hello })).stdout).to.match(/hello\n$/);
    await pools.reload(pools.section('alice') + pools.section('bob'));
    expect((await pools.ask('alice', { module: hello })).stdout).to.match(/hello\n$/);
  });

  it('adds, removes, keeps and replaces pools at SIGHUP, and loses no request of the kept and replaced', async () => {
    await start(both);
    const { section, program } = pools;
    const [alice, bob] = [pools.pidOf('alice'), pools.pidOf('bob')];
    const held = await Client.connect(`unix:${pools.socketOf('alice')}`);
    const params = signed(paramsOf({ module: slow }), Buffer.from(keyOf('alice')));
    held.send(request(1, { flags: KEEP, entries: Object.fromEntries(params) }));
    const kept = pools.underLoad('bob', hello, () => program.logged(' reloaded '));
    const replaced = await pools.underLoad('alice', hello, () =>
      pools.reload(
        `[limits]\ntimeout = 5s\n${section('alice', 'workers = 3')}${section('bob')}${section('carol')}`,
      ),
    );
    expect(replaced).to.include({ failed: 0 });
    expect(await kept).to.include({ failed: 0 });
    expect((await held.answer(1)).stdout).to.match(/slow but whole\n$/);
    held.close();
    await gone(alice);
    expect(pools.pidOf('alice')).to.not.equal(alice);
    expect(pools.pidOf('bob')).to.equal(bob);
    expect((await pools.ask('carol', { module: hello })).stdout).to.match(/hello\n$/);

    const left = await pools.underLoad('alice', hello, () =>
      pools.reload(`[limits]\ntimeout = 5s\n${section('alice', 'workers = 3')}`),
    );
    expect(left).to.include({ failed: 0 });
    await gone(bob);
    expect(existsSync(pools.socketOf('bob'))).to.equal(false);
    expect(program.log).to.not.include('pool-ended');
  });

  it('replaces a pool whose key has changed', async () => {
    await start(both);
    const before = pools.pidOf('alice');
    await writeFile(pools.keyFileOf('alice'), `${keyOf('alice')}, a newer one`);
    await pools.reload(both(pools));
    expect(pools.pidOf('alice')).to.not.equal(before);
    expect((await pools.ask('alice', { module: hello })).stdout).to.match(/^Status: 403 /);
  });

  it('refuses a reload with a fault, and changes nothing', async () => {
    await start(both);
    const pids = ['alice', 'bob'].map((pool) => pools.pidOf(pool));
    const { section, program, directory } = pools;
    const refused = [
      ['', 'this process was started with [pool] sections: restart it to do without'],
      [section('alice', 'worker = 1'), '[pool alice] has no option \\"worker\\"'],
      [
        `${both(pools)}${section('carol').replace(/unix:.*/, `unix:${directory}/nowhere/x`)}`,
        `directory ${directory}/nowhere must exist`,
      ],
    ] as const;
    for (const [index, [text, fault]] of refused.entries()) {
      await writeFile(join(directory, 'wasm-fcgi.ini'), text);
      program.child.kill('SIGHUP');
      await program.logged('reload-refused', index + 1);
      expect(
        program.log.split('\n').findLast((line) => line.includes('reload-refused')),
      ).to.include(fault);
    }
    expect(['alice', 'bob'].map((pool) => pools.pidOf(pool))).to.deep.equal(pids);
    expect((await pools.ask('bob', { module: hello })).stdout).to.match(/hello\n$/);
  });

  it('lets all finish at SIGTERM, then ends with 0 and leaves no process, socket or pid file', async () => {
    await start((at) => `[server]\npid-file = ${at.directory}/pid\n${both(at)}`);
    const { program, directory, socketOf } = pools;
    expect(await readFile(`${directory}/pid`, 'utf8')).to.equal(`${program.child.pid}\n`);
    const pids = ['alice', 'bob'].map((pool) => pools.pidOf(pool));
    await pools.ask('alice', { module: hello });
    const last = pools.ask('alice', { module: slow });
    await program.logged('slow.wasm');
    expect(await program.stop()).to.equal(0);
    expect((await last).stdout).to.match(/slow but whole\n$/);
    for (const pid of pids) expect(await isRunning(pid)).to.equal(false);
    for (const path of [socketOf('alice'), socketOf('bob'), `${directory}/pid`]) {
      expect(existsSync(path), path).to.equal(false);
    }
  });

  it('ends what runs too long when the drain-timeout of its pool is over', async () => {
    await start(({ section }) => section('alice', 'timeout = 1m\ndrain-timeout = 200ms'));
    const loop = await pools.program.guest('loop.wasm', FOREVER);
    const cut = pools.ask('alice', { module: loop }).catch(() => 'cut');
    await pools.program.logged('loop.wasm');
    expect(await pools.program.stop()).to.equal(0);
    expect(await cut).to.equal('cut');
  });

  it('leaves no responder behind when it is killed, and starts over on the same sockets', async () => {
    await start(both);
    const pids = ['alice', 'bob'].map((pool) => pools.pidOf(pool));
    await Promise.all(['alice', 'bob'].map((pool) => pools.ask(pool, { module: hello })));
    pools.program.child.kill('SIGKILL');
    await once(pools.program.child, 'exit');
    for (const pid of pids) await gone(pid);
    expect(statSync(pools.socketOf('alice')).isSocket()).to.equal(true);
    const next = await startCommand(pools.directory, pools.command, '');
    try {
      expect((await pools.ask('alice', { module: hello })).stdout).to.match(/hello\n$/);
    } finally {
      await next.clear();
    }
  });
});

describe('wasm-fcgi serve with faults in its pools', () => {
  it('names them all, starts nothing and exits with 2', async () => {
    const directory = await mkdtemp('/tmp/wasm-pools-');
    const file = join(directory, 'f.ini');
    await writeFile(
      file,
      `[pool a]\nlisten = unix:${directory}/a\n[pool b]\nlisten = unix:${directory}/a\nworkers = 0\n[pool .]\n`,
    );
    const { status, stderr } = runCommand(['serve', '--config', file]);
    expect(status).to.equal(2);
    const lines = stderr.replaceAll(file, 'f.ini').trimEnd().split('\n');
    expect(lines).to.include.members([
      'wasm-fcgi: f.ini:5: [pool b] workers must be 1..1024, not "0"',
      'wasm-fcgi: f.ini:6: [pool .]: a name has 1 to 32 letters, digits, - and _, and starts with a letter or digit',
      'wasm-fcgi: f.ini:1: [pool a] nobody to believe: give --key-file or --key-fd, or --allow-unsigned with --module-root',
      `wasm-fcgi: f.ini:3: [pool b] listen unix:${directory}/a is of [pool a] already`,
    ]);
    expect(
      lines.some((line) => line.endsWith('user is missing: a pool does not run as root')),
    ).to.equal(IS_ROOT);
    expect(existsSync(join(directory, 'a'))).to.equal(false);
    await rm(directory, { recursive: true });
  });
});
