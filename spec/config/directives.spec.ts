// WASM_* params are read strictly.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseDirectives, type Directives } from '../../lib/config/directives.js';
import { authorityOf } from '../../lib/config/signature.js';
import { RequestError } from '../../lib/errors.js';
import { paramsOf } from './params.js';

const BASE = { WASM_VERSION: '1', WASM_MODULE: '/srv/m.wasm', WASM_CGI: '1' };

function parse(params: Record<string, string>, versioned = true): Directives {
  return parseDirectives(authorityOf(new Map(Object.entries({ ...BASE, ...params }))), versioned);
}

const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
const text = fc.string({ unit: byte, maxLength: 8 });
const name = fc.string({
  unit: fc.constantFrom('a', 'B', '\xe9', ' '),
  minLength: 1,
  maxLength: 4,
});
const path = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'b', '\xe9'), minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => `/${parts.join('/')}`);
const flags = { readOnly: fc.boolean() };
const directory = path.chain((host) =>
  fc.record(
    { guest: fc.constant(host), host: fc.constant(host), ...flags, below: fc.constant(host) },
    { requiredKeys: ['guest', 'host', 'readOnly'] },
  ),
);
const map = path.chain((host) =>
  fc.record({ guest: fc.constantFrom('/', './', 'up/'), host: fc.constant(host), ...flags }),
);
const limits = fc.record(
  {
    timeoutMs: fc.integer({ min: 1, max: 3_600_000 }),
    cpuTimeMs: fc.constantFrom(1, 1500, Infinity),
    memoryBytes: fc.integer({ min: 1, max: 65_536 }).map((pages) => pages * 65_536),
    tableElements: fc.integer({ min: 0, max: 1_000_000 }),
    openFiles: fc.integer({ min: 3, max: 65_536 }),
    bodyBytes: fc.constantFrom(0, 1, 2 ** 50, Infinity),
  },
  { requiredKeys: [] },
);
const hosts = fc.record(
  {
    scheme: fc.constantFrom('http' as const, 'https' as const),
    host: fc.constantFrom('*', 'a', '*.b.c', 'x-y.example', '127.0.0.1', '::1', 'fd00::2'),
    port: fc.constantFrom(undefined, 1, 80, 443, 65_535),
    methods: fc.constantFrom(['GET'], ['GET', 'HEAD', 'M-SEARCH']),
    isPrivate: fc.constant(true),
    isTenants: fc.constant(true),
  },
  { requiredKeys: ['scheme', 'host', 'port'] },
);
const snapshot = fc.record({
  maxAgeMs: fc.integer({ min: 1_000, max: 604_800_000 }),
  watch: fc.array(
    path.chain((watched) =>
      fc.record(
        { path: fc.constant(watched), below: fc.constant(watched) },
        { requiredKeys: ['path'] },
      ),
    ),
    { maxLength: 2 },
  ),
});
const directives = fc.record(
  {
    module: path,
    args: fc.array(text, { maxLength: 3 }),
    env: fc.array(fc.tuple(name, text), { maxLength: 3 }),
    preopens: fc
      .tuple(fc.array(directory, { maxLength: 2 }), fc.array(map, { maxLength: 2 }))
      .map((both) => both.flat()),
    hosts: fc.array(hosts, { maxLength: 3 }),
    cgi: fc.boolean(),
    mapFileNames: fc.boolean(),
    entryPoint: name,
    contentType: name,
    snapshot,
    limits,
    lower: limits,
  },
  {
    requiredKeys: [
      'module',
      'args',
      'env',
      'preopens',
      'hosts',
      'cgi',
      'mapFileNames',
      'entryPoint',
      'limits',
      'lower',
    ],
  },
);

