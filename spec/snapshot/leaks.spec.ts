// Each request leaves a secret in all that it can reach, in every way in which a run can end. The next ones
// look for it wherever they can; where they cannot, this process looks.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../../lib/channel/contract.js';
import { packStrings } from '../../lib/channel/strings.js';
import { Pool } from '../../lib/pool/pool.js';
import type { GuestSnapshot, SnapshotPicture } from '../../lib/picture.js';
import type { Outcome, Preopen } from '../../lib/run.js';
import type { GuestStdio } from '../../lib/worker/guest.js';
import { WasiHost } from '../../lib/wasi/host.js';
import { KeptBytes } from '../../lib/worker/kept.js';
import { SnapshotProgram } from '../../lib/worker/snapshot.js';
import { Listener, runToEnd, submit } from '../pool/listener.js';
import { jobsOf } from './guests.js';
import { HUNTER, SECRET_BYTES, foundIn, requestOf } from './hunter.js';

const MARK = randomBytes(8);
/** No NUL, which would end a variable. */
function makeSecret(): string {
  const bytes = Buffer.concat([MARK, randomBytes(SECRET_BYTES - MARK.length)]);
  return Buffer.from(bytes.map((byte) => byte | 1)).toString('latin1');
}

const KINDS: Readonly<Record<string, Outcome['kind']>> = {
  p: 'exit',
  x: 'exit',
  t: 'trap',
  s: 'trap',
  g: 'exit',
  G: 'exit',
  m: 'trap',
  l: 'timeout',
  b: 'timeout',
};
/** What a memory may have to be kept, bytes (lib/worker/snapshot.ts). */
const MOST_KEPT = 256 * 65_536;
const ENDS_BY_ITSELF = ['p', 'x', 't', 's', 'g', 'G', 'm'];

const asked = (job: Job, how: string): Job => {
  const secret = makeSecret();
  return { ...job, args: ['guest'], env: [requestOf(how, secret), `AGAIN=${secret}`] };
};
const patient = (job: Job): Job => ({ ...job, limits: { ...job.limits, timeoutMs: 60_000 } });

describe('the secrets of a request', () => {
  let directory: string;
  let pool: Pool;
  let warm: Job;
  let fresh: Job;
  let guest: GuestSnapshot;
  let picture: SnapshotPicture;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'secrets-'));
    writeFileSync(join(directory, 'file'), 'of before');
    const preopens: Preopen[] = ['/', '/more'].map((name) => {
      return { guest: name, host: directory, readOnly: true };
    });
    const limits = { timeoutMs: 400, memoryBytes: 1_000 * 65_536, openFiles: 64 };
    const jobs = await jobsOf(HUNTER, { preopens, limits });
    ({ warm, fresh } = jobs);
    ({ picture } = jobs.snapshot);
    if (!('picture' in warm.module)) throw new Error('it has no snapshot');
    guest = warm.module;
    // Else no secret could lie before it.
    expect(picture.start).to.be.at.least(16);
  });
  beforeEach(() => {
    pool = new Pool({ workers: 1, queue: 1_000, queueTimeoutMs: 60_000, log: () => undefined });
  });
  afterEach(() => pool.close());
  after(() => rmSync(directory, { recursive: true }));

  const look = async (job: Job, how = 'p'): Promise<string[]> => {
    const { stdout } = await runToEnd(pool, patient(asked(job, how)));
    return foundIn(stdout);
  };

  it('are looked for by a guest that sees its own in a fresh instance as well', async () => {
    expect(await look(fresh)).to.deep.equal([]);
    expect(await look(fresh)).to.deep.equal([]);
  });

  it('would be found: a guest that is shown those of another says so', async () => {
    const job = asked(warm, 'p');
    const { stdout } = await runToEnd(pool, { ...job, env: [...job.env, `OF=${makeSecret()}`] });
    expect(foundIn(stdout)).to.deep.equal(['a secret in memory']);
  });

  for (const [how, kind] of Object.entries(KINDS)) {
    it(`are found by none that follow one that ends so: ${how} (${kind})`, async () => {
      for (let round = 0; round < 2; round += 1) {
        const job = asked(warm, how);
        const { outcome, stdout } = await runToEnd(pool, kind === 'timeout' ? job : patient(job));
        expect(outcome.kind).to.equal(kind);
        // A thread that is ended by force takes with it what its guest has not passed on.
        if (kind !== 'timeout') expect(foundIn(stdout)).to.deep.equal([]);
        for (let i = 0; i < 3; i += 1) expect(await look(warm)).to.deep.equal([]);
      }
    });
  }

  it('are found by none that follow one whose processor time is over', async () => {
    const job = asked(warm, 'l');
    const limits = { ...job.limits, timeoutMs: 20_000, cpuTimeMs: 100 };
    const { outcome } = await runToEnd(pool, { ...job, limits });
    expect(outcome).to.include({ kind: 'limit', limit: 'cpuTimeMs' });
    for (let i = 0; i < 3; i += 1) expect(await look(warm)).to.deep.equal([]);
  });

  for (const how of ['b', 'o']) {
    it(`are found by none that follow one whose client has gone: ${how}`, async () => {
      for (let round = 0; round < 3; round += 1) {
        const listener = new Listener();
        const run = submit(pool, patient(asked(warm, how)), listener);
        await new Promise<void>((seen) => (listener.onStdout = seen));
        run.abort();
        expect((await listener.outcome).kind).to.equal('aborted');
        for (let i = 0; i < 3; i += 1) expect(await look(warm)).to.deep.equal([]);
      }
    });
  }

  it('are found by none where several threads share the picture, which stays as it was', async () => {
    const before = Buffer.from(picture.bytes);
    const threads = new Pool({
      workers: 3,
      queue: 1_000,
      queueTimeoutMs: 60_000,
      log: () => undefined,
    });
    try {
      const hows = Array.from(
        { length: 120 },
        (_, i) => ENDS_BY_ITSELF[i % ENDS_BY_ITSELF.length] ?? 'p',
      );
      const results = await Promise.all(
        hows.map((how) => runToEnd(threads, patient(asked(warm, how)))),
      );
      expect(results.map(({ stdout }) => foundIn(stdout))).to.deep.equal(hows.map(() => []));
    } finally {
      await threads.close();
    }
    expect(Buffer.from(picture.bytes).equals(before)).to.equal(true);
  });

  it('are nowhere in what a thread keeps, from its first byte to the last and in every number', () => {
    const made = new Made();
    const outcomes: Outcome['kind'][] = [];
    try {
      const program = new SnapshotProgram(guest, new WasiHost(), new KeptBytes(), () => undefined);
      for (const how of [...ENDS_BY_ITSELF, ...ENDS_BY_ITSELF]) {
        const { env, ...grant } = asked(warm, how);
        const start = { ...START, env: packStrings(env) };
        outcomes.push(program.run(start, grant, silent()).kind);
        program.recycle();
        made.expectAsIn(picture);
        expect(openIn(directory)).to.deep.equal([]);
      }
    } finally {
      made.end();
    }
    expect(outcomes).to.deep.equal([...ENDS_BY_ITSELF, ...ENDS_BY_ITSELF].map((how) => KINDS[how]));
    // One that grew to more than is kept, twice two of them, and the first.
    expect(made.memories.length).to.be.within(2, 5);
  });
});

