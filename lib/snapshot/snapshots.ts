// Which requests may begin from a snapshot: finds it, has it built, and notices when it is due.

import type { Log } from '../log.js';
import { messageOf } from '../errors.js';
import type { LoadedModule } from '../module/load.js';
import { compileResettable } from '../module/load.js';
import type { GuestSnapshot } from '../picture.js';
import type { Limits, Preopen, WhyFresh, Snapshot as Wish } from '../run.js';
import { buildSnapshot } from './builder.js';
import type { Built, Snapshot, SnapshotProgram, Source } from './contract.js';
import { stateOf } from './sources.js';
import { SnapshotStore, keyOf } from './store.js';
import { Turns } from './turns.js';
import { watchedStates } from './watched.js';

/** What a route's configuration says of its program: a Grant (lib/config/policy.ts). */
export interface Route {
  readonly module: string;
  readonly moduleBelow?: string | undefined;
  readonly argv: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly preopens: readonly Preopen[];
  readonly entryPoint: string;
  readonly limits: Limits;
  readonly snapshot?: Wish;
}

/** What a run begins from. */
export interface Ready {
  /** The same key always means the same program; another snapshot takes the place of the one before. */
  readonly key: string;
  readonly guest: GuestSnapshot;
}

export interface SnapshotsOptions {
  /** Where snapshots are kept; asked when one is needed. */
  readonly directory: () => string;
  /** Largest module file, bytes. */
  readonly moduleBytes: number;
  /** Programs that wait while the snapshot of another is made. Default 32; more have to ask again. */
  readonly waiting?: number;
  readonly log: Log;
}

/** Between two looks at the files of a snapshot: so many times what a look took, within these. */
const LOOK_MS = 500;
const LOOK_MOST_MS = 3_000;
const LOOK_SHARE = 100;
/** After a failure that was not the program's. */
const AGAIN_MS = 60_000;
/** Routes that are remembered; the oldest goes first. */
const MOST_ROUTES = 64;
/** Of them wait at once: one tenant who names ever new programs is not to keep all others waiting. */
const MOST_WAITING = 32;

/**
 * The snapshot of one program.
 * - none: nobody has asked, or what there was is out of date: requests get a fresh instance
 * - making: it is loaded or built. Requests begin from the one before, if that is only old
 * - ready, refused
 */
interface Entry {
  readonly key: string;
  readonly route: Route;
  readonly wish: Wish;
  readonly loaded: LoadedModule;
  readonly fresh: WebAssembly.Module;
  state: 'none' | 'making' | 'ready' | 'refused';
  ready: Ready | undefined;
  /** Of no interest while something is ready. */
  why: WhyFresh;
  /** What it depends on: what the program has read, and what is watched. */
  sources: readonly Source[];
  watched: readonly Source[];
  /** When that is looked at next, on the clock of performance.now(). */
  lookAtMs: number;
  /** On the same clock: then another is made. */
  dueAtMs: number;
}

