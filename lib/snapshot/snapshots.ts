// Which requests may begin from a snapshot: finds it, has it built, and notices when it is due.

import type { Log } from '../log.js';
import { messageOf } from '../errors.js';
import type { LoadedModule } from '../module/load.js';
import type { WhyFresh, Snapshot as Wish } from '../run.js';
import { buildSnapshot } from './builder.js';
import type { Built, Snapshot, SnapshotProgram, Source } from './contract.js';
import {
  type Entry,
  type Ready,
  type Route,
  changedOf,
  current,
  entryKeyOf,
  entryOf,
  programOf,
  readyOf,
} from './entry.js';
import { whoMakesRoom } from './room.js';
import { SnapshotStore, keyOf } from './store.js';
import { Turns } from './turns.js';
import { watchedStates } from './watched.js';

export interface SnapshotsOptions {
  /** Where snapshots are kept; asked when one is needed. */
  readonly directory: () => string;
  /** Largest module file, bytes. */
  readonly moduleBytes: number;
  /** Most that all pictures together may take, bytes. */
  readonly memoryBytes: number;
  /** Pictures asked for within this time stay, ms. Default a minute. */
  readonly inUseMs?: number;
  /** Programs that wait while the snapshot of another is made. Default 32; more have to ask again. */
  readonly waiting?: number;
  /** No run begins from the snapshot of this key any more: whoever has something of it is to let it go. */
  readonly dropped: (key: string) => void;
  readonly log: Log;
}

/** Between two looks at the files of a snapshot: so many times what a look took, within these. */
const LOOK_MS = 500;
const LOOK_MOST_MS = 3_000;
const LOOK_SHARE = 100;
/** After a failure that was not the program's, or when there was no room. */
const AGAIN_MS = 60_000;
/** So many times what it took to refuse a program passes before the next try: others have to have their turn. */
const PAUSE = 9;
const NOBODY_WAITS = (): void => undefined;
/** Routes that are remembered; the one longest unused goes first. */
const MOST_ROUTES = 64;
/** Of them wait at once: one tenant who names ever new programs is not to keep all others waiting. */
const MOST_WAITING = 32;

