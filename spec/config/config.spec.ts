// Ini file and command line become one Config, or a list of faults.

import { expect } from 'chai';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type ConfigSources } from '../../lib/config/config.js';
import { HOST_FORMS, parseHostRule } from '../../lib/config/hosts.js';
import { LIMIT_ROWS } from '../../lib/config/limitrows.js';
import { ConfigError } from '../../lib/errors.js';
import { NOBODY, forRoot } from '../root.js';

const KEY = '0123456789abcdef0123456789abcdef';

const faults = (run: () => unknown): readonly string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('loadConfig', () => {
  let folder = '';
  let keyFile = '';
  const write = (name: string, text: string | Buffer, mode = 0o640) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-fcgi-config-'));
    keyFile = write('key', `  ${KEY}\n`);
  });
  after(() => rmSync(folder, { recursive: true }));

  const load = (flags: Record<string, unknown>, more: ConfigSources = {}) =>
    loadConfig({
      root: false,
      flags: { listen: ['unix:/run/x.sock'], 'key-file': keyFile, ...flags },
      ...more,
    });

  it('has the documented defaults', () => {
    const config = load({});
    expect(config).to.deep.include({
      listen: [{ kind: 'unix', path: '/run/x.sock', mode: 0o660 }],
      queueLength: 128,
      queueTimeoutMs: 10_000,
      connections: 256,
      spoolBytes: 1_073_741_824,
      spoolDirectory: '/var/tmp',
      drainTimeoutMs: 30_000,
      logLevel: 'info',
      paramsBytes: 1_048_576,
      paramsTimeoutMs: 10_000,
      moduleBytes: 67_108_864,
      user: undefined,
      pidFile: undefined,
      limits: {
        timeoutMs: 30_000,
        cpuTimeMs: Infinity,
        memoryBytes: 268_435_456,
        tableElements: 100_000,
        openFiles: 128,
        fileBytes: 67_108_864,
        writtenBytes: 268_435_456,
        outputBytes: Infinity,
        stderrBytes: 65_536,
        bodyBytes: Infinity,
        outgoingRequests: 32,
        outgoingOpen: 4,
        outgoingConnectMs: 5_000,
        outgoingHeadMs: 15_000,
        outgoingIdleMs: 10_000,
        outgoingHeadBytes: 32_768,
        outgoingSentBytes: 16_777_216,
        outgoingReceivedBytes: 67_108_864,
      },
    });
    expect(config.workers).to.be.at.least(4);
    expect(config.trust).to.deep.equal({
      key: Buffer.from(KEY),
      allowUnsigned: false,
      moduleRoots: [],
      dirRoots: [],
      dirRootsReadOnly: [],
      allowedHosts: [],
      allowSymlinks: false,
      allowSystemDirs: false,
    });
  });

  it('lets signed params ask for all that an option takes, 5 minutes apart, and others lower only', () => {
    const { limits, ceilings } = load({});
    expect(ceilings.unsigned).to.deep.equal(limits);
    const most = LIMIT_ROWS.map(({ limit, ...row }) => [limit, 'max' in row ? row.max : Infinity]);
    const expected = { ...Object.fromEntries(most), timeoutMs: 300_000, cpuTimeMs: Infinity };
    expect(ceilings.signed).to.deep.equal(expected);
  });

  it('has a ceiling for each limit, which holds for the default and for unsigned params too', () => {
    for (const { name, limit, type } of LIMIT_ROWS) {
      const value = type === 'duration' ? '99ms' : name === 'memory' ? '64KiB' : '9';
      const { ceilings } = load({ [`max-${name}`]: value });
      const number = type === 'duration' ? 99 : name === 'memory' ? 65_536 : 9;
      expect([ceilings.signed[limit], ceilings.unsigned[limit]]).to.deep.equal([number, number]);
      const over = name === 'memory' ? '128KiB' : type === 'duration' ? '100ms' : '10';
      const both = { [`max-${name}`]: value, [name]: over };
      expect(faults(() => load(both))[0]).to.match(
        new RegExp(`^${name} \\w+ must not be above max-${name} \\w+$`),
      );
      expect(load({ ...both, [name]: value }).limits[limit]).to.equal(number);
    }
  });

  it('is frozen', () => {
    const config = load({});
    for (const value of [
      config,
      config.limits,
      config.ceilings.unsigned,
      config.trust,
      config.listen,
    ])
      expect(Object.isFrozen(value)).to.equal(true);
  });

  it('lets the command line win over the file, whole lists too', () => {
    const file = write(
      'a.ini',
      '[server]\nworkers = 7\nqueue = 1\nlisten = fd:9\nlisten = fd:8\n[trust]\nallow-unsigned = on\nmodule-root = /a\nmodule-root = /b/\u00e9/\n',
    );
    const config = load({ workers: '9', 'socket-mode': 600 }, { file });
    expect(config).to.deep.include({
      file,
      workers: 9,
      queueLength: 1,
      listen: [{ kind: 'unix', path: '/run/x.sock', mode: 0o600 }],
    });
    expect(config.trust.moduleRoots).to.deep.equal(['/a', '/b/\xc3\xa9']);
  });

  it('reads the file that --config names, and refuses one that is not there', () => {
    const config = write('b.ini', '[server]\nqueue = 3\n');
    expect(load({ config })).to.include({ file: config, queueLength: 3 });
    expect(faults(() => load({ config: `${config}x` }))).to.deep.equal([
      `${config}x does not exist`,
    ]);
  });

  it('reads the certificates of ca-file, and says what is wrong with them', () => {
    const pem = readFileSync('spec/outgoing/certificates/good.pem', 'utf8');
    const { certificates } = load({ 'ca-file': write('ca.pem', `a comment\n${pem}`) });
    expect(certificates)
      .to.match(/^-----BEGIN CERTIFICATE-----\n/)
      .and.not.include('PRIVATE');
    expect(faults(() => load({ 'ca-file': `${folder}/none.pem` }))).to.deep.equal([
      `ca-file ${folder}/none.pem does not exist`,
    ]);
    expect(faults(() => load({ 'ca-file': write('no.pem', 'text') }))).to.deep.equal([
      `ca-file ${folder}/no.pem holds no certificate in PEM`,
    ]);
    const broken = pem.replace(/^MII/m, 'MIX');
    expect(faults(() => load({ 'ca-file': write('bad.pem', broken) })).join()).to.match(
      /^ca-file \S+\/bad\.pem has a broken certificate: /,
    );
  });

  it('reads allow-host, and says what it accepts', () => {
    const given = ['https://*.example.org', 'GET http://10.0.0.1:*'];
    const { trust } = load({ 'allow-host': given });
    expect(trust.allowedHosts).to.deep.equal(given.map(parseHostRule));
    expect(faults(() => load({ 'allow-host': ['ftp://a'] }))).to.deep.equal([
      `--allow-host must be ${HOST_FORMS}, not "ftp://a"`,
    ]);
  });

  it('takes a relative path from the current directory, and passes over what is no option', () => {
    expect(load({ 'pid-file': 'a.pid', pidFile: 'x', _: [], $0: 'x' }).pidFile).to.equal(
      join(process.cwd(), 'a.pid'),
    );
  });

  it('reports all faults at once: file first, then command line, then what does not fit together', () => {
    const file = write('c.ini', '[server]\nnope = 1\n[limits]\ntimeout = ten\n');
    expect(
      faults(() =>
        load({ queue: '-1', workers: ['1', '2'], 'max-timeout': '1s' }, { file, root: true }),
      ),
    ).to.deep.equal([
      `${file}:2: [server] has no option "nope"`,
      `${file}:4: [limits] timeout must be 1ms..1h, not "ten"`,
      '--workers was given 2 times, it can be given once',
      '--queue must be 0..65536, not "-1"',
      'started as root: give --user, the user to run as',
      'timeout 30s must not be above max-timeout 1s',
    ]);
  });

  for (const [user, ok] of [
    ['www-data', true],
    ['33', true],
    ['root', false],
    ['0', false],
  ] as const) {
    it(`${ok ? 'takes' : 'refuses'} user ${user} when started as root`, () => {
      expect(faults(() => load({ user }, { root: true }))).to.deep.equal(
        ok ? [] : ['user must not be root'],
      );
    });
  }

  describe('says where to listen', () => {
    it('takes no descriptor that is no socket', () => {
      const fd = openSync('/dev/null', 'r');
      expect(faults(() => load({ listen: [`fd:${fd}`] }))).to.deep.equal([
        `listen fd:${fd}: there is no socket at descriptor ${fd}`,
      ]);
      closeSync(fd);
      expect(faults(() => load({ listen: ['fd:999'] }))).to.have.length(1);
    });
    it('takes the place of nothing where standard input is no socket', function () {
      // A test runner may itself be started with a socket as standard input.
      const found = faults(() => loadConfig({ root: false, flags: { 'key-file': keyFile } }));
      expect(found.every((fault) => fault.startsWith('nowhere to listen: give --listen'))).to.equal(
        true,
      );
    });
  });

  describe('knows whom to believe', () => {
    const none = { 'key-file': undefined };
    it('wants a key or allow-unsigned', () => {
      expect(faults(() => load(none))).to.deep.equal([
        'nobody to believe: give --key-file or --key-fd, or --allow-unsigned with --module-root',
      ]);
      expect(faults(() => load({ ...none, 'allow-unsigned': false }))).to.deep.equal([
        'nobody to believe: allow-unsigned is off, and there is no key-file',
      ]);
    });
    it('wants a module-root for allow-unsigned', () => {
      expect(faults(() => load({ 'allow-unsigned': true }))).to.deep.equal([
        'allow-unsigned needs a module-root: without one every unsigned request is refused',
      ]);
      expect(load({ ...none, 'allow-unsigned': true, 'module-root': '/srv' }).trust).to.include({
        key: undefined,
        allowUnsigned: true,
      });
    });
    it('reads a key from a descriptor, to its end, and closes it', () => {
      const fd = openSync(write('fdkey', `${KEY}ff\n`), 'r');
      expect(load({ 'key-fd': String(fd) }).trust.key?.toString()).to.equal(`${KEY}ff`);
      expect(faults(() => load({ 'key-fd': String(fd) }))[0]).to.match(
        /^key-fd \d+ cannot be read: EBADF/,
      );
    });
    it('keeps a key that was read before', () => {
      const key = Buffer.from(KEY);
      expect(load({ ...none, 'key-fd': '999' }, { key }).trust.key).to.equal(key);
    });
    for (const [what, text, fault] of [
      ['a key of 31 characters', ` ${KEY.slice(1)}\n`, /must hold at least 32 characters, not 31$/],
      ['an empty key', '', /not 0$/],
      ['a key that Apache would cut', 'x'.repeat(4_001), /must be at most 4000 bytes, not 4001$/],
      ['a key with NUL', `${KEY}\0${KEY}`, /without NUL$/],
    ] as const) {
      it(`refuses ${what}`, () =>
        expect(faults(() => load({ 'key-file': write('k', text) })).join()).to.match(fault));
    }
    it('refuses a key that is not there', () =>
      expect(faults(() => load({ 'key-file': `${keyFile}x` })).join()).to.match(/does not exist$/));
    it('refuses a directory for a key', () =>
      expect(faults(() => load({ 'key-file': folder })).join()).to.match(/is not a regular file$/));
  });

  describe('reads only files that nobody else could have written', () => {
    for (const [mode, key, ini] of [
      [0o600, '', ''],
      [0o640, '', ''],
      [0o644, 'may be read by everybody (mode 0644): chmod o-r', ''],
      [
        0o602,
        'may be written by everybody (mode 0602): chmod o-w',
        'may be written by everybody (mode 0602): chmod o-w',
      ],
    ] as const) {
      it(`mode ${mode.toString(8)}: key ${key === '' ? 'taken' : 'refused'}, ini ${ini === '' ? 'taken' : 'refused'}`, () => {
        const path = write('mode', KEY, mode);
        expect(faults(() => load({ 'key-file': path }))).to.deep.equal(
          key === '' ? [] : [`${path} ${key}`],
        );
        const file = write('mode.ini', '[server]\n', mode);
        expect(faults(() => load({}, { file }))).to.deep.equal(
          ini === '' ? [] : [`${file} ${ini}`],
        );
      });
    }
    forRoot('refuses a key and an ini of somebody else', () => {
      const owned = `belongs to uid ${NOBODY}; it must belong to root or to uid 0`;
      const key = write('theirs', KEY);
      chownSync(key, NOBODY, NOBODY);
      expect(faults(() => load({ 'key-file': key }))).to.deep.equal([`${key} ${owned}`]);
      const file = write('theirs.ini', '[server]\n');
      chownSync(file, NOBODY, NOBODY);
      expect(faults(() => load({}, { file }))).to.deep.equal([`${file} ${owned}`]);
    });
    it('refuses an ini that is not UTF-8', () => {
      const file = write('latin.ini', Buffer.from([0x5b, 0xff]));
      expect(faults(() => load({}, { file }))).to.deep.equal([`${file} is not UTF-8`]);
    });
  });
});
