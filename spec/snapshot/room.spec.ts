// How many pictures stay in memory: the choice itself, then with real ones and the threads that copy them.

import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModuleCache } from '../../lib/module/cache.js';
import type { LoadedModule } from '../../lib/module/load.js';
import { Pool } from '../../lib/pool/pool.js';
import type { Ready, Route } from '../../lib/snapshot/entry.js';
import { whoMakesRoom } from '../../lib/snapshot/room.js';
import { Snapshots, type SnapshotsOptions } from '../../lib/snapshot/snapshots.js';
import { HELLO, assemble, watJob } from '../pool/guests.js';
import { runToEnd } from '../pool/listener.js';
import { ECHO, jobsOf, program } from './guests.js';

const MIB = 2 ** 20;
const LIMITS = { ...watJob(HELLO).limits, memoryBytes: 64 * MIB };

const routeOf = ({ path: module }: LoadedModule, name: string): Route => ({
  module,
  argv: [name],
  env: [],
  preopens: [],
  entryPoint: '_start',
  limits: LIMITS,
  snapshot: { maxAgeMs: Infinity, watch: [] },
});

/** What a request finds once all that there is to do is done. */
async function find(all: Snapshots, route: Route, loaded: LoadedModule): Promise<Ready | string> {
  all.find(route, loaded);
  await all.settled();
  return all.find(route, loaded) ?? 'nothing';
}

const isReady = (found: Ready | string): found is Ready => typeof found === 'object';

describe('room for a picture', () => {
  const held = [
    { name: 'middle', bytes: 30, usedMs: 200 },
    { name: 'oldest', bytes: 20, usedMs: 100 },
    { name: 'newest', bytes: 10, usedMs: 300 },
  ];
  const going = (bytes: number, nowMs = 1_000, inUseMs = 100): string[] | undefined =>
    whoMakesRoom(held, bytes, 100, nowMs, inUseMs)?.map(({ name }) => name);

  it('is there below and at the bound; above it the longest unused go, as few as are enough', () => {
    expect(going(39)).to.deep.equal([]);
    expect(going(40)).to.deep.equal([]);
    expect(going(41)).to.deep.equal(['oldest']);
    expect(going(60)).to.deep.equal(['oldest']);
    expect(going(61)).to.deep.equal(['oldest', 'middle']);
    expect(going(100)).to.deep.equal(['oldest', 'middle', 'newest']);
    expect(going(101)).to.equal(undefined);
  });

  it('is not made by one that was asked for just now', () => {
    expect(going(41, 200, 100)).to.deep.equal(['oldest']);
    expect(going(41, 199, 100)).to.equal(undefined);
    expect(going(61, 299, 100)).to.equal(undefined);
    expect(going(61, 300, 100)).to.deep.equal(['oldest', 'middle']);
  });
});