export class Snapshots {
  readonly #options: SnapshotsOptions;
  #memoryBytes: number;
  readonly #stop = new AbortController();
  readonly #byRoute = new WeakMap<Route, Entry>();
  readonly #entries = new Map<string, Entry>();
  /** One is built at a time. */
  readonly #turns: Turns;
  #isFull = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#memoryBytes = options.memoryBytes;
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
    if (entry?.loaded.key !== loaded.key || entry.isGone) {
      entry = this.#entryOf(route, wish, loaded, loaded.module);
      this.#byRoute.set(route, entry);
    }
    const nowMs = performance.now();
    entry.usedMs = nowMs;
    if (nowMs >= entry.lookAtMs) this.#look(entry, nowMs);
    const isDue = entry.state === 'none' || (nowMs >= entry.dueAtMs && entry.state !== 'making');
    if (isDue && nowMs >= entry.pausesUntilMs) this.#makeSoon(entry);
    return entry.ready ?? entry.why;
  }

  /**
   * To be waited for where `find` has said `not-ready`, and `find` to be asked again then: what was made
   * ahead of time, or before a restart, is loaded faster than a program starts. Undefined when there is
   * nothing to wait for; a build never is.
   */
  arrival(route: Route): Promise<void> | undefined {
    return this.#byRoute.get(route)?.onDisk;
  }

  /** Goes on with another bound for all pictures, bytes: what is over it goes at once. */
  limit(memoryBytes: number): void {
    this.#memoryBytes = memoryBytes;
    for (const entry of whoMakesRoom(this.#held(), 0, memoryBytes, Infinity) ?? [])
      this.#giveUp(entry);
    for (const entry of this.#entries.values()) if (entry.state === 'crowded') entry.dueAtMs = 0;
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
    const key = entryKeyOf(route, wish, loaded);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = entryOf(key, route, wish, loaded, fresh);
    if (this.#entries.size === MOST_ROUTES) {
      const all = [...this.#entries.values()];
      const oldest = all.reduce((one, other) => (other.usedMs < one.usedMs ? other : one));
      this.#entries.delete(oldest.key);
      this.#drop(oldest, 'not-ready');
      oldest.isGone = true;
    }
    this.#entries.set(key, entry);
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
    this.#drop(entry, 'outdated');
    if (entry.state !== 'making') entry.state = 'none';
  }

  /** Requests get fresh instances from now on. */
  #drop(entry: Entry, why: WhyFresh): void {
    const { ready } = entry;
    entry.ready = undefined;
    entry.why = why;
    entry.lookAtMs = Infinity;
    if (ready !== undefined) this.#options.dropped(ready.key);
  }

  /** Each program has one place in the queue, and gets another one only behind all others. */
  #makeSoon(entry: Entry): void {
    let looked = NOBODY_WAITS;
    const onDisk = new Promise<void>((resolve) => (looked = resolve));
    const before = this.#turns.take(() =>
      this.#make(entry, looked).finally(() => {
        looked();
        entry.onDisk = undefined;
      }),
    );
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
    else entry.onDisk = onDisk;
  }

  /** @param looked to be called when it has to be built */
  async #make(entry: Entry, looked: () => void): Promise<void> {
    const { route, wish, loaded } = entry;
    const { log } = this.#options;
    const { module } = route;
    if (this.#stop.signal.aborted || entry.isGone) return;
    try {
      // As large as it was when it had to go: it need not be read to know that.
      if (entry.ready === undefined && this.#roomFor(entry, entry.bytes) === undefined) return;
      entry.watched = watchedStates(wish.watch);
      const program = programOf(route, loaded, entry.watched);
      const store = new SnapshotStore(this.#options.directory());
      let built: Built | undefined;
      let snapshot = entry.ready === undefined ? await current(store, program, wish) : undefined;
      if (snapshot === undefined) {
        looked();
        entry.onDisk = undefined;
        const beganMs = performance.now();
        const result = await this.#build(program);
        if ('reason' in result) {
          const nowMs = performance.now();
          entry.pausesUntilMs = nowMs + PAUSE * (nowMs - beganMs);
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
      if (!(await this.#hold(entry, snapshot))) return;
      if (built === undefined) return log('info', 'snapshot-loaded', { module });
      const { bootMs, requestMs, megabytes } = built;
      log('info', 'snapshot-built', { module, ...rounded({ bootMs, requestMs, megabytes }) });
    } catch (thrown) {
      log('error', 'snapshot-failed', { module, reason: messageOf(thrown) });
      entry.state = entry.why = 'refused';
      this.#waitFor(entry, entry.sources, AGAIN_MS);
    }
  }

  #build(program: SnapshotProgram): ReturnType<typeof buildSnapshot> {
    const { directory, moduleBytes } = this.#options;
    const { signal } = this.#stop;
    return buildSnapshot({ program, directory: directory(), moduleBytes, signal });
  }

  /** @returns false when there is no room for it, or nobody wants it any more */
  async #hold(entry: Entry, snapshot: Snapshot): Promise<boolean> {
    const { length } = snapshot.picture.bytes;
    const going = this.#roomFor(entry, length);
    if (going === undefined) return false;
    for (const one of going) this.#giveUp(one);
    const ready = await readyOf(snapshot, entry);
    if (entry.isGone) return false;
    this.#drop(entry, 'not-ready');
    entry.bytes = length;
    entry.ready = ready;
    entry.state = 'ready';
    const ageMs = Date.now() - snapshot.takenAtMs;
    this.#waitFor(entry, snapshot.sources, entry.wish.maxAgeMs - ageMs);
    return true;
  }

  #held(but?: Entry): Entry[] {
    return [...this.#entries.values()].filter((one) => one !== but && one.ready !== undefined);
  }

  /** Who is to go for so many bytes of this one; undefined when it has to wait. */
  #roomFor(entry: Entry, bytes: number): readonly Entry[] | undefined {
    const { log, inUseMs } = this.#options;
    const limit = this.#memoryBytes;
    const nowMs = performance.now();
    const going = whoMakesRoom(this.#held(entry), bytes, limit, nowMs, inUseMs);
    if (going !== undefined) return going;
    const { module } = entry.route;
    if (entry.why !== 'crowded') log('warn', 'snapshot-crowded', { module, bytes, limit });
    this.#drop(entry, 'crowded');
    entry.state = 'crowded';
    entry.bytes = bytes;
    entry.dueAtMs = nowMs + AGAIN_MS;
    return undefined;
  }

  /** Another one needs its room. It is loaded again when it is asked for. */
  #giveUp(entry: Entry): void {
    const { bytes } = entry;
    this.#options.log('info', 'snapshot-dropped', { module: entry.route.module, bytes });
    this.#drop(entry, 'not-ready');
    if (entry.state !== 'making') entry.state = 'none';
  }

  #waitFor(entry: Entry, sources: readonly Source[], dueMs: number): void {
    const nowMs = performance.now();
    entry.sources = sources;
    entry.lookAtMs = nowMs;
    entry.dueAtMs = nowMs + Math.max(0, dueMs);
  }
}

function rounded(numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, Math.round(value * 10) / 10]),
  );
}