/** What this process has open there. */
function openIn(directory: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(join('/proc/self/fd', fd));
      } catch {
        return '';
      }
    })
    .filter((target) => target.startsWith(directory));
}

const START = {
  run: 1,
  slot: 0,
  module: undefined,
  forget: undefined,
  grantSlot: 0,
  grant: undefined,
  hasBody: false,
};

/** For a run on this thread: no body, and nobody listens. */
function silent(): GuestStdio {
  const ignore = { write: () => undefined, flush: () => undefined, offer: () => undefined };
  const stdin = { available: 0, ended: true, read: () => 0, wait: () => true };
  return {
    stdin,
    stdout: ignore,
    stderr: ignore,
    wait: (ready) => ready(),
    reached: () => undefined,
  };
}

/** Remembers each memory and instance that is made while it looks. */
class Made {
  readonly memories: WebAssembly.Memory[] = [];
  readonly #instances: WebAssembly.Instance[] = [];
  readonly #before = { Memory: WebAssembly.Memory, Instance: WebAssembly.Instance };

  constructor() {
    const { memories } = this;
    const instances = this.#instances;
    class Memory extends this.#before.Memory {
      constructor(type: { initial: number; maximum?: number }) {
        super(type);
        memories.push(this);
      }
    }
    class Instance extends this.#before.Instance {
      constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
        super(module, imports);
        instances.push(this);
      }
    }
    Object.assign(WebAssembly, { Memory, Instance });
  }

  end(): void {
    Object.assign(WebAssembly, this.#before);
  }

  /** The last one, with all pages that it ever had, also those that its guest does not know of; one that was given up is of no interest. */
  expectAsIn({ start, bytes, globals }: SnapshotPicture): void {
    const [memory, instance] = [this.memories.at(-1), this.#instances.at(-1)];
    if (memory === undefined || instance === undefined) throw new Error('none was made');
    const { buffer } = memory;
    if (buffer.byteLength > MOST_KEPT) return;
    const expected = Buffer.alloc(buffer.byteLength);
    expected.set(bytes, start);
    expect(Buffer.from(buffer).equals(expected), 'memory').to.equal(true);
    for (const [name, value] of globals) {
      const global = instance.exports[name];
      expect(global instanceof WebAssembly.Global && Object.is(global.value, value), name).to.equal(
        true,
      );
    }
    expect(globals.length).to.be.at.least(8);
    const { table } = instance.exports;
    expect(table instanceof WebAssembly.Table && table.length).to.equal(4);
  }
}