describe('the memory of all snapshots', () => {
  let directory: string;
  let snapshots: Snapshots | undefined;
  let pool: Pool;
  let events: string[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'snapshots-'));
    events = [];
    pool = new Pool({ workers: 2, queue: 99, queueTimeoutMs: 60_000, log: () => undefined });
  });
  afterEach(async () => {
    snapshots?.close();
    await pool.close();
    rmSync(directory, { recursive: true });
  });

  function withOptions(options: Pick<SnapshotsOptions, 'memoryBytes' | 'inUseMs'>): Snapshots {
    return (snapshots = new Snapshots({
      directory: () => directory,
      moduleBytes: MIB,
      dropped: (key) => pool.forget(key),
      log: (_level, event) => events.push(event),
      ...options,
    }));
  }

  async function load(text: string): Promise<LoadedModule> {
    const module = join(directory, 'guest.wasm');
    writeFileSync(module, assemble(text));
    return new ModuleCache({ fileBytes: MIB }).get(module, { ...LIMITS, below: undefined });
  }

  async function run({ key, guest }: Ready, ...env: string[]): Promise<string> {
    const { args, preopens, entryPoint } = watJob(HELLO);
    const job = { moduleKey: key, module: guest, args, preopens, entryPoint, limits: LIMITS, env };
    return (await runToEnd(pool, job)).stdout;
  }

  it('holds two at its bound, and a byte below it the second takes the place of the first', async () => {
    const loaded = await load(ECHO);
    const { snapshot } = await jobsOf(ECHO, { limits: LIMITS });
    const { length } = snapshot.picture.bytes;
    for (const [memoryBytes, isHeld] of [
      [2 * length + 1, true],
      [2 * length, true],
      [2 * length - 1, false],
    ] as const) {
      const all = withOptions({ memoryBytes, inUseMs: 0 });
      const [one, other] = [routeOf(loaded, 'one'), routeOf(loaded, 'other')];
      const first = await find(all, one, loaded);
      if (!isReady(first)) throw new Error(first);
      const second = await find(all, other, loaded);
      if (!isReady(second)) throw new Error(second);
      expect(await run(second, 'A=1')).to.equal('A=1');
      expect(all.find(one, loaded)).to.equal(isHeld ? first : 'not-ready');
      await all.settled();
      expect(events.filter((event) => event === 'snapshot-dropped')).to.have.lengthOf(
        isHeld ? 0 : 2,
      );
    }
  });

  it('is not there for one that is larger; it stays on disk, and is not made again and again', async () => {
    const loaded = await load(ECHO);
    const { snapshot } = await jobsOf(ECHO, { limits: LIMITS });
    const { length } = snapshot.picture.bytes;
    const all = withOptions({ memoryBytes: length - 1, inUseMs: 0 });
    const route = routeOf(loaded, 'one');
    for (let i = 0; i < 3; i += 1) expect(await find(all, route, loaded)).to.equal('crowded');
    expect(events).to.deep.equal(['snapshot-crowded']);
    all.limit(length);
    const larger = withOptions({ memoryBytes: length, inUseMs: 0 });
    expect(await find(larger, route, loaded)).to.be.an('object');
    expect(events.slice(1)).to.deep.equal(['snapshot-loaded']);
  });

  it('is not taken from those that are in use', async () => {
    const loaded = await load(ECHO);
    const { snapshot } = await jobsOf(ECHO, { limits: LIMITS });
    const all = withOptions({ memoryBytes: snapshot.picture.bytes.length, inUseMs: Infinity });
    const [one, other] = [routeOf(loaded, 'one'), routeOf(loaded, 'other')];
    const first = await find(all, one, loaded);
    expect(first).to.be.an('object');
    for (let i = 0; i < 3; i += 1) expect(await find(all, other, loaded)).to.equal('crowded');
    expect(all.find(one, loaded)).to.equal(first);
    expect(events).to.deep.equal(['snapshot-built', 'snapshot-crowded']);
  });

  it('is given back when the bound is lowered', async () => {
    const loaded = await load(ECHO);
    const all = withOptions({ memoryBytes: MIB, inUseMs: Infinity });
    const [one, other] = [routeOf(loaded, 'one'), routeOf(loaded, 'other')];
    for (const route of [one, other]) expect(await find(all, route, loaded)).to.be.an('object');
    const { snapshot } = await jobsOf(ECHO, { limits: LIMITS });
    all.limit(snapshot.picture.bytes.length);
    expect([all.find(one, loaded), typeof all.find(other, loaded)]).to.deep.equal([
      'not-ready',
      'object',
    ]);
    await all.settled();
    expect(all.find(one, loaded)).to.equal('crowded');
  });

  it('is given back by the threads too, with what they have copied', async () => {
    const before = `(drop (memory.grow (i32.const 512)))
      (memory.fill (i32.const 262144) (i32.const 7) (i32.const 33554432))`;
    const loaded = await load(
      program('(call $write (i32.const 1) (i32.const 1024) (local.get $length))', before),
    );
    const all = withOptions({ memoryBytes: 40 * MIB, inUseMs: 0 });
    const beforeBytes = process.memoryUsage.rss();
    let most = 0;
    for (let i = 0; i < 16; i += 1) {
      const found = await find(all, routeOf(loaded, `${i}`), loaded);
      if (!isReady(found)) throw new Error(found);
      const asked = [`A=${i}`, `B=${i}`, `C=${i}`, `D=${i}`];
      expect(await Promise.all(asked.map((env) => run(found, env)))).to.deep.equal(asked);
      most = Math.max(most, process.memoryUsage.rss() - beforeBytes);
    }
    // 16 pictures, and two copies of each, are 1,536.
    expect(most / MIB).to.be.below(600);
  });
});
