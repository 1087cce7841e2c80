// fds 0 to 2, waiting, and the one way out.

import { expect } from 'chai';
import { Errno } from '../../lib/wasi/abi.js';
import { type ByteSource, GuestStop } from '../../lib/wasi/process.js';
import { runGuest } from './run.js';
import { guest } from './guests.js';
import { CREAT, Driver, READ, trampoline, WRITE } from './trampoline.js';
import { openDescriptors, plant, type Tree } from './tree.js';

const CLOCK = 0;
const FD_READ = 1;
const FD_WRITE = 2;

describe('stdio and waiting', () => {
  let module: WebAssembly.Module;
  let tree: Tree;
  let driver: Driver;

  before(async () => {
    module = await trampoline('wasi_snapshot_preview1');
  });
  beforeEach(() => {
    tree = plant();
    driver = new Driver(module, { preopens: [tree.preopen()], stdin: 'input' });
  });
  afterEach(() => {
    driver.host.end();
    tree.remove();
  });

  /** Writes one subscription of 48 bytes at 4096 + 48 i. */
  function subscribe(
    i: number,
    userdata: bigint,
    type: number,
    what: number,
    ns = 0n,
    abs = 0,
  ): void {
    const at = 4096 + 48 * i;
    driver.view.setBigUint64(at, userdata, true);
    driver.view.setUint8(at + 8, type);
    driver.view.setUint32(at + 16, what, true);
    driver.view.setBigUint64(at + 24, ns, true);
    driver.view.setUint16(at + 40, abs, true);
  }

  /** Polls; every event as [userdata, errno, type]. */
  function poll(count: number): number[][] {
    expect(driver.call('poll_oneoff', 4096, 65_536, count, 0)).to.equal(0);
    return Array.from({ length: driver.view.getUint32(0, true) }, (_, i) => {
      const at = 65_536 + 32 * i;
      const userdata = Number(driver.view.getBigUint64(at, true));
      return [userdata, driver.view.getUint16(at + 8, true), driver.view.getUint8(at + 10)];
    });
  }

  it('can be closed and renumbered without harm to the host', () => {
    for (const fd of [0, 1, 2]) expect(driver.call('fd_close', fd)).to.equal(0);
    expect(driver.write(1, 'x').errno).to.equal(Errno.EBADF);
    expect(driver.call('fd_close', 1)).to.equal(Errno.EBADF);
    const { fd } = driver.open('file', { flags: CREAT, rights: WRITE });
    expect(fd).to.equal(0);
    process.stdout.write('');
  });

  it('moves one fd onto another that is open', () => {
    const { fd } = driver.open('file', { flags: CREAT, rights: WRITE });
    expect(driver.call('fd_renumber', fd, 1)).to.equal(0);
    expect(driver.write(1, 'into the file').errno).to.equal(0);
    expect(driver.out).to.have.length(0);
    expect(driver.call('fd_filestat_get', fd, 0)).to.equal(Errno.EBADF);
    expect(driver.call('fd_renumber', 1, 77)).to.equal(Errno.EBADF);
    expect(driver.call('fd_renumber', 77, 1)).to.equal(Errno.EBADF);
    expect(driver.call('fd_renumber', 1, 1)).to.equal(0);
    expect(driver.call('fd_prestat_get', 1, 0)).to.equal(Errno.EBADF);
  });

  it('are streams of unknown type that cannot be sought', () => {
    for (const fd of [0, 1, 2]) {
      expect(driver.call('fd_fdstat_get', fd, 0)).to.equal(0);
      expect(driver.view.getUint8(0)).to.equal(0);
      expect(driver.call('fd_filestat_get', fd, 0)).to.equal(0);
      expect(driver.call('fd_seek', fd, 0n, 0, 0)).to.equal(Errno.ESPIPE);
    }
    expect(driver.read(1).errno).to.equal(Errno.EBADF);
    expect(driver.write(0, 'x').errno).to.equal(Errno.EBADF);
  });

  it('gives stdin in pieces and then its end', () => {
    expect(driver.read(0, 3).text).to.equal('inp');
    expect(driver.read(0, 30).text).to.equal('ut');
    expect(driver.read(0, 30)).to.deep.equal({ errno: 0, text: '' });
  });

  it('takes 1,024 iovecs and subscriptions and refuses 1,025', () => {
    expect(driver.call('fd_write', 1, 8192, 1024, 0)).to.equal(0);
    for (const count of [1025, 0x20000000, -1]) {
      expect(driver.call('fd_write', 1, 8192, count, 0)).to.equal(Errno.EINVAL);
      expect(driver.call('fd_read', 0, 8192, count, 0)).to.equal(Errno.EINVAL);
      expect(driver.call('poll_oneoff', 0, 0, count, 0)).to.equal(Errno.EINVAL);
    }
    expect(driver.call('poll_oneoff', 4096, 65_536, 0, 0)).to.equal(Errno.EINVAL);
    for (let i = 0; i < 1024; i++) subscribe(i, BigInt(i), FD_WRITE, 1);
    expect(poll(1024)).to.have.length(1024);
  });

  it('says at once what is ready, and gives each subscription its own error', () => {
    const { fd } = driver.open('file', { flags: CREAT, rights: READ | (1n << 27n) });
    subscribe(0, 10n, FD_READ, 0);
    subscribe(1, 11n, FD_WRITE, 2);
    subscribe(2, 12n, FD_READ, fd);
    subscribe(3, 13n, FD_READ, 99);
    subscribe(4, 14n, CLOCK, 1, 3_600_000_000_000n);
    subscribe(5, 15n, CLOCK, 9, 0n);
    subscribe(6, 16n, 3, 0);
    subscribe(7, 17n, CLOCK, 0, 0n);
    subscribe(8, 18n, CLOCK, 0, 1n, 1);
    expect(poll(9).sort(([a = 0], [b = 0]) => a - b)).to.deep.equal([
      [10, 0, FD_READ],
      [11, 0, FD_WRITE],
      [12, 0, FD_READ],
      [13, Errno.EBADF, FD_READ],
      [15, Errno.EINVAL, CLOCK],
      [16, Errno.EINVAL, 3],
      [17, 0, CLOCK],
      [18, 0, CLOCK],
    ]);
  });

  it('passes a pause on to the run, output first', () => {
    const ran = runGuest(guest('sleep'), { args: ['sleep', '20'] });
    expect(ran.stdout).to.equal('before\nafter\n');
    const pause = ran.events.findIndex((event) => event.startsWith('sleep'));
    expect(ran.events.slice(pause - 2, pause)).to.deep.equal(['flush stdout', 'flush stderr']);
    const asked = ran.events[pause]?.slice('sleep '.length);
    expect(Number(asked)).to.be.within(1, 20);
  });

  it('ends a pause of an hour at the deadline', () => {
    const ran = runGuest(guest('sleep'), { args: ['sleep', '3600000'], deadline: true });
    expect(ran.outcome).to.deep.equal({ kind: 'timeout' });
    expect(ran.stdout).to.equal('before\n');
  });

  it('waits for input no longer than the clock that is due first', () => {
    const waits: number[] = [];
    let ended = false;
    const stdin: ByteSource = {
      available: 0,
      get ended() {
        return ended;
      },
      read: () => 0,
      wait(ms) {
        waits.push(ms);
        ended = waits.length === 2;
        return ended;
      },
    };
    driver.host.end();
    driver = new Driver(module, { stdin });
    subscribe(0, 1n, FD_READ, 0);
    subscribe(1, 2n, CLOCK, 1, 3_600_000_000_000n);
    subscribe(2, 3n, CLOCK, 1, 7_200_000_000_000n);
    expect(poll(3)).to.deep.equal([[1, 0, FD_READ]]);
    expect(waits).to.have.length(2);
    for (const ms of waits) expect(ms).to.be.within(3_500_000, 3_600_000);
  });

  it('passes all output on before a read that has to wait, and only then', () => {
    expect(driver.read(0, 3).text).to.equal('inp');
    expect(driver.flushes).to.equal(0);
    driver.host.end();
    let flushesAtRead = -1;
    const stdin: ByteSource = {
      available: 0,
      ended: false,
      read() {
        flushesAtRead = driver.flushes;
        return 0;
      },
      wait: () => false,
    };
    driver = new Driver(module, { stdin });
    expect(driver.read(0)).to.deep.equal({ errno: 0, text: '' });
    expect(flushesAtRead).to.equal(2);
  });

  it('answers EAGAIN to an empty stdin that must not wait', () => {
    driver.host.end();
    const stdin: ByteSource = { available: 0, ended: false, read: () => 0, wait: () => false };
    driver = new Driver(module, { stdin });
    expect(driver.call('fd_fdstat_set_flags', 0, 4)).to.equal(0);
    expect(driver.read(0).errno).to.equal(Errno.EAGAIN);
  });

  it('reads all of stdin, arguments and environment, byte for byte', () => {
    const ran = runGuest(guest('echo'), {
      args: ['echo', 'caf\xe9', ''],
      env: ['A=1', 'B=\xff=x'],
      stdin: 'one\ntwo\n',
    });
    expect(ran.stdout).to.equal('arg echo\narg caf\xe9\narg \nenv A=1\nenv B=\xff=x\none\ntwo\n');
    expect(ran.stderr).to.equal('done\n');
    expect(ran.outcome).to.deep.equal({ kind: 'exit', code: 7 });
  });

  it('answers no arguments and no environment with success and 0', () => {
    expect(driver.call('environ_sizes_get', 0, 4)).to.equal(0);
    expect(driver.view.getBigUint64(0, true)).to.equal(0n);
    expect(driver.call('environ_get', 0, 0)).to.equal(0);
    expect(runGuest(guest('echo'), { args: [] }).code).to.equal(7);
  });

  it('throws the stop of proc_exit again from every later call', () => {
    const stops = new Set<unknown>();
    for (const [name, ...args] of [
      ['proc_exit', 5],
      ['fd_write', 1, 0, 0, 0],
      ['proc_exit', 6],
      ['sched_yield'],
    ] as const) {
      try {
        driver.call(name, ...args);
        expect.fail(`${name} returned`);
      } catch (thrown) {
        stops.add(thrown);
      }
    }
    const [stop] = stops;
    expect(stops.size).to.equal(1);
    expect(stop instanceof GuestStop && stop.outcome).to.deep.equal({ kind: 'exit', code: 5 });
  });

  it('gives exit codes as unsigned numbers', () => {
    try {
      driver.call('proc_exit', -1);
    } catch (thrown) {
      const outcome = thrown instanceof GuestStop ? thrown.outcome : undefined;
      expect(outcome).to.deep.equal({ kind: 'exit', code: 0xffffffff });
    }
  });

  it('raises no signal and has no sockets', () => {
    for (const signal of [6, 9, 10, 15]) {
      expect(driver.call('proc_raise', signal)).to.equal(Errno.ENOTSUP);
    }
    for (const fd of [0, 3]) expect(driver.call('sock_shutdown', fd, 1)).to.equal(Errno.ENOTSOCK);
    expect(driver.call('sock_accept', 0, 0, 0)).to.equal(Errno.ENOTSOCK);
  });

  it('tells times that go forward, in ns', () => {
    const time = (clock: number): bigint => {
      expect(driver.call('clock_time_get', clock, 0n, 0)).to.equal(0);
      return driver.view.getBigUint64(0, true);
    };
    expect(Math.abs(Number(time(0) / 1_000_000n) - Date.now())).to.be.below(1000);
    for (const clock of [0, 1, 2, 3]) {
      const first = time(clock);
      expect(time(clock) >= first).to.equal(true);
      expect(driver.call('clock_res_get', clock, 0)).to.equal(0);
      expect(driver.view.getBigUint64(0, true) > 0n).to.equal(true);
    }
    expect(driver.call('clock_time_get', 4, 0n, 0)).to.equal(Errno.EINVAL);
    expect(driver.call('clock_res_get', -1, 0)).to.equal(Errno.EINVAL);
  });

  it('fills any length with random bytes', () => {
    const ended = new Uint8Array(driver.memory.buffer);
    expect(driver.call('random_get', 0, ended.length)).to.equal(0);
    for (const at of [0, 65_530, 65_536, ended.length - 64]) {
      expect(ended.subarray(at, at + 64).some((byte) => byte !== 0)).to.equal(true);
    }
    expect(driver.call('random_get', ended.length, 0)).to.equal(0);
  });

  it('leaves no host descriptor open after a run that left its files open', () => {
    const before = openDescriptors();
    const other = new Driver(module, { preopens: [tree.preopen(), tree.preopen()] });
    for (let i = 0; i < 20; i++) other.open(`f${i}`, { flags: CREAT, rights: WRITE });
    expect(openDescriptors()).to.equal(before + 22);
    other.host.end();
    other.host.end();
    expect(openDescriptors()).to.equal(before);
  });
});
