// Snapshots that are made anew while requests come without a pause: none is lost, none begins with what is
// known to be out of date, and each answer is whole, of one snapshot or one fresh start.

import { expect } from 'chai';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Httpd } from '../../apache/httpd.js';
import { stageProgram } from '../../apache/stage.js';
import { assemble } from '../pool/guests.js';
import { program } from '../snapshot/guests.js';
import { makeSpool } from '../snapshot/spool.js';
import { type Bed, ask, makeBed } from './bed.js';
import { serverUser } from './wirings.js';
import { startHttpd } from '../../apache/httpd.js';

const BUILT = path.basename(path.join(import.meta.dirname, '../..'));
const CLIENTS = 6;
/** Each other one comes while the snapshot of the one before is being made. */
const CHANGES = 6;
const PATIENCE_MS = 120_000;

const HEAD = 'Content-Type: text/plain\\0a\\0a';
/** Before its request it reads the 4 bytes of /file, and takes 4 random ones; it answers them twice. */
const GUEST = program(
  `(call $write (i32.const 1) (i32.const 600) (i32.const ${HEAD.length - 4}))
   (call $write (i32.const 1) (i32.const 8192) (i32.const 8))
   (call $write (i32.const 1) (i32.const 8192) (i32.const 8))`,
  `(if (call $path_open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 4) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8300)) (then unreachable))
   (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 4))
   (drop (call $fd_read (i32.load (i32.const 8300)) (i32.const 0) (i32.const 1) (i32.const 8)))
   (drop (call $fd_close (i32.load (i32.const 8300))))
   (drop (call $random (i32.const 8196) (i32.const 4)))`,
  `(data (i32.const 512) "file") (data (i32.const 600) "${HEAD}")`,
  4,
);

/** One request that was answered. */
interface Seen {
  readonly beganMs: number;
  readonly endedMs: number;
  /** Of the file, and of the start. */
  readonly version: number;
  readonly token: string;
}

/** Clients that ask without a pause. */
class Clients {
  readonly seen: Seen[] = [];
  readonly lost: string[] = [];
  #over = false;
  readonly #all: Promise<void>[];

  constructor(
    private readonly httpd: Httpd,
    private readonly url: string,
  ) {
    this.#all = Array.from({ length: CLIENTS }, () => this.#client());
  }

  /** Resolves with the first that is so and began after this was called. */
  async until(isIt: (seen: Seen) => boolean): Promise<Seen> {
    const fromMs = performance.now();
    for (;;) {
      const found = this.seen.find((one) => one.beganMs >= fromMs && isIt(one));
      if (found !== undefined) return found;
      if (this.#over || this.lost.length > 0) throw new Error(this.lost[0] ?? 'it was stopped');
      await delay(5);
    }
  }

  get isOver(): boolean {
    return this.#over;
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#all);
  }

  async #client(): Promise<void> {
    while (!this.#over) {
      const beganMs = performance.now();
      try {
        const { status, text } = await ask(this.httpd, this.url);
        const half = text.slice(0, 8);
        if (status !== 200 || text !== half + half || !/^\d{4}/.test(half))
          throw new Error(`${status} ${JSON.stringify(text)}`);
        const [version, token] = [Number(half.slice(0, 4)), half.slice(4)];
        this.seen.push({ beganMs, endedMs: performance.now(), version, token });
      } catch (thrown) {
        this.lost.push(String(thrown));
      }
    }
  }
}

/** Requests that began after another had ended, and saw what came before what that one saw. */
function stale(seen: readonly Seen[], rank: (one: Seen) => number): Seen[] {
  const ended = seen.toSorted((one, other) => one.endedMs - other.endedMs);
  let at = 0;
  let most = -Infinity;
  return seen
    .toSorted((one, other) => one.beganMs - other.beganMs)
    .filter((one) => {
      for (
        let next = ended[at];
        next !== undefined && next.endedMs < one.beganMs;
        next = ended[at]
      ) {
        most = Math.max(most, rank(next));
        at += 1;
      }
      return rank(one) < most;
    });
}

const byVersion = ({ version }: Seen): number => version;