describe('parseDirectives', () => {
  it('gives back whatever the Apache module said, in the order of the descriptors', () => {
    fc.assert(
      fc.property(directives, (given) => {
        expect(parseDirectives(authorityOf(paramsOf(given)), true)).to.deep.equal(given);
      }),
    );
  });

  it('has defaults: no lists, no CGI, _start', () => {
    expect(parseDirectives([['WASM_MODULE', '/m.wasm']], false)).to.deep.equal({
      module: '/m.wasm',
      args: [],
      env: [],
      preopens: [],
      hosts: [],
      cgi: false,
      mapFileNames: false,
      entryPoint: '_start',
      limits: {},
      lower: {},
    });
  });

  it('keeps a snapshot for an hour unless told, and has none when Off', () => {
    const snapshot = { maxAgeMs: 3_600_000, watch: [] };
    expect(parse({ WASM_SNAPSHOT: '1' }).snapshot).to.deep.equal(snapshot);
    const off = { WASM_SNAPSHOT_MAX_AGE: '1s', WASM_WATCH_COUNT: '1', WASM_WATCH_0: '/srv/a' };
    for (const params of [{}, off, { ...off, WASM_SNAPSHOT: '0' }]) {
      expect(parse(params)).to.not.have.property('snapshot');
    }
  });

  it('shortens host paths and leaves guest names as they were written', () => {
    expect(parse({ WASM_DIR_COUNT: '1', WASM_DIR_0: '/srv//a/./' }).preopens).to.deep.equal([
      { guest: '/srv//a/./', host: '/srv/a', readOnly: false },
    ]);
  });

  it('takes 1,000 items of a list', () => {
    const params = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`WASM_ARG_${i}`, `${i}`]),
    );
    expect(parse({ ...params, WASM_ARG_COUNT: '1000' }).args).to.have.length(1000);
  });

  const map0 = { WASM_MAP_COUNT: '1', WASM_MAP_0_K: '/', WASM_MAP_0_V: '/srv' };
  for (const [params, message] of [
    [{ WASM_VERSION: '2' }, /^WASM_VERSION must be 1, not "2"/],
    [
      { WASM_MODULE: 'm.wasm' },
      /^WASM_MODULE must be an absolute path without \.\., not "m.wasm"$/,
    ],
    [{ WASM_MODULE: '/a/../m.wasm' }, /^WASM_MODULE must be/],
    [{ WASM_MODULE: '/m\0.wasm' }, /^WASM_MODULE must not contain NUL$/],
    [{ WASM_MODULE_BELOW: 'x' }, /^WASM_MODULE_BELOW must be an absolute path/],
    [{ WASM_CGI: 'On' }, /^WASM_CGI must be 0 or 1, not "On"$/],
    [{ WASM_CGI: '' }, /^WASM_CGI must be 0 or 1/],
    [{ WASM_MAP_CGI_FILENAMES: '2' }, /^WASM_MAP_CGI_FILENAMES must be/],
    [{ WASM_ENTRY_POINT: '' }, /^WASM_ENTRY_POINT must be text/],
    [{ WASM_CONTENT_TYPE: 'a/b\r\nSet-Cookie: x' }, /^WASM_CONTENT_TYPE must be text/],
    [{ WASM_LIMIT_TIMEOUT: '0' }, /^WASM_LIMIT_TIMEOUT must be 1ms\.\.1h, not "0"$/],
    [{ WASM_LIMIT_TIMEOUT: '3600001ms' }, /^WASM_LIMIT_TIMEOUT must be/],
    [{ WASM_LOWER_TIMEOUT: '1e3' }, /^WASM_LOWER_TIMEOUT must be/],
    [{ WASM_LIMIT_MEMORY: '65537' }, /^WASM_LIMIT_MEMORY must be 64KiB\.\.4GiB in steps of 64KiB/],
    [{ WASM_LIMIT_TABLE: 'unlimited' }, /^WASM_LIMIT_TABLE must be 0\.\.1000000, not/],
    [{ WASM_LIMIT_CPU_TIME: 'Unlimited' }, /^WASM_LIMIT_CPU_TIME must be 1ms\.\.1h or unlimited/],
    [{ WASM_LIMIT_QUEUE: '1' }, /^"WASM_LIMIT_QUEUE" is unknown/],
    [{ WASM_SNAPSHOT: 'On' }, /^WASM_SNAPSHOT must be 0 or 1, not "On"$/],
    [{ WASM_SNAPSHOT_MAX_AGE: '999ms' }, /^WASM_SNAPSHOT_MAX_AGE must be 1s\.\.168h, not "999ms"$/],
    [{ WASM_SNAPSHOT_MAX_AGE: '604800001ms' }, /^WASM_SNAPSHOT_MAX_AGE must be/],
    [{ WASM_WATCH_COUNT: '1', WASM_WATCH_0: 'a' }, /^WASM_WATCH_0 must be an absolute path/],
    [{ WASM_WATCH_0: '/a' }, /^"WASM_WATCH_0" is unknown/],
    [{ WASM_TIMEOUT_MS: '1' }, /^"WASM_TIMEOUT_MS" is unknown/],
    [{ WASM_ARG_COUNT: '1' }, /^WASM_ARG_0 is missing$/],
    [{ WASM_ARG_COUNT: '2', WASM_ARG_0: '', WASM_ARG_2: '' }, /^WASM_ARG_1 is missing$/],
    [{ WASM_ARG_COUNT: '1001' }, /^WASM_ARG_COUNT must be 0\.\.1000, not "1001"$/],
    [{ WASM_ARG_COUNT: '-1' }, /^WASM_ARG_COUNT must be/],
    [{ WASM_ARG_COUNT: '01' }, /^WASM_ARG_COUNT must be/],
    [{ WASM_ARG_COUNT: ' 1' }, /^WASM_ARG_COUNT must be/],
    [{ WASM_HOST_COUNT: '1' }, /^WASM_HOST_0 is missing$/],
    [{ WASM_HOST_COUNT: '1', WASM_HOST_0: 'ftp://a' }, /^WASM_HOST_0 must be \[private\] /],
    [
      { WASM_HOST_COUNT: '1', WASM_HOST_0: 'https://a', WASM_HOST_0_TENANT: 'x' },
      /^WASM_HOST_0_TENANT must be 0 or 1/,
    ],
    [{ WASM_HOST_0: 'https://a' }, /^"WASM_HOST_0" is unknown/],
    [{ WASM_ARG_0: 'a' }, /^"WASM_ARG_0" is unknown, or beyond its count$/],
    [{ WASM_NEWS: '1' }, /^"WASM_NEWS" is unknown/],
    [{ WASM_ENV_COUNT: '1', WASM_ENV_0_K: 'A' }, /^WASM_ENV_0_V is missing$/],
    [{ WASM_ENV_COUNT: '1', WASM_ENV_0_K: '', WASM_ENV_0_V: '' }, /^WASM_ENV_0_K must be the name/],
    [
      { WASM_ENV_COUNT: '1', WASM_ENV_0_K: 'A=B', WASM_ENV_0_V: '' },
      /^WASM_ENV_0_K must be the name/,
    ],
    [{ WASM_DIR_COUNT: '1', WASM_DIR_0: './x' }, /^WASM_DIR_0 must be an absolute path/],
    [{ ...map0, WASM_MAP_0_K: '' }, /^WASM_MAP_0_K must not be empty$/],
    [{ ...map0, WASM_MAP_0_V: '' }, /^WASM_MAP_0_V must be an absolute path/],
    [{ ...map0, WASM_MAP_0_RO: 'yes' }, /^WASM_MAP_0_RO must be 0 or 1/],
    [{ ...map0, WASM_MAP_1_RO: '1' }, /^"WASM_MAP_1_RO" is unknown/],
  ] as const) {
    it(`refuses ${JSON.stringify(params)}`, () => {
      expect(() => parse(params))
        .to.throw(RequestError, message)
        .and.to.include({ code: 'BAD_PARAMS', status: 500 });
    });
  }

  it('wants a version of the Apache module, and takes its absence from a hand-made configuration', () => {
    const entries = [['WASM_MODULE', '/m.wasm']] as const;
    expect(() => parseDirectives(entries, true)).to.throw(
      RequestError,
      /^WASM_VERSION must be 1, not "none"/,
    );
    expect(() => parseDirectives([...entries, ['WASM_VERSION', '2']], false)).to.throw(
      RequestError,
      /^WASM_VERSION/,
    );
  });

  for (const params of [
    { WASM_MODULE_BELOW: '/srv/m' },
    { ...map0, WASM_MAP_0_BELOW: '/srv/a' },
    { WASM_WATCH_COUNT: '1', WASM_WATCH_0: '/srv/ab', WASM_WATCH_0_BELOW: '/srv/a' },
    { WASM_DIR_COUNT: '1', WASM_DIR_0: '/srv/ab', WASM_DIR_0_BELOW: '/srv/a' },
  ]) {
    it(`refuses with 403 what is not beneath ${JSON.stringify(params)}`, () => {
      expect(() => parse(params))
        .to.throw(RequestError, /must lie at or beneath/)
        .and.to.include({ code: 'OUTSIDE', status: 403 });
    });
  }
});
