import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogFields } from '../../lib/log.js';
import { ModuleCache } from '../../lib/module/cache.js';
import type { Route } from '../../lib/snapshot/entry.js';
import { Snapshots } from '../../lib/snapshot/snapshots.js';
import { Turns } from '../../lib/snapshot/turns.js';
import { HELLO, assemble, watJob } from '../pool/guests.js';
import { ECHO } from './guests.js';

describe('turns', () => {
  it('are taken in the order of coming, one at a time, and none is forgotten', async () => {
    const turns = new Turns(2);
    const said: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      said.push(`${name} begins`);
      await Promise.resolve();
      said.push(`${name} ends`);
    };
    const places = ['a', 'b', 'c', 'd'].map((name) => turns.take(work(name)));
    expect(places).to.deep.equal([0, 1, 2, 'full']);
    await turns.over();
    expect(said).to.deep.equal(
      ['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
    expect(turns.take(work('d'))).to.equal(0);
    await turns.over();
    expect(said.at(-1)).to.equal('d ends');
  });
});

describe('snapshots that are asked for at once', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'snapshots-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('beyond those that may wait are asked for again, and the log says so once', async () => {
    const module = join(directory, 'echo.wasm');
    writeFileSync(module, assemble(ECHO));
    const { limits } = watJob(HELLO);
    const modules = new ModuleCache({ fileBytes: 2 ** 20, compiled: () => undefined });
    const loaded = await modules.get(module, { ...limits, below: undefined });
    const events: (readonly [string, LogFields | undefined])[] = [];
    const snapshots = new Snapshots({
      directory: () => directory,
      moduleBytes: 2 ** 20,
      memoryBytes: 2 ** 30,
      waiting: 1,
      dropped: () => undefined,
      log: (_level, event, fields) => events.push([event, fields]),
    });
    const routes = ['a', 'b', 'c', 'd'].map((name): Route => ({
      module,
      argv: [name],
      env: [],
      preopens: [],
      entryPoint: '_start',
      limits,
      snapshot: { maxAgeMs: Infinity, watch: [] },
    }));
    const found = (): boolean[] =>
      routes.map((route) => typeof snapshots.find(route, loaded) === 'object');
    const count = (name: string): number => events.filter(([event]) => event === name).length;

    expect(found()).to.deep.equal([false, false, false, false]);
    await snapshots.settled();
    expect([count('snapshot-built'), count('snapshot-queue-full')]).to.deep.equal([2, 1]);
    expect(found()).to.deep.equal([true, true, false, false]);
    await snapshots.settled();
    expect([count('snapshot-built'), count('snapshot-queue-full')]).to.deep.equal([4, 1]);
    expect(found()).to.deep.equal([true, true, true, true]);
  });

  it('are tried again after a refusal only when others have had their turn, however old they may become', async () => {
    const module = join(directory, 'hello.wasm');
    writeFileSync(module, assemble(HELLO));
    const { limits } = watJob(HELLO);
    const loaded = await new ModuleCache({ fileBytes: 2 ** 20 }).get(module, {
      ...limits,
      below: undefined,
    });
    const events: string[] = [];
    const snapshots = new Snapshots({
      directory: () => directory,
      moduleBytes: 2 ** 20,
      memoryBytes: 2 ** 30,
      dropped: () => undefined,
      log: (_level, event) => events.push(event),
    });
    const route: Route = {
      module,
      argv: ['a'],
      env: [],
      preopens: [],
      entryPoint: '_start',
      limits,
      snapshot: { maxAgeMs: 0, watch: [] },
    };
    for (let i = 0; i < 5; i += 1) {
      snapshots.find(route, loaded);
      await snapshots.settled();
    }
    expect(events).to.deep.equal(['snapshot-refused']);
    while (events.length < 2) {
      expect(snapshots.find(route, loaded)).to.equal('refused');
      await snapshots.settled();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});
