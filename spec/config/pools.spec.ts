// [pool NAME] sections: what each responder gets, and what is wrong with them.

import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../lib/config/config.js';
import { hasPools, loadPools } from '../../lib/config/pools.js';
import type { ConfigSources } from '../../lib/config/sources.js';
import { ConfigError } from '../../lib/errors.js';

const ME = process.getuid?.() ?? 0;

const pool = (name: string, lines = ''): string =>
  `[pool ${name}]\nuser = nobody\ngroup = nogroup\nlisten = unix:DIR/${name}.sock\nkey-file = DIR/${name}.key\n${lines}\n`;

describe('loadPools', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pools-'));
    file = join(folder, 'wasm-fcgi.ini');
    for (const name of ['a', 'b']) {
      writeFileSync(join(folder, `${name}.key`), name.repeat(32), { mode: 0o600 });
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  const load = (text: string, more: ConfigSources = {}) => {
    writeFileSync(file, text.replaceAll('DIR', folder), { mode: 0o644 });
    return loadPools({ file, root: true, ...more });
  };
  const faults = (text: string, more: ConfigSources = {}): string[] => {
    try {
      load(text, more);
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown;
      return thrown.faults.map((line) => line.replaceAll(file, 'f.ini').replaceAll(folder, 'DIR'));
    }
    return [];
  };
  it('gives each pool its sockets, its key, and the options that were said for it', () => {
    const { pools, pidFile, logLevel } = load(
      `[server]\npid-file = /run/p\nlog-level = warn\nsocket-mode = 0600\n${pool('a', 'timeout = 90s\nsocket-group = 33\nlisten = 127.0.0.1:9001')}${pool('b')}`,
    );
    expect({ pidFile, logLevel }).to.deep.equal({ pidFile: '/run/p', logLevel: 'warn' });
    const id = ['--user=nobody', '--group=nogroup'];
    const identity = { user: 'nobody', group: 'nogroup' };
    expect(pools).to.deep.equal([
      {
        name: 'a',
        listen: [
          { kind: 'unix', path: `${folder}/a.sock`, mode: 0o600, gid: 33 },
          { kind: 'tcp', host: '127.0.0.1', port: 9_001 },
        ],
        key: Buffer.from('a'.repeat(32)),
        drainTimeoutMs: 30_000,
        words: [...id, '--log-level=warn', '--timeout=90s'],
        identity,
      },
      {
        name: 'b',
        listen: [{ kind: 'unix', path: `${folder}/b.sock`, mode: 0o600 }],
        key: Buffer.from('b'.repeat(32)),
        drainTimeoutMs: 30_000,
        words: [...id, '--log-level=warn'],
        identity,
      },
    ]);
  });

  it('takes what a pool says before the command line, and that before the sections for all', () => {
    const common =
      '[server]\nworkers = 1\nqueue = 1\nconnections = 1\npreload = /x\npreload = /y\n';
    const { pools } = load(`${common}${pool('a', 'connections = 3\npreload = /z')}${pool('b')}`, {
      flags: { queue: '2', connections: '2' },
    });
    const wordsOf = (index: number) => pools[index]?.words.slice(2);
    expect(wordsOf(0)).to.have.members([
      '--workers=1',
      '--queue=2',
      '--connections=3',
      '--preload=/z',
    ]);
    expect(wordsOf(1)).to.have.members([
      '--workers=1',
      '--queue=2',
      '--connections=2',
      '--preload=/x',
      '--preload=/y',
    ]);
  });

  it('writes every kind of value so that it reads back', () => {
    const said = [
      'workers = 7',
      'error-details = yes',
      'output = unlimited',
      'max-memory = 1G',
      'queue-timeout = 1500ms',
      'module-root = "/srv/a b"',
      'allow-unsigned = 1',
    ];
    const [a] = load(pool('a', said.join('\n'))).pools;
    expect(a?.words).to.include.members([
      '--workers=7',
      '--error-details=on',
      '--output=unlimited',
      '--max-memory=1GiB',
      '--queue-timeout=1500ms',
      '--module-root=/srv/a b',
      '--allow-unsigned=on',
    ]);
  });

  it('lets a user and a key be said for all of them', () => {
    const common = '[server]\nuser = nobody\ngroup = nogroup\n[trust]\nkey-file = DIR/a.key\n';
    const { pools } = load(`${common}[pool a]\nlisten = unix:/a\n[pool b]\nlisten = unix:/b`);
    expect(pools.map(({ key }) => String(key))).to.deep.equal(['a'.repeat(32), 'a'.repeat(32)]);
    expect(pools[1]?.words).to.deep.equal(['--user=nobody', '--group=nogroup']);
  });

  const A = 'f.ini:1: [pool a]';
  /** [text, faults, whether the server is root's] */
  const FAULTS: readonly [string, readonly string[], boolean?][] = [
    [
      '[pool a]',
      [
        `${A} listen is missing: unix:/run/NAME.sock`,
        `${A} user is missing: a pool does not run as root`,
        `${A} nobody to believe: give --key-file or --key-fd, or --allow-unsigned with --module-root`,
      ],
    ],
    [
      pool('a').replace('user = nobody\n', ''),
      [`${A} group needs a user`, `${A} user is missing: a pool does not run as root`],
    ],
    [pool('a').replace('user = nobody\ngroup = nogroup\n', ''), [], false],
    [pool('a').replace('nobody', 'root'), [`${A} user root: a pool does not run as root`]],
    [pool('a').replace('nobody', '0'), [`${A} user 0: a pool does not run as root`]],
    [pool('a').replace('nogroup', 'root'), [`${A} group 0: a pool does not run with root's group`]],
    [
      pool('a').replace('nobody\ngroup = nogroup', 'no-such-user'),
      [`${A} user no-such-user is not in /etc/passwd: check the name, or give a group too`],
    ],
    [
      pool('a', 'socket-group = no-such-group'),
      [`${A} socket-group no-such-group: there is no such group in /etc/group`],
    ],
    [
      pool('a').replace('nobody', 'games'),
      ME === 5
        ? []
        : [
            `${A} user games: only a server that root starts can become somebody else, this one is uid ${ME}`,
          ],
      false,
    ],
    [pool('a').replace('nobody', String(ME)), [], false],
    [
      pool('a') + pool('b').replace('DIR/b.sock', 'DIR//./a.sock'),
      ['f.ini:7: [pool b] listen unix:DIR/a.sock is of [pool a] already'],
    ],
    [
      pool('a', 'listen = 127.0.0.1:9000') + pool('b', 'listen = localhost:9000'),
      ['f.ini:7: [pool b] listen 127.0.0.1:9000 is of [pool a] already'],
    ],
    [
      pool('a').replace('unix:DIR/a.sock', 'fd:999'),
      [`${A} listen fd:999: there is no socket at descriptor 999`],
    ],
    [pool('a').replace('DIR/a.key', 'DIR/no.key'), [`${A} key-file DIR/no.key does not exist`]],
    [pool('a', 'timeout = 6m'), [`${A} timeout 6m must not be above max-timeout 5m`]],
    [pool('a', 'worker = 1'), ['f.ini:6: [pool a] has no option "worker"']],
    [
      `[server]\nlisten = unix:/x\n${pool('a')}`,
      [
        'listen cannot be given beside the [pool] sections of f.ini, which have their own; one responder alone needs another --config',
      ],
    ],
    [
      '[server]\nworkers = 1\n',
      ['f.ini: this process was started with [pool] sections: restart it to do without'],
    ],
  ];
  for (const [text, expected, root = true] of FAULTS) {
    it(`finds ${expected.join('; ') || 'nothing wrong'}`, () => {
      expect(faults(text, { root })).to.deep.equal(expected);
    });
  }

  it('takes no descriptors and no address on the command line', () => {
    const flags = { listen: ['unix:/x'], 'key-fd': '3', pool: 'a' };
    expect(faults(pool('a'), { flags })).to.deep.equal(
      ['listen', 'key-fd', 'pool'].map(
        (name) =>
          `${name} cannot be given beside the [pool] sections of f.ini, which have their own; one responder alone needs another --config`,
      ),
    );
  });

  it('leaves them to another server where httpd has started this one, alone', () => {
    load(`[limits]\ntimeout = 7s\n${pool('a', 'timeout = 9s')}${pool('b')}`);
    const flags = { listen: ['unix:/x'], 'serving-fd': '4', 'key-file': join(folder, 'a.key') };
    expect(hasPools({ file, flags })).to.equal(false);
    const { otherPools, limits } = loadConfig({ file, root: false, flags });
    expect({ otherPools, timeoutMs: limits.timeoutMs }).to.deep.equal({
      otherPools: ['a', 'b'],
      timeoutMs: 7_000,
    });
  });

  it('tells a file with pools from one without, and one responder reads no file with them', () => {
    load(pool('a'));
    expect(hasPools({ file })).to.equal(true);
    const flags = { listen: ['unix:/x'], 'key-file': join(folder, 'a.key') };
    expect(() => loadConfig({ file, root: false, flags })).to.throw(
      `${file}: this process was started without [pool] sections: restart it for these`,
    );
    writeFileSync(file, '[server]\n');
    expect(hasPools({ file })).to.equal(false);
    expect(hasPools({ file: `${file}x` })).to.equal(false);
  });
});