describe('apache: snapshots that are made anew under load', () => {
  let bed: Bed;
  let httpd: Httpd;
  let config: (directory: string) => string;
  let clients: Clients | undefined;
  let versions = 1_000;

  /** Exchanges it in one step: nobody reads half of it. */
  async function write(name: string, text: string): Promise<void> {
    await writeFile(bed.at('unfinished'), text);
    await rename(bed.at('unfinished'), bed.at(name));
  }
  /** How often the log has it. */
  const times = async (text: string): Promise<number> =>
    (await readFile(httpd.errorLog, 'utf8')).split(text).length - 1;
  async function said(text: string, wanted: number): Promise<void> {
    while ((await times(text)) < wanted) {
      if (clients?.isOver !== false) throw new Error(`the log has no more of ${text}`);
      await delay(20);
    }
  }
  /** Two of the same start: they began from a snapshot. */
  async function warm(load: Clients, isIt: (seen: Seen) => boolean = () => true): Promise<Seen> {
    for (;;) {
      const { token } = await load.until(isIt);
      const fromMs = performance.now();
      const next = await load.until(({ beganMs }) => beganMs >= fromMs);
      if (next.token === token && isIt(next)) return next;
    }
  }

  before(async () => {
    bed = await makeBed();
    await bed.write('guest.wasm', Buffer.from(assemble(GUEST)));
    for (const name of ['read', 'old', 'new']) {
      await mkdir(bed.at(name));
      await write(`${name}/file`, name === 'new' ? '0002' : '0001');
    }
    await mkdir(bed.at('watched'));
    await makeSpool(bed.at('spool'), await serverUser());
    const command = [...(await stageProgram(bed.dir, BUILT)), '--spool-dir', bed.at('spool')];
    config = (directory) =>
      [
        `WasmCommand ${[...command, '--workers', '2'].join(' ')}\nWasmKeyFile ${bed.at('key')}`,
        section('/read', 'read', ''),
        section('/watching', 'old', `WasmSnapshotWatch ${bed.at('watched')}`),
        section('/directives', directory, ''),
        section('/aging', 'old', 'WasmSnapshotMaxAge 1s'),
      ].join('\n');
    httpd = await startHttpd({
      modules: ['proxy', 'proxy_fcgi', `wasm=${bed.so}`],
      config: config('old'),
    });
  });
  function section(url: string, directory: string, more: string): string {
    return `<Location ${url}>
      SetHandler wasm-handler
      WasmModule ${bed.at('guest.wasm')}
      WasmEnableCGI On
      WasmMapDirReadOnly / ${bed.at(directory)}
      WasmSnapshot On
      ${more}
    </Location>`;
  }
  afterEach(() => clients?.stop());
  after(async () => {
    await httpd?.stop();
    await bed?.clear();
  });

  async function expectNoneLost(load: Clients): Promise<void> {
    await load.stop();
    expect(load.lost).to.deep.equal([]);
  }

  it('serve nothing of before once a file that was read is seen to have changed', async function () {
    this.timeout(PATIENCE_MS);
    const load = new Clients(httpd, '/read');
    clients = load;
    for (let change = 0; change < CHANGES; change += 1) {
      if (change % 2 === 0) await warm(load);
      const before = await times(' snapshot-outdated ');
      versions += 1;
      const now = versions;
      await write('read/file', String(now));
      // The next one comes while another snapshot is made.
      if (change % 2 === 1) continue;
      await said(' snapshot-outdated ', before + 1);
      expect((await load.until(() => true)).version).to.equal(now);
    }
    const last = versions;
    await warm(load, ({ version }) => version === last);
    await expectNoneLost(load);
    expect(stale(load.seen, byVersion)).to.deep.equal([]);
    expect(new Set(load.seen.map(byVersion)).size).to.be.least(1 + CHANGES / 2);
  });

  it('serve nothing of before once something that is watched is seen to have changed', async function () {
    this.timeout(PATIENCE_MS);
    const load = new Clients(httpd, '/watching');
    clients = load;
    for (let change = 0; change < CHANGES / 2; change += 1) {
      const { token } = await warm(load);
      const before = await times(' snapshot-outdated ');
      await write(`watched/file-${change}`, '');
      await said(' snapshot-outdated ', before + 1);
      const fromMs = performance.now();
      await warm(load);
      const after = load.seen.filter(({ beganMs }) => beganMs >= fromMs);
      expect(after.map((one) => one.token)).to.not.include(token);
    }
    await expectNoneLost(load);
    expect(new Set(load.seen.map(byVersion))).to.deep.equal(new Set([1]));
  });

  it('serve nothing of before after a graceful restart with other directives', async function () {
    this.timeout(PATIENCE_MS);
    const load = new Clients(httpd, '/directives');
    clients = load;
    for (const [directory, version] of [
      ['new', 2],
      ['old', 1],
      ['new', 2],
    ] as const) {
      await warm(load);
      await httpd.reconfigure(config(directory));
      await httpd.graceful();
      const fromMs = performance.now();
      await warm(load, (one) => one.version === version);
      const after = load.seen.filter(({ beganMs }) => beganMs >= fromMs);
      expect(new Set(after.map(byVersion))).to.deep.equal(new Set([version]));
    }
    await expectNoneLost(load);
  });

  it('are exchanged for the next when their age is over, and serve until then', async function () {
    this.timeout(PATIENCE_MS);
    const load = new Clients(httpd, '/aging');
    clients = load;
    const tokens: string[] = [];
    let freshFromMs = 0;
    while (tokens.length < 4) {
      const [newest = ''] = tokens.slice(-1);
      const { token, beganMs } = await warm(load, (one) => one.token !== newest);
      if (tokens.length === 0) freshFromMs = beganMs;
      tokens.push(token);
    }
    await expectNoneLost(load);
    // Of the first snapshot or a later one: no request begins fresh in between.
    const seen = load.seen.filter(({ beganMs }) => beganMs >= freshFromMs);
    const order = new Map(
      [...new Set(seen.map(({ token }) => token))].map((token, i) => [token, i]),
    );
    expect(order.size).to.be.within(tokens.length, tokens.length + 3);
    expect(stale(seen, ({ token }) => order.get(token) ?? -1)).to.deep.equal([]);
  });
});
