import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { RequestError } from '../../lib/errors.js';
import { ModuleCache, type ModuleRequest } from '../../lib/module/cache.js';
import { type LoadedModule } from '../../lib/module/load.js';
import { Scratch, assemble } from './binaries.js';

const ANY: ModuleRequest = { memoryBytes: 1 << 20, tableElements: 100 };
const ONE = assemble('(module (func (export "one")))');
const TWO = assemble('(module (func (export "two")))');

/** Gets until the file counts as settled and the module is found by one stat. */
async function settle(cache: ModuleCache, path: string, request = ANY): Promise<LoadedModule> {
  for (;;) {
    const loaded = await cache.get(path, request);
    if (cache.peek(path, request) === loaded) return loaded;
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (thrown) {
    if (!(thrown instanceof RequestError)) throw thrown;
    return `${thrown.code} ${thrown.status}`;
  }
}

const NOBODY = 65_534;

describe('module cache', () => {
  let scratch: Scratch;
  let cache: ModuleCache;
  beforeEach(() => {
    scratch = new Scratch();
    cache = new ModuleCache({ fileBytes: 4096, entries: 4, smallBytes: 0 });
  });
  afterEach(() => scratch.remove());

  it('loads a module, and finds it again by one stat', async () => {
    const path = scratch.file('one.wasm', ONE);
    expect(cache.peek(path, ANY)).to.equal(undefined);
    const loaded = await settle(cache, path);
    expect(loaded).to.deep.include({ path, kind: 'other' });
    expect(WebAssembly.Module.exports(loaded.module)).to.deep.equal([
      { name: 'one', kind: 'function' },
    ]);
    expect(await cache.get(path, ANY)).to.equal(loaded);
  });

  it('compiles once when asked many times at once', async () => {
    const path = scratch.file('one.wasm', ONE);
    const all = await Promise.all(Array.from({ length: 20 }, () => cache.get(path, ANY)));
    expect(new Set(all.map(({ module }) => module)).size).to.equal(1);
  });

  it('compiles the same bytes once, wherever they lie, and tells the path that was asked for', async () => {
    const paths = [
      scratch.file('a.wasm', ONE),
      scratch.file('b.wasm', ONE),
      scratch.file('c.wasm', ONE),
    ];
    const [a, b] = await Promise.all(paths.slice(0, 2).map((path) => cache.get(path, ANY)));
    const c = await cache.get(paths[2] ?? '', ANY);
    expect(new Set([a?.module, b?.module, c.module]).size).to.equal(1);
    expect([a?.path, b?.path, c.path]).to.deep.equal(paths);
  });

  it('has another module and key for other limits of memory and tables', async () => {
    const path = scratch.file('m.wasm', assemble('(module (memory (export "memory") 1))'));
    const small = await cache.get(path, ANY);
    const large = await cache.get(path, { ...ANY, memoryBytes: 1 << 21 });
    const wide = await cache.get(path, { ...ANY, tableElements: 101 });
    expect(new Set([small, large, wide].map(({ key }) => key)).size).to.equal(3);
    expect(new Set([small, large, wide].map(({ module }) => module)).size).to.equal(3);
  });

  it('notices a file that was written over, at once', async () => {
    const path = scratch.file('x.wasm', ONE);
    const old = await settle(cache, path);
    scratch.file('x.wasm', TWO);
    expect(cache.peek(path, ANY)).to.equal(undefined);
    const { exports } = await cache.get(path, ANY);
    expect(exports).to.deep.include({ name: 'two', kind: 'function', type: '() -> ()' });
    expect(WebAssembly.Module.exports(old.module)).to.deep.equal([
      { name: 'one', kind: 'function' },
    ]);
  });

  it('answers by the old version while its file is written over, but not for ever', async () => {
    const path = scratch.file('x.wasm', ONE);
    const old = await settle(cache, path);
    for (const part of ['', TWO.subarray(0, 5), TWO.subarray(0, TWO.length - 1)]) {
      scratch.file('x.wasm', part);
      expect(await cache.get(path, ANY)).to.equal(old);
    }
    scratch.file('x.wasm', TWO);
    expect((await cache.get(path, ANY)).exports[0]?.name).to.equal('two');
    scratch.file('x.wasm', 'no module');
    let code = 'no error';
    while (code === 'no error') code = await codeOf(cache.get(path, ANY));
    expect(code).to.equal('MODULE_NOT_WASM 500');
  });

  it('notices a file that was written over with the same size and an mtime set back', async () => {
    const path = scratch.file('x.wasm', ONE);
    const { atime, mtime } = statSync(path);
    await settle(cache, path);
    scratch.file('x.wasm', TWO);
    utimesSync(path, atime, mtime);
    expect((await cache.get(path, ANY)).exports[0]?.name).to.equal('two');
  });

  it('notices changes within one clock tick', async () => {
    for (let round = 0; round < 30; round += 1) {
      const path = scratch.file('x.wasm', round % 2 === 0 ? ONE : TWO);
      const { exports } = await cache.get(path, ANY);
      expect(exports[0]?.name).to.equal(round % 2 === 0 ? 'one' : 'two');
    }
  });

  it('notices another file renamed into the place', async () => {
    const path = scratch.file('x.wasm', ONE);
    await settle(cache, path);
    renameSync(scratch.file('y.wasm', TWO), path);
    expect((await cache.get(path, ANY)).exports[0]?.name).to.equal('two');
  });

  it('reports a file that is gone, and finds it again when it is back', async () => {
    const path = scratch.file('x.wasm', ONE);
    await settle(cache, path);
    rmSync(path);
    expect(cache.peek(path, ANY)).to.equal(undefined);
    expect(await codeOf(cache.get(path, ANY))).to.equal('MODULE_NOT_FOUND 404');
    scratch.file('x.wasm', ONE);
    expect((await cache.get(path, ANY)).exports[0]?.name).to.equal('one');
  });

  const faulty: readonly (readonly [string, string, Uint8Array | string])[] = [
    [
      'MODULE_NOT_WASM',
      'it begins with 23212f62696e2f73, expected 0061736d01000000',
      '#!/bin/sh\n',
    ],
    ['MODULE_NOT_WASM', 'it begins with nothing', ''],
    [
      'MODULE_NOT_WASM',
      'it begins with 0061736d02000000',
      Uint8Array.of(0, 97, 115, 109, 2, 0, 0, 0),
    ],
    [
      'MODULE_INVALID',
      'component version 0e000100, expected 0d000100',
      Uint8Array.of(0, 97, 115, 109, 14, 0, 1, 0),
    ],
    ['MODULE_INVALID', 'byte 9: ends too early', Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1)],
    [
      'MODULE_INVALID',
      'WebAssembly.compile(): ',
      Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 3, 2, 1, 0),
    ],
    ['MODULE_INVALID', 'shared memory', assemble('(module (memory 1 1 shared))')],
    ['MODULE_TOO_MUCH_MEMORY', 'needs 1114112 bytes', assemble('(module (memory 17))')],
    ['MODULE_TABLE_TOO_LARGE', 'tables of 101 elements', assemble('(module (table 101 funcref))')],
    ['MODULE_TOO_LARGE', 'has 4097 bytes, the limit is 4096', new Uint8Array(4097)],
  ];
  for (const [code, text, bytes] of faulty) {
    it(`answers ${code} and says "${text}"`, async () => {
      const path = scratch.file('bad.wasm', bytes);
      const fault = await cache.get(path, ANY).catch((thrown: unknown) => thrown);
      expect(fault).to.be.instanceOf(RequestError).and.to.deep.include({ code, status: 500 });
      expect(fault).to.have.property('message').that.includes(text).and.includes(path);
    });
  }

  it('takes a file of exactly the largest size', async () => {
    // A custom section fills the file up: id, size as LEB128 of two bytes, an empty name, zeros.
    const rest = 4096 - ONE.length - 3;
    const padding = Uint8Array.from([0, (rest & 0x7f) | 0x80, rest >> 7, ...new Uint8Array(rest)]);
    const path = scratch.file('x.wasm', Buffer.concat([ONE, padding]));
    expect((await cache.get(path, ANY)).exports[0]?.name).to.equal('one');
  });

  it('remembers a fault only while the file is unchanged', async () => {
    const path = scratch.file('x.wasm', 'no module');
    const get = (): Promise<unknown> => cache.get(path, ANY).catch((thrown: unknown) => thrown);
    let first = await get();
    // Until the file counts as settled it is read again each time.
    for (let next = await get(); next !== first; next = await get()) first = next;
    scratch.file('x.wasm', ONE);
    expect((await cache.get(path, ANY)).exports[0]?.name).to.equal('one');
  });

  it('opens neither directories nor FIFOs nor devices', async () => {
    const fifo = join(scratch.path, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const path of [scratch.path, fifo, '/dev/zero', '/dev/tty']) {
      expect(await codeOf(cache.get(path, ANY))).to.equal('MODULE_NOT_READABLE 500');
    }
  });

  it('answers MODULE_NOT_FOUND for a missing file or directory', async () => {
    for (const path of [
      join(scratch.path, 'no'),
      join(scratch.path, 'no/x'),
      `${scratch.file('f', ONE)}/x`,
    ]) {
      expect(await codeOf(cache.get(path, ANY))).to.equal('MODULE_NOT_FOUND 404');
    }
  });

  it('answers MODULE_NOT_READABLE for a file without permission, and for a name with NUL', async () => {
    expect(await codeOf(cache.get('/a\0b', ANY))).to.equal('MODULE_NOT_READABLE 500');
    const path = scratch.file('x.wasm', ONE);
    chmodSync(path, 0);
    const isRoot = process.geteuid?.() === 0;
    // Root reads everything.
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      expect(await codeOf(cache.get(path, ANY))).to.equal('MODULE_NOT_READABLE 500');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('takes byte strings for paths', async () => {
    const path = scratch.file('größe.wasm', ONE);
    const bytes = Buffer.from(path, 'utf8').toString('latin1');
    expect((await cache.get(bytes, ANY)).exports[0]?.name).to.equal('one');
  });

  it('holds a module beneath the directory a tenant stands in', async () => {
    const home = join(scratch.path, 'home');
    mkdirSync(join(home, 'sub'), { recursive: true });
    mkdirSync(join(scratch.path, 'homeless'));
    const outside = scratch.file('outside.wasm', ONE);
    scratch.file('home/own.wasm', ONE);
    scratch.file('homeless/other.wasm', ONE);
    symlinkSync(outside, join(home, 'link.wasm'));
    symlinkSync(scratch.path, join(home, 'up'));
    symlinkSync('../own.wasm', join(home, 'sub/inside.wasm'));
    const codes = new Map<string, string>();
    for (const name of [
      'own.wasm',
      'sub/inside.wasm',
      'link.wasm',
      'up/outside.wasm',
      '../outside.wasm',
      '../homeless/other.wasm',
    ]) {
      codes.set(name, await codeOf(cache.get(join(home, '/') + name, { ...ANY, below: home })));
    }
    expect([...codes]).to.deep.equal([
      ['own.wasm', 'no error'],
      ['sub/inside.wasm', 'no error'],
      ['link.wasm', 'MODULE_NOT_READABLE 500'],
      ['up/outside.wasm', 'MODULE_NOT_READABLE 500'],
      ['../outside.wasm', 'MODULE_NOT_READABLE 500'],
      ['../homeless/other.wasm', 'MODULE_NOT_READABLE 500'],
    ]);
  });

  it('does not give a tenant what the admin had loaded', async () => {
    const outside = scratch.file('outside.wasm', ONE);
    await settle(cache, outside);
    const request = { ...ANY, below: '/usr' };
    expect(cache.peek(outside, request)).to.equal(undefined);
    expect(await codeOf(cache.get(outside, request))).to.equal('MODULE_NOT_READABLE 500');
  });

  it('remembers the modules used last, up to its number of entries', async () => {
    const paths = ['a', 'b', 'c', 'd'].map((name) => scratch.file(name, ONE));
    for (const path of paths) await settle(cache, path);
    const [a = '', b = ''] = paths;
    expect(cache.peek(a, ANY)).to.not.equal(undefined);
    await settle(cache, scratch.file('e', TWO));
    expect(cache.peek(a, ANY)).to.not.equal(undefined);
    expect(cache.peek(b, ANY)).to.equal(undefined);
  });

  for (const [what, smallBytes, found] of [
    ['as small as allowed', 5 * ONE.length, true],
    ['a byte larger', 5 * ONE.length - 1, false],
  ] as const) {
    it(`${found ? 'remembers' : 'forgets'} one more when all files are ${what}`, async () => {
      cache = new ModuleCache({ fileBytes: 4096, entries: 4, smallBytes });
      const paths = ['a', 'b', 'c', 'd', 'e'].map((name) => scratch.file(name, ONE));
      for (const path of paths) await settle(cache, path);
      const [a = '', b = ''] = paths;
      expect(cache.peek(a, ANY) !== undefined).to.equal(found);
      expect(cache.peek(b, ANY)).to.not.equal(undefined);
    });
  }

  it('remembers 16 times as many small ones, and no more', async () => {
    cache = new ModuleCache({ fileBytes: 4096, entries: 1 });
    const paths = Array.from({ length: 17 }, (_, index) => scratch.file(`${index}`, ONE));
    for (const path of paths) await settle(cache, path);
    const found = paths.filter((path) => cache.peek(path, ANY) !== undefined);
    expect(found).to.deep.equal(paths.slice(1));
  });

  it('counts no file that is no module', async () => {
    cache = new ModuleCache({ fileBytes: 4096, entries: 1, smallBytes: ONE.length });
    const path = scratch.file('one.wasm', ONE);
    await settle(cache, path);
    await codeOf(cache.get(scratch.file('text', Buffer.alloc(4000, 'x')), ANY));
    expect(cache.peek(path, ANY)).to.not.equal(undefined);
  });
});
