// The host as the worker uses it: imports, the begin and the end of runs, wasi_unstable, the self-test.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import wabt from 'wabt';
import { Errno } from '../../lib/wasi/abi.js';
import { WasiHost } from '../../lib/wasi/host.js';
import { selfTest } from '../../lib/wasi/selftest.js';
import { CREAT, Driver, READ, SIGNATURES, trampoline, WRITE } from './trampoline.js';
import { openDescriptors, plant, type Tree } from './tree.js';

async function compile(text: string): Promise<WebAssembly.Module> {
  const tools = await wabt();
  return new WebAssembly.Module(tools.parseWat('spec.wat', text).toBinary({}).buffer);
}

describe('the host', () => {
  let tree: Tree;
  let module: WebAssembly.Module;

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
  });
  afterEach(() => tree.remove());

  it('has all functions of both namespaces and no others', async () => {
    const imports = new WasiHost().importsFor(module);
    for (const namespace of ['wasi_snapshot_preview1', 'wasi_unstable']) {
      const names = Object.keys(imports[namespace] ?? {}).sort();
      expect(names).to.deep.equal(Object.keys(SIGNATURES).sort());
    }
  });

  it('20: makes the functions of WASI once, for all modules and runs', async () => {
    const host = new WasiHost();
    const first = host.importsFor(module)['wasi_snapshot_preview1'];
    const second = host.importsFor(await trampoline('wasi_snapshot_preview1'));
    expect(second['wasi_snapshot_preview1']).to.equal(first);
  });

  it('answers ENOSYS to unknown functions of wasi namespaces', async () => {
    const extra = await compile(`(module
      (import "wasi_snapshot_preview1" "sock_open" (func $a (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "__proto__" (func $b (result i32)))
      (import "wasi_ephemeral_nn" "load" (func $c (result i32)))
      (import "wasi_snapshot_preview1" "sched_yield" (func $d (result i32)))
      (func (export "a") (result i32) i32.const 1 call $a)
      (func (export "b") (result i32) call $b)
      (func (export "c") (result i32) call $c))`);
    const host = new WasiHost();
    const { exports } = new WebAssembly.Instance(extra, host.importsFor(extra));
    for (const name of ['a', 'b', 'c']) {
      const call = exports[name];
      expect(typeof call === 'function' && call(), name).to.equal(Errno.ENOSYS);
    }
    expect(Object.keys(host.importsFor(module)['wasi_snapshot_preview1'] ?? {})).to.have.length(46);
  });

  it('leaves out any other import, so that instantiation names it', async () => {
    const extra = await compile('(module (import "env" "magic" (func)))');
    const imports = new WasiHost().importsFor(extra);
    expect(() => new WebAssembly.Instance(extra, imports)).to.throw(/env/);
  });

  it('names guest directory, host directory and errno when a preopen cannot be opened', () => {
    const before = openDescriptors();
    const good = tree.preopen();
    for (const [host, reason] of [
      [join(tree.inside, 'none'), 'ENOENT'],
      [tree.secret, 'ENOTDIR'],
    ] as const) {
      const bad = { guest: '/data', host, readOnly: false };
      expect(() => new Driver(module, { preopens: [good, bad] })).to.throw(
        `preopen /data: cannot open ${host}: ${reason}`,
      );
    }
    expect(openDescriptors()).to.equal(before);
  });

  it('opens a preopen that a tenant named only where no symlink leads out of its own directory', () => {
    mkdirSync(join(tree.inside, 'data/deep'), { recursive: true });
    symlinkSync('data/deep', join(tree.inside, 'good'));
    symlinkSync('../outside', join(tree.inside, 'bad'));
    symlinkSync(tree.outside, join(tree.inside, 'absolute'));
    writeFileSync(join(tree.inside, 'data/deep/file'), 'mine');
    const open = (host: string, below = tree.inside): Driver =>
      new Driver(module, { preopens: [{ guest: '/', host, readOnly: false, below }] });
    for (const name of ['/data/deep', '/data/deep/', '/good', '//data//deep', '/data/../good']) {
      const driver = open(tree.inside + name);
      expect(driver.read(driver.open('file').fd).text, name).to.equal('mine');
      driver.host.end();
    }
    for (const same of [tree.inside, `${tree.inside}/`]) open(same).host.end();
    for (const name of [
      '/bad',
      '/absolute',
      '/..',
      '/data/../../outside',
      '/good/../../../outside',
    ]) {
      expect(() => open(tree.inside + name), name).to.throw('EPERM');
    }
    expect(() => open(tree.outside)).to.throw('not beneath');
    expect(() => open(`${tree.inside}-not`)).to.throw('not beneath');
  });

  it('gives preopens the fds from 3 on, in order, under their guest names', () => {
    const names = ['/', '/data', 'caf\xe9/'];
    const preopens = names.map((guest) => tree.preopen({ guest }));
    const driver = new Driver(module, { preopens });
    for (const [i, name] of names.entries()) {
      expect(driver.call('fd_prestat_get', 3 + i, 0)).to.equal(0);
      expect(driver.view.getUint32(0, true)).to.equal(0);
      expect(driver.view.getUint32(4, true)).to.equal(name.length);
      expect(driver.call('fd_prestat_dir_name', 3 + i, 0, name.length)).to.equal(0);
      expect(Buffer.from(driver.memory.buffer, 0, name.length).toString('latin1')).to.equal(name);
      expect(driver.call('fd_prestat_dir_name', 3 + i, 0, name.length - 1)).to.equal(
        Errno.ENAMETOOLONG,
      );
    }
    expect(driver.call('fd_prestat_get', 6, 0)).to.equal(Errno.EBADF);
    driver.host.end();
  });

  it('throws after the end of a run, and serves the next one', () => {
    const driver = new Driver(module);
    driver.host.end();
    expect(() => driver.call('sched_yield')).to.throw('failed');
  });

  it('makes an exhausted stack a trap', async () => {
    const deep = await compile(`(module
      (import "wasi_snapshot_preview1" "fd_prestat_get" (func $f (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func $down (export "_start") (drop (call $f (i32.const 3) (i32.const 0))) (call $down)))`);
    const { runGuest } = await import('./run.js');
    const ran = runGuest(deep, { preopens: [tree.preopen()] });
    expect(ran.outcome.kind).to.equal('trap');
  });

  it('speaks the numbers of wasi_unstable', async () => {
    const driver = new Driver(await trampoline('wasi_unstable'), { preopens: [tree.preopen()] });
    writeFileSync(join(tree.inside, 'file'), '0123456789');
    const { fd } = driver.open('file', { flags: CREAT, rights: READ | WRITE });
    driver.read(fd, 4);
    for (const [offset, whence, position] of [
      [1n, 0, 5n],
      [-3n, 1, 7n],
      [2n, 2, 2n],
    ] as const) {
      expect(driver.call('fd_seek', fd, offset, whence, 0)).to.equal(0);
      expect(driver.view.getBigUint64(0, true)).to.equal(position);
    }
    expect(driver.call('fd_seek', fd, 0n, 3, 0)).to.equal(Errno.EINVAL);
    for (const get of [() => driver.call('fd_filestat_get', fd, 64), () => statAt(driver, 64)]) {
      driver.view.setBigUint64(64 + 56, 0x5555n, true);
      expect(get()).to.equal(0);
      expect(driver.view.getUint8(64 + 16)).to.equal(4);
      expect(driver.view.getUint32(64 + 20, true)).to.equal(1);
      expect(driver.view.getBigUint64(64 + 24, true)).to.equal(10n);
      expect(driver.view.getBigUint64(64 + 40, true) > 1_000_000_000_000_000_000n).to.equal(true);
      expect(driver.view.getBigUint64(64 + 56, true)).to.equal(0x5555n);
    }
    // Two clocks that are due: subscriptions of 56 bytes, the clock's fields 8 further on.
    for (const [i, id] of [1, 0].entries()) {
      driver.view.setBigUint64(4096 + 56 * i, BigInt(i + 7), true);
      driver.view.setBigUint64(4096 + 56 * i + 16, 0x99n, true);
      driver.view.setUint32(4096 + 56 * i + 24, id, true);
    }
    expect(driver.call('poll_oneoff', 4096, 8192, 2, 0)).to.equal(0);
    expect(driver.view.getUint32(0, true)).to.equal(2);
    expect(driver.view.getBigUint64(8192 + 32, true)).to.equal(8n);
    expect(driver.view.getUint16(8192 + 8, true)).to.equal(0);
    driver.host.end();
  });

  it('finds this system fit', () => {
    const before = openDescriptors();
    expect(selfTest()).to.equal(undefined);
    expect(openDescriptors()).to.equal(before);
  });
});

function statAt(driver: Driver, pointer: number): number {
  return driver.call('path_filestat_get', 3, 1, ...driver.put('file'), pointer);
}
