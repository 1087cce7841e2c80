// Who may ask for what.

import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Trust } from '../../lib/config/config.js';
import type { Directives } from '../../lib/config/directives.js';
import { LIMIT_ROWS } from '../../lib/config/limitrows.js';
import { Policy } from '../../lib/config/policy.js';
import { VerifiedResults } from '../../lib/config/verified.js';
import { RequestError } from '../../lib/errors.js';
import type { HostRule, Limits } from '../../lib/run.js';
import { KEY, paramsOf, signed } from './params.js';

const LIMITS: Limits = {
  timeoutMs: 30_000,
  cpuTimeMs: Infinity,
  memoryBytes: 65_536,
  tableElements: 100_000,
  openFiles: 8,
  fileBytes: 1,
  writtenBytes: 1,
  outputBytes: 1,
  stderrBytes: 1,
  bodyBytes: Infinity,
  outgoingRequests: 32,
  outgoingOpen: 4,
  outgoingConnectMs: 5_000,
  outgoingHeadMs: 15_000,
  outgoingIdleMs: 10_000,
  outgoingHeadBytes: 32_768,
  outgoingSentBytes: 16_777_216,
  outgoingReceivedBytes: 67_108_864,
};
const CEILINGS: Limits = { ...LIMITS, timeoutMs: 60_000, memoryBytes: 131_072 };
const CLOSED: Trust = {
  key: KEY,
  allowUnsigned: false,
  moduleRoots: [],
  dirRoots: [],
  dirRootsReadOnly: [],
  allowedHosts: [],
  allowSymlinks: false,
  allowSystemDirs: false,
};
const OPEN: Trust = {
  ...CLOSED,
  allowUnsigned: true,
  moduleRoots: ['/srv/wasm', '/srv/wasm/deep'],
  dirRoots: ['/srv/rw'],
  dirRootsReadOnly: ['/srv/ro'],
};
const policy = (trust: Partial<Trust> = {}, limits: Partial<Limits> = {}) =>
  new Policy({
    trust: { ...CLOSED, ...trust },
    limits: { ...LIMITS, ...limits },
    ceilings: { signed: CEILINGS, unsigned: LIMITS },
  });
const MODULE = { module: '/srv/wasm/m.wasm' };
const dir = (host: string, readOnly = false) => ({ guest: host, host, readOnly });

const timeoutMs = (params: object) =>
  policy().admit(signed(paramsOf({ ...MODULE, ...params }))).limits.timeoutMs;

const giving = (host: string) =>
  signed(paramsOf({ ...MODULE, preopens: [{ guest: '/g', host, readOnly: true }] }));

const admit = (directives: object, trust: Partial<Trust> = OPEN) =>
  policy(trust).admit(paramsOf({ ...MODULE, ...directives }));

const hostsOf = (hosts: Directives['hosts'], allowedHosts: HostRule[] = []) =>
  policy({ allowedHosts }).admit(signed(paramsOf({ ...MODULE, hosts }))).hosts;

const script = (name: string, more: [string, string][] = []) =>
  new Map([['SCRIPT_FILENAME', name], ...more]);

const entries = (value: string) => [['WASM_A', value]] as const;

function refuses(run: () => unknown, code: string, message = /./): void {
  const status = code === 'BAD_PARAMS' ? 500 : 403;
  expect(run).to.throw(RequestError, message).and.to.include({ code, status });
}

const UID = process.getuid?.() ?? 0;
const keeping = (snapshotDirectory?: string, allowSystemDirs = false): Policy =>
  new Policy({
    trust: { ...OPEN, allowSystemDirs },
    limits: LIMITS,
    ceilings: { signed: CEILINGS, unsigned: LIMITS },
    spoolDirectory: '/var/spool',
    snapshotDirectory,
  });
const grants = (host: string, from: Policy): number => from.admit(giving(host)).preopens.length;