export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #stop = new AbortController();
  readonly #byRoute = new WeakMap<Route, Entry>();
  readonly #entries = new Map<string, Entry>();
  /** One is built at a time. */
  readonly #turns: Turns;
  #isFull = false;
  #made = 0;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#turns = new Turns(options.waiting ?? MOST_WAITING);
  }

  /**
   * What a request of `route` may begin from now, or why that is a fresh instance; undefined for a
   * route that wants no snapshots. Never waits: what there is to do is begun.
   */
  find(route: Route, loaded: LoadedModule): Ready | WhyFresh | undefined {
    const { snapshot: wish } = route;
    if (wish === undefined) return undefined;
    if (!(loaded.module instanceof WebAssembly.Module)) return 'component';
    let entry = this.#byRoute.get(route);
    if (entry?.loaded.key !== loaded.key) {
      entry = this.#entryOf(route, wish, loaded, loaded.module);
      this.#byRoute.set(route, entry);
    }
    const nowMs = performance.now();
    if (nowMs >= entry.lookAtMs) this.#look(entry, nowMs);
    if (entry.state === 'none' || (nowMs >= entry.dueAtMs && entry.state !== 'making'))
      this.#makeSoon(entry);
    return entry.ready ?? entry.why;
  }

  /** Resolves once nothing is being made. */
  settled(): Promise<void> {
    return this.#turns.over();
  }

  /** Ends what is being built. */
  close(): void {
    this.#stop.abort();
  }

  #entryOf(route: Route, wish: Wish, loaded: LoadedModule, fresh: WebAssembly.Module): Entry {
    const key = `${loaded.key} ${keyOf(programOf(route, loaded))} ${JSON.stringify(wish)}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    this.#made += 1;
    const entry: Entry = {
      key: `snapshot ${this.#made}`,
      route,
      wish,
      loaded,
      fresh,
      state: 'none',
      ready: undefined,
      why: 'not-ready',
      sources: [],
      watched: [],
      lookAtMs: Infinity,
      dueAtMs: Infinity,
    };
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ROUTES && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }

  /** A change is seen by the next request: what was read before it is served to nobody. */
  #look(entry: Entry, startMs: number): void {
    const changed = changedOf(entry);
    const nowMs = performance.now();
    const restMs = Math.max(LOOK_MS, LOOK_SHARE * (nowMs - startMs));
    entry.lookAtMs = nowMs + Math.min(LOOK_MOST_MS, restMs);
    if (changed === undefined) return;
    this.#options.log('info', 'snapshot-outdated', { module: entry.route.module, changed });
    entry.ready = undefined;
    entry.why = 'outdated';
    if (entry.state !== 'making') entry.state = 'none';
    entry.lookAtMs = Infinity;
  }

  /** Each program has one place in the queue, and gets another one only behind all others. */
  #makeSoon(entry: Entry): void {
    const before = this.#turns.take(() => this.#make(entry));
    const { module } = entry.route;
    if (before === 'full') {
      if (!this.#isFull) this.#options.log('warn', 'snapshot-queue-full', { module });
      this.#isFull = true;
      return;
    }
    this.#isFull = false;
    entry.state = 'making';
    entry.dueAtMs = Infinity;
    if (before > 0) this.#options.log('info', 'snapshot-waits', { module, before });
  }

  async #make(entry: Entry): Promise<void> {
    const { route, wish, loaded } = entry;
    const { log } = this.#options;
    const { module } = route;
    if (this.#stop.signal.aborted) return;
    try {
      entry.watched = watchedStates(wish.watch);
      const program = programOf(route, loaded, entry.watched);
      const directory = this.#options.directory();
      const store = new SnapshotStore(directory);
      let built: Built | undefined;
      let snapshot = entry.ready === undefined ? await current(store, program, wish) : undefined;
      if (snapshot === undefined) {
        const { moduleBytes } = this.#options;
        const result = await buildSnapshot({
          program,
          directory,
          moduleBytes,
          signal: this.#stop.signal,
        });
        if ('reason' in result) {
          const { reason, change, sources = [] } = result;
          log('warn', 'snapshot-refused', { module, reason, change });
          entry.state = entry.why = 'refused';
          return this.#waitFor(entry, sources, wish.maxAgeMs);
        }
        built = result;
        snapshot = await store.read(keyOf(program));
        if (snapshot === undefined) throw new Error('what was built cannot be read');
        if (snapshot.stderr !== '')
          log('warn', 'snapshot-stderr', { module, text: snapshot.stderr });
      }
      entry.ready = await readyOf(snapshot, entry);
      entry.state = 'ready';
      const ageMs = Date.now() - snapshot.takenAtMs;
      this.#waitFor(entry, snapshot.sources, wish.maxAgeMs - ageMs);
      if (built === undefined) return log('info', 'snapshot-loaded', { module });
      const { bootMs, requestMs, megabytes } = built;
      log('info', 'snapshot-built', { module, ...rounded({ bootMs, requestMs, megabytes }) });
    } catch (thrown) {
      log('error', 'snapshot-failed', { module, reason: messageOf(thrown) });
      entry.state = entry.why = 'refused';
      this.#waitFor(entry, entry.sources, AGAIN_MS);
    }
  }

  #waitFor(entry: Entry, sources: readonly Source[], dueMs: number): void {
    const nowMs = performance.now();
    entry.sources = sources;
    entry.lookAtMs = nowMs;
    entry.dueAtMs = nowMs + Math.max(0, dueMs);
  }
}

async function readyOf(
  { picture, module }: Snapshot,
  { key, route, fresh }: Entry,
): Promise<Ready> {
  const compiled = await compileResettable(module, route.limits);
  return { key, guest: { picture, module: compiled, fresh } };
}

/** The path of something that is not what it was; undefined too when that cannot be seen just now. */
function changedOf({ sources, watched, wish }: Entry): string | undefined {
  const source = sources.find(({ path, state }) => stateOf(path) !== state);
  if (source !== undefined || watched.length === 0) return source?.path;
  try {
    const now = watchedStates(wish.watch);
    return watched.find(({ state }, index) => now[index]?.state !== state)?.path;
  } catch {
    return undefined;
  }
}

/** What is stored, if it is of these files and not too old. */
async function current(
  store: SnapshotStore,
  program: SnapshotProgram,
  { maxAgeMs }: Wish,
): Promise<Snapshot | undefined> {
  const snapshot = await store.read(keyOf(program));
  if (snapshot === undefined) return undefined;
  const ageMs = Date.now() - snapshot.takenAtMs;
  const isSame = snapshot.sources.every(({ path, state }) => stateOf(path) === state);
  return isSame && ageMs >= 0 && ageMs < maxAgeMs ? snapshot : undefined;
}

function programOf(
  { module, moduleBelow, argv, env, preopens, entryPoint, limits }: Route,
  { key }: LoadedModule,
  watched: readonly Source[] = [],
): SnapshotProgram {
  return {
    module,
    below: moduleBelow,
    sha256: key.slice(0, key.indexOf(':')),
    args: argv,
    env: env.map(([name, value]) => `${name}=${value}`),
    preopens,
    entryPoint,
    limits,
    watched,
  };
}

function rounded(numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, Math.round(value * 10) / 10]),
  );
}
