// One route's snapshot as the server knows it: what it is made of, and what has become of it.

import type { LoadedModule } from '../module/load.js';
import { compileResettable } from '../module/load.js';
import type { GuestSnapshot } from '../picture.js';
import type { Limits, Preopen, WhyFresh, Snapshot as Wish } from '../run.js';
import type { Snapshot, SnapshotProgram, Source } from './contract.js';
import { stateOf } from './sources.js';
import { type SnapshotStore, keyOf } from './store.js';
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
  /** No other one ever has it. */
  readonly key: string;
  readonly guest: GuestSnapshot;
}

/**
 * The snapshot of one program.
 * - none: nobody has asked, or what there was is gone: requests get a fresh instance
 * - making: it is loaded or built. Requests begin from the one before, if that is only old
 * - ready, refused
 * - crowded: there is no room for it
 */
export interface Entry {
  /** Of its program and what is wanted of it. */
  readonly key: string;
  readonly route: Route;
  readonly wish: Wish;
  readonly loaded: LoadedModule;
  readonly fresh: WebAssembly.Module;
  state: 'none' | 'making' | 'ready' | 'refused' | 'crowded';
  /** Too many others have been asked for since: another entry takes its place. */
  isGone: boolean;
  ready: Ready | undefined;
  /** Of no interest while something is ready. */
  why: WhyFresh;
  /** Of its picture when there was one last; 0 before. */
  bytes: number;
  usedMs: number;
  /** Resolves once it is known whether there is one on disk, and it is loaded; undefined when nobody looks. */
  onDisk: Promise<void> | undefined;
  /** What it depends on: what the program has read, and what is watched. */
  sources: readonly Source[];
  watched: readonly Source[];
  /** When that is looked at next, on the clock of performance.now(). */
  lookAtMs: number;
  /** On the same clock: then another is made. */
  dueAtMs: number;
  /** On the same clock: it is not tried again before. */
  pausesUntilMs: number;
}

export function entryOf(
  key: string,
  route: Route,
  wish: Wish,
  loaded: LoadedModule,
  fresh: WebAssembly.Module,
): Entry {
  return {
    key,
    route,
    wish,
    loaded,
    fresh,
    state: 'none',
    isGone: false,
    ready: undefined,
    why: 'not-ready',
    bytes: 0,
    usedMs: 0,
    onDisk: undefined,
    sources: [],
    watched: [],
    lookAtMs: Infinity,
    dueAtMs: Infinity,
    pausesUntilMs: 0,
  };
}

/** The same for all routes that want the same of the same program. */
export function entryKeyOf(route: Route, wish: Wish, loaded: LoadedModule): string {
  const { timeoutMs, cpuTimeMs } = route.limits;
  const wanted = JSON.stringify([wish, timeoutMs, cpuTimeMs]);
  return `${loaded.key} ${keyOf(programOf(route, loaded))} ${wanted}`;
}

let made = 0;

export async function readyOf(
  { picture, module, large }: Snapshot,
  { route, fresh, loaded }: Entry,
): Promise<Ready> {
  const compiled = await compileResettable(module, route.limits, large);
  made += 1;
  const guest = { picture, module: compiled, fresh, freshKey: loaded.key };
  return { key: `snapshot ${made}`, guest };
}

/** The path of something that is not what it was; undefined too when that cannot be seen just now. */
export function changedOf({ sources, watched, wish }: Entry): string | undefined {
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
export async function current(
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

export function programOf(
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