describe('Policy', () => {
  describe('of signed params', () => {
    it('grants what was signed: argv, limits, directories in order', () => {
      const preopens = [
        dir('/srv/a'),
        { guest: '/', host: '/home/x', readOnly: true, below: '/home' },
      ];
      const grant = policy().admit(
        signed(paramsOf({ ...MODULE, args: ['a'], preopens, timeoutMs: 5 })),
      );
      expect(grant).to.deep.include({
        signed: true,
        argv: ['m.wasm', 'a'],
        preopens,
        limits: { ...LIMITS, timeoutMs: 5 },
      });
    });

    it('lowers a limit to the ceiling, and has a default', () => {
      expect([
        timeoutMs({ timeoutMs: 60_000 }),
        timeoutMs({ timeoutMs: 60_001 }),
        timeoutMs({}),
      ]).to.deep.equal([60_000, 60_000, 30_000]);
    });

    it('grants each limit that is asked for, at, under and over its ceiling', () => {
      for (const { limit, name } of LIMIT_ROWS) {
        const step = name === 'memory' ? 65_536 : 1;
        const most = name === 'open-files' ? 20 : 4 * step;
        const ceiling = { ...CEILINGS, [limit]: most };
        for (const [asked, granted] of [
          [most - step, most - step],
          [most, most],
          [most + step, most],
        ] as const) {
          const params = signed(paramsOf({ ...MODULE, limits: { [limit]: asked } }));
          const config = { trust: CLOSED, limits: LIMITS };
          const one = new Policy({ ...config, ceilings: { signed: ceiling, unsigned: LIMITS } });
          expect(one.admit(params).limits).to.deep.equal({ ...LIMITS, [limit]: granted });
        }
      }
    });

    it('lets a .htaccess lower what would hold without it, asked for or default', () => {
      for (const [asked, lower, granted] of [
        [40_000, 39_999, 39_999],
        [40_000, 40_000, 40_000],
        [40_000, 40_001, 40_000],
        [undefined, 29_999, 29_999],
        [undefined, 30_001, 30_000],
        [99_999, 70_000, 60_000],
      ] as const) {
        const directives = { timeoutMs: asked, lower: { timeoutMs: lower } };
        expect(timeoutMs(directives), JSON.stringify(directives)).to.equal(granted);
      }
    });

    it('gives the same frozen grant again, whatever file and query the request has', () => {
      const one = policy();
      const params = signed(
        paramsOf({ ...MODULE, args: ['a'], env: [['A', 'b']], preopens: [dir('/srv/a')] }),
      );
      const first = one.admit(params);
      const again = one.admit(
        new Map([
          ['QUERY_STRING', 'x'],
          ...[...params].toReversed(),
          ['WASM_SCRIPT_FILENAME', '/x'],
        ]),
      );
      expect(again).to.equal(first);
      for (const value of [
        first,
        first.argv,
        first.env,
        first.env[0],
        first.preopens,
        first.preopens[0],
        first.limits,
      ]) {
        expect(Object.isFrozen(value)).to.equal(true);
      }
    });

    it('refuses any altered, missing, added or renamed param, before and after the signature was seen', () => {
      const params = signed(
        paramsOf({
          ...MODULE,
          args: ['a', 'b=c'],
          env: [['A', 'b']],
          preopens: [dir('/srv/a', true)],
        }),
      );
      const names = [...params.keys()].filter((name) => name !== 'WASM_SIGNATURE');
      const seen = policy();
      seen.admit(params);
      const alter = fc.oneof(
        fc
          .record({
            name: fc.constantFrom(...names),
            value: fc.string({ unit: 'binary-ascii', maxLength: 3 }),
          })
          .map(({ name, value }) => new Map(params).set(name, value)),
        fc
          .constantFrom(...names)
          .map((name) => new Map([...params].filter(([other]) => other !== name))),
        fc
          .constantFrom('WASM_ARG_2', 'WASM_LIMIT_TIMEOUT', 'WASM_X', 'WASM_', 'WASM_ARG_1=b')
          .map((name) => new Map(params).set(name, '1')),
        fc
          .constantFrom(...names)
          .map(
            (name) =>
              new Map(
                [...params].map(
                  ([other, value]) => [other === name ? `${name}_` : other, value] as const,
                ),
              ),
          ),
        fc
          .constantFrom('', 'x', '0'.repeat(40))
          .map((text) => new Map(params).set('WASM_SIGNATURE', text)),
      );
      fc.assert(
        fc.property(alter, (altered) => {
          if (
            [...params].every(([name, value]) => altered.get(name) === value) &&
            altered.size === params.size
          )
            return;
          refuses(() => seen.admit(altered), 'FORGED');
          refuses(() => policy().admit(altered), 'FORGED');
        }),
      );
    });

    it('refuses a signature by another key, or without a key to check with, also where unsigned is allowed', () => {
      const params = paramsOf(MODULE);
      refuses(
        () => policy(OPEN).admit(signed(params, Buffer.from('another'))),
        'FORGED',
        /key is another/,
      );
      refuses(
        () => policy({ ...OPEN, key: undefined }).admit(signed(params)),
        'FORGED',
        /no key to check with/,
      );
    });

    it('refuses a right signature over wrong params each time', () => {
      const one = policy();
      const params = signed(new Map([['WASM_VERSION', '1']]));
      for (let i = 0; i < 2; i += 1)
        refuses(() => one.admit(params), 'BAD_PARAMS', /^WASM_MODULE is missing/);
    });

    it('leaves room for the standard streams among open-files', () => {
      const preopens = Array.from({ length: 5 }, (_, i) => dir(`/srv/${i}`));
      expect(policy().admit(signed(paramsOf({ ...MODULE, preopens }))).preopens).to.have.length(5);
      refuses(
        () =>
          policy().admit(signed(paramsOf({ ...MODULE, preopens: [...preopens, dir('/srv/5')] }))),
        'BAD_PARAMS',
        /open-files/,
      );
    });
  });

  it('lets programs make symlinks only where the server is told to', () => {
    for (const [allowSymlinks, symlinks] of [
      [false, undefined],
      [true, true],
    ] as const) {
      const { preopens } = policy({ allowSymlinks }).admit(giving('/srv/a'));
      expect(preopens.map((preopen) => preopen.symlinks)).to.deep.equal([symlinks]);
    }
  });

  describe('of system directories', () => {
    for (const host of [
      '/',
      '//',
      '/.',
      '/proc',
      '/proc/1/root',
      '/sys',
      '/dev/shm',
      '/run',
      '/run/x',
      '/var/run',
      '/proc/',
      '//proc',
    ]) {
      it(`refuses ${host}, and names what overrides that`, () => {
        refuses(() => policy().admit(giving(host)), 'SYSTEM_DIRECTORY', /--allow-system-dirs/);
        expect(policy({ allowSystemDirs: true }).admit(giving(host)).preopens).to.have.length(1);
      });
    }
    for (const host of ['/processes', '/running', '/srv/proc', '/var', '/devel']) {
      it(`grants ${host}`, () => expect(policy().admit(giving(host)).preopens).to.have.length(1));
    }
    it('refuses them unsigned too, inside of a root that is all', () => {
      const trust = { ...OPEN, dirRoots: ['/'], moduleRoots: ['/'] };
      refuses(
        () => policy(trust).admit(paramsOf({ ...MODULE, preopens: [dir('/proc/self')] })),
        'SYSTEM_DIRECTORY',
      );
    });
  });

  describe('of the directory of snapshots', () => {
    for (const host of ['/var', '/var/spool', `/var/spool/wasm-fcgi-snapshots-${UID}/x`]) {
      it(`refuses ${host}, where they are in the spool`, () => {
        refuses(() => keeping().admit(giving(host)), 'SYSTEM_DIRECTORY', /--snapshot-dir/);
        expect(grants(host, keeping(undefined, true))).to.equal(1);
        expect(grants(host, keeping('/srv/kept'))).to.equal(1);
      });
    }
    for (const host of ['/srv', '/srv/kept', '/srv/kept/', '/srv/kept/x']) {
      it(`refuses ${host}, where they have one of their own`, () => {
        refuses(() => keeping('/srv/kept').admit(giving(host)), 'SYSTEM_DIRECTORY');
      });
    }
    it('grants what lies beside it', () => {
      for (const host of ['/srv/keptx', '/srv/kep'])
        expect(grants(host, keeping('/srv/kept'))).to.equal(1);
      expect(grants('/var/spool/x', keeping())).to.equal(1);
    });
  });

  describe('of unsigned params', () => {
    it('refuses them where the configuration does not allow any', () => {
      refuses(() => admit({}, { ...OPEN, allowUnsigned: false }), 'UNSIGNED');
      refuses(() => policy().admit(new Map()), 'UNSIGNED');
    });

    it('refuses every module where there is no root', () =>
      refuses(() => admit({}, { allowUnsigned: true }), 'OUTSIDE'));

    it('grants a module below a root, held to the deepest one', () => {
      expect(admit({})).to.include({ signed: false, moduleBelow: '/srv/wasm' });
      expect(admit({ module: '/srv/wasm/deep/m.wasm' })).to.include({
        moduleBelow: '/srv/wasm/deep',
      });
    });

    it('lets them lower a limit, and raise it where the configuration says how far', () => {
      const limits = { timeoutMs: 29_999, memoryBytes: 131_072 };
      expect(admit({ limits }).limits).to.include({ timeoutMs: 29_999, memoryBytes: 65_536 });
      const config = { trust: OPEN, limits: LIMITS };
      const one = new Policy({ ...config, ceilings: { signed: CEILINGS, unsigned: CEILINGS } });
      expect(one.admit(paramsOf({ ...MODULE, limits })).limits).to.include(limits);
    });

    it('keeps a limit that is further down than the root, and none that is further up', () => {
      expect(admit({ module: '/srv/wasm/a/m', moduleBelow: '/srv/wasm/a' })).to.include({
        moduleBelow: '/srv/wasm/a',
      });
      expect(admit({ moduleBelow: '/srv' })).to.include({ moduleBelow: '/srv/wasm' });
    });

    for (const module of ['/srv/wasm2/m.wasm', '/srv/m.wasm', '/srv', '/']) {
      it(`refuses module ${module}`, () =>
        refuses(() => admit({ module }), 'OUTSIDE', /module-root/));
    }
    it('refuses a path that climbs out of a root', () =>
      refuses(() => admit({ module: '/srv/wasm/../m' }), 'BAD_PARAMS'));

    for (const [host, readOnly, below] of [
      ['/srv/rw', false, '/srv/rw'],
      ['/srv/rw/a', true, '/srv/rw'],
      ['/srv/ro', true, '/srv/ro'],
      ['/srv/ro/a/b', true, '/srv/ro'],
    ] as const) {
      it(`grants ${host}${readOnly ? ' read-only' : ''}, held to its root`, () => {
        expect(admit({ preopens: [dir(host, readOnly)] }).preopens).to.deep.equal([
          { ...dir(host, readOnly), below },
        ]);
      });
    }
    for (const [host, readOnly, message] of [
      ['/srv/rw2', false, /in no dir-root$/],
      ['/srv', true, /in no dir-root or dir-root-ro$/],
      ['/srv/ro/a', false, /ask for it read-only/],
    ] as const) {
      it(`refuses ${host}${readOnly ? ' read-only' : ''}`, () =>
        refuses(() => admit({ preopens: [dir(host, readOnly)] }), 'OUTSIDE', message));
    }

    it('lets a snapshot watch what lies in any root, and nothing else', () => {
      const watch = ['/srv/rw/a', '/srv/ro', '/srv/wasm/m.wasm'].map((path) => ({ path }));
      expect(admit({ snapshot: { maxAgeMs: 1_000, watch } }).snapshot?.watch).to.deep.equal([
        { path: '/srv/rw/a', below: '/srv/rw' },
        { path: '/srv/ro', below: '/srv/ro' },
        { path: '/srv/wasm/m.wasm', below: '/srv/wasm' },
      ]);
      for (const path of ['/srv', '/srv/ro2', '/etc/passwd']) {
        const snapshot = { maxAgeMs: 1_000, watch: [...watch, { path }] };
        refuses(
          () => admit({ snapshot }),
          'OUTSIDE',
          /^unsigned params: watched \/.* is in no dir-/,
        );
      }
    });

    it('never grants a directory or module outside of its roots', () => {
      const path = fc
        .array(fc.constantFrom('srv', 'wasm', 'rw', 'ro', 'x', '.', '..', ''), { maxLength: 5 })
        .map((parts) => `/${parts.join('/')}`);
      fc.assert(
        fc.property(path, path, fc.boolean(), (module, host, readOnly) => {
          try {
            const grant = admit({ module, preopens: [dir(host, readOnly)] });
            expect(grant.module).to.match(/^\/srv\/wasm(\/(?!\.\.?(\/|$))|$)/);
            expect(grant.preopens[0]?.host).to.match(
              readOnly ? /^\/srv\/r[ow](\/|$)/ : /^\/srv\/rw(\/|$)/,
            );
            expect(`${grant.module}${grant.preopens[0]?.host}`).to.not.match(/\/\.\.?(\/|$)/);
          } catch (error) {
            if (!(error instanceof RequestError)) throw error;
          }
        }),
      );
    });
  });

  describe('of hosts', () => {
    const api: HostRule = { scheme: 'https', host: 'api.example.org', port: 443 };
    const bound: HostRule = { scheme: 'https', host: '*.example.org', port: 443 };
    const anyPublic = [
      { scheme: 'http', host: '*', port: undefined },
      { scheme: 'https', host: '*', port: undefined },
    ];

    it("leaves the admin's as they are, whatever allow-host says", () => {
      expect(hostsOf([api])).to.deep.equal([api]);
      expect(hostsOf([api], [bound])).to.deep.equal([api]);
    });
    it('holds those of a .htaccess to allow-host, or to any public address', () => {
      const tenants = [{ ...api, isTenants: true }, api];
      expect(hostsOf(tenants)).to.deep.equal([{ ...api, within: anyPublic }, api]);
      expect(hostsOf(tenants, [bound])).to.deep.equal([{ ...api, within: [bound] }, api]);
    });
    it('holds unsigned ones to allow-host, and refuses them without one', () => {
      const { hosts } = admit({ hosts: [api] }, { ...OPEN, allowedHosts: [bound] });
      expect(hosts).to.deep.equal([{ ...api, within: [bound] }]);
      refuses(() => admit({ hosts: [api] }), 'OUTSIDE', /a WasmAllowHost needs an allow-host/);
      expect(admit({ hosts: [] }).hosts).to.deep.equal([]);
    });
    it('takes no unsigned word for it that the admin meant it', () => {
      const given = paramsOf({ ...MODULE, hosts: [api] });
      const { hosts } = policy({ ...OPEN, allowedHosts: [bound] }).admit(given);
      expect(hosts[0]?.within).to.deep.equal([bound]);
    });
  });

  describe('of a script that is a module', () => {
    it('grants a CGI program without directories, inside of module-root', () => {
      expect(policy(OPEN).admit(script('/srv/wasm/a.wasm'))).to.deep.include({
        signed: false,
        module: '/srv/wasm/a.wasm',
        moduleBelow: '/srv/wasm',
        cgi: true,
        preopens: [],
        env: [],
        argv: ['a.wasm'],
        entryPoint: '_start',
      });
    });
    it('refuses what lies elsewhere, and where unsigned is not allowed', () => {
      refuses(() => policy(OPEN).admit(script('/srv/www/a.wasm')), 'OUTSIDE');
      refuses(() => policy().admit(script('/srv/wasm/a.wasm')), 'UNSIGNED');
    });
    for (const name of ['', 'wasm', '/srv/wasm/a.php', '/srv/wasm/../a.wasm']) {
      it(`refuses ${JSON.stringify(name)}`, () =>
        refuses(() => policy(OPEN).admit(script(name)), 'BAD_PARAMS', /SCRIPT_FILENAME/));
    }
    it('is no way around WASM_MODULE', () => {
      refuses(
        () => policy(OPEN).admit(script('/srv/wasm/a.wasm', [['WASM_CGI', '1']])),
        'BAD_PARAMS',
        /^WASM_MODULE is missing/,
      );
    });
  });
});

describe('VerifiedResults', () => {
  it('forgets what was used least recently', () => {
    const results = new VerifiedResults<number>(2);
    results.remember('a', entries('1'), 1);
    results.remember('b', entries('2'), 2);
    expect(results.find('a', entries('1'))).to.equal(1);
    results.remember('c', entries('3'), 3);
    expect(results.size).to.equal(2);
    expect(results.find('b', entries('2'))).to.equal(undefined);
    expect(results.find('a', entries('1'))).to.equal(1);
  });

  it('keeps nothing over 65,536 characters', () => {
    const results = new VerifiedResults<number>();
    results.remember('a', entries('x'.repeat(65_536 - 6)), 1);
    results.remember('b', entries('x'.repeat(65_536 - 5)), 1);
    expect(results.size).to.equal(1);
  });
});
