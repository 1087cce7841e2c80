// Two tenants behind one httpd, their responders supervised by `wasm-fcgi serve` with pools.

import { expect } from 'chai';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildModule } from '../../apache/build.js';
import { type Httpd, startHttpd } from '../../apache/httpd.js';
import { accountOf } from '../../lib/config/accounts.js';
import { IS_ROOT, forRoot } from '../root.js';
import { type Pools, USERS, startPools } from '../supervise/pools.js';
import { ask } from './bed.js';
import { FILL, print, printTwice } from './guests.js';
import { underLoad } from './load.js';

const TENANTS = ['alice', 'bob'] as const;
/** httpd's User, who is neither of the two. */
const USER = 'nobody';
const COMMON = IS_ROOT ? '[server]\nsocket-group = nogroup\n' : '';

describe('apache: tenants behind a server with pools', () => {
  let pools: Pools;
  let httpd: Httpd;

  before(async () => {
    pools = await startPools(({ section }) => COMMON + section('alice') + section('bob'));
    const { program, directory } = pools;
    await program.guest('hello.wasm', print('hello\n'));
    await program.guest('slow.wasm', printTwice('slow ', 500, 'but whole\n'));
    await program.guest('fill.wasm', FILL);
    for (const tenant of TENANTS) {
      const home = join(directory, tenant);
      await mkdir(home);
      const account = accountOf(USERS[tenant] ?? '');
      if (account !== undefined) await chown(home, account.uid, account.gid);
      await chmod(home, 0o700);
    }
    httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${await buildModule()}`],
      user: USER,
      config: TENANTS.map(host).join('\n'),
    });
  });
  after(async () => {
    await httpd.stop();
    await pools.program.clear();
  });

  /** The administrator wrote the last two: what tenants may do is not what holds here, but users. */
  const host = (tenant: string): string => {
    const { directory, socketOf, keyFileOf } = pools;
    const place = (url: string, module: string, line = ''): string =>
      `<Location ${url}>\nSetHandler wasm-handler\nWasmModule ${directory}/${module}.wasm\n${line}\n</Location>`;
    return `<VirtualHost *:*>
      ServerName ${tenant}.test
      WasmServer unix:${socketOf(tenant)}
      WasmKeyFile ${keyFileOf(tenant)}
      ${place(`/${tenant}`, 'hello')}
      ${place('/slow', 'slow')}
      ${TENANTS.map((owner) => place(`/into/${owner}`, 'fill', `WasmMapDir / ${directory}/${owner}`)).join('\n')}
    </VirtualHost>`;
  };
  const bodyOf = async (tenant: string, url: string): Promise<string> =>
    (await ask(httpd, url, { host: `${tenant}.test` })).text;

  it('are answered by their own responder, each signed with its own key', async () => {
    for (const tenant of TENANTS) expect(await bodyOf(tenant, `/${tenant}`)).to.equal('hello\n');
    expect(pools.program.log).to.not.include('FORGED');
    for (const tenant of TENANTS) await pools.program.logged(`module-compiled pool=${tenant} `);
  });

  forRoot('reach their own files, and not each other’s, even where httpd maps them', async () => {
    const EACCES = '02';
    expect(await bodyOf('alice', '/into/alice')).to.equal('00');
    expect(await bodyOf('bob', '/into/bob')).to.equal('00');
    expect(await bodyOf('alice', '/into/bob')).to.equal(EACCES);
    expect(await bodyOf('bob', '/into/alice')).to.equal(EACCES);
  });

  // The load has no Host: it goes to the first virtual host, alice's.
  it('lose nothing when the other’s responder is killed, and little when their own is', async () => {
    const { program } = pools;
    const [alice, bob] = TENANTS.map((tenant) => pools.pidOf(tenant));
    const other = await underLoad(httpd, '/alice', async () => {
      process.kill(bob ?? 0, 'SIGKILL');
      await program.logged('pool-ended pool=bob');
      expect(await bodyOf('bob', '/bob')).to.equal('hello\n');
    });
    expect(other).to.include({ failed: 0 });
    const own = await underLoad(httpd, '/alice', async () => {
      process.kill(alice ?? 0, 'SIGKILL');
      await program.logged('pool-ended pool=alice');
    });
    // What it had, and what went down connections that httpd kept, and that are not closed all at once.
    expect(own.failed).to.be.at.most(2 * own.parallel);
    expect(await bodyOf('bob', '/bob')).to.equal('hello\n');
  });

  it('lose nothing when SIGHUP replaces a responder: neither what it has, nor the other’s', async () => {
    const { section, program } = pools;
    const [alice, bob] = TENANTS.map((tenant) => pools.pidOf(tenant));
    const slow = bodyOf('bob', '/slow');
    await program.logged('slow.wasm');
    const load = await underLoad(httpd, '/alice', async () => {
      await pools.reload(COMMON + section('alice') + section('bob', 'workers = 3'));
      await program.logged('stopped pool=bob');
    });
    expect(load.wrong).to.deep.equal([]);
    expect(load).to.include({ failed: 0 });
    expect(await slow).to.equal('slow but whole\n');
    expect(await bodyOf('bob', '/bob')).to.equal('hello\n');
    expect(pools.pidOf('alice')).to.equal(alice);
    expect(pools.pidOf('bob')).to.not.equal(bob);
  });
});
