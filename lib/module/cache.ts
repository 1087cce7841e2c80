// Compiled modules by path: found again by one stat, noticed at once when the file has changed.

import { RequestError } from '../errors.js';
import { RecentlyUsed } from '../recent.js';
import { type FileState, type ModuleFile, isSameState, readModuleFile, stateAt } from './file.js';
import { type LoadedModule, compileModule } from './load.js';
import type { SizeLimits } from './patch.js';

export interface ModuleCacheOptions {
  /** Largest module file, bytes. */
  readonly fileBytes: number;
  /**
   * Modules, and failures, that are remembered whatever their size; the longest unused goes first.
   * Default 64. Beyond that, up to 16 times as many while all their files together have `smallBytes`.
   */
  readonly entries?: number;
  /** Default 64 MiB. */
  readonly smallBytes?: number;
  /** Called when a module was compiled, with the path that asked for it and what it took. */
  readonly compiled?: (path: string, ms: number) => void;
}

export interface ModuleRequest extends SizeLimits {
  /** Set when a tenant named the path: the directory the file really must lie beneath. */
  readonly below?: string | undefined;
}

interface Entry {
  readonly state: FileState;
  /** A file that had just been changed when it was read may change again within the same tick. */
  readonly isSettled: boolean;
  readonly result: LoadedModule | RequestError;
}

/** Coarser than the clock of any file system this runs on (a kernel tick is at most 10 ms). */
const SETTLED_MS = 50;

/** So many times as many entries are remembered where their files are small. */
const MANY_FEW = 16;

/** While a file is written over, it is not whole: for so long after a change its old version serves. */
const WRITING_MS = 2_000;

/** Other failures may pass without any change of the file: permissions above it, too many open files. */
const FAULTS_OF_THE_BYTES: ReadonlySet<string> = new Set([
  'MODULE_TOO_LARGE',
  'MODULE_NOT_WASM',
  'MODULE_INVALID',
  'MODULE_TOO_MUCH_MEMORY',
  'MODULE_TABLE_TOO_LARGE',
]);

export class ModuleCache {
  readonly #fileBytes: number;
  readonly #compiled: (path: string, ms: number) => void;
  readonly #fewEntries: number;
  readonly #smallBytes: number;
  readonly #entries: RecentlyUsed<Entry>;
  readonly #loading = new Map<string, Promise<LoadedModule>>();
  readonly #compiling = new Map<string, ReturnType<typeof compileModule>>();

  constructor({
    fileBytes,
    entries = 64,
    smallBytes = 64 * 1024 * 1024,
    compiled = () => {},
  }: ModuleCacheOptions) {
    this.#fileBytes = fileBytes;
    this.#fewEntries = entries;
    this.#smallBytes = smallBytes;
    this.#entries = new RecentlyUsed(MANY_FEW * entries);
    this.#compiled = compiled;
  }

  /**
   * The module, if it is loaded and its file has not changed: one stat, no waiting.
   * @param path absolute, a byte string
   */
  peek(path: string, request: ModuleRequest): LoadedModule | undefined {
    const result = this.#find(lookupKey(path, request), stateAt(path));
    return result instanceof RequestError ? undefined : result;
  }

  /**
   * The module, loaded if need be; at the same time asked for twice it is loaded once. Who holds the
   * answer keeps running it when the file changes afterwards.
   * @throws RequestError MODULE_NOT_FOUND, MODULE_NOT_READABLE, MODULE_TOO_LARGE, MODULE_NOT_WASM,
   *   MODULE_INVALID, MODULE_TOO_MUCH_MEMORY, MODULE_TABLE_TOO_LARGE; those about the bytes are remembered until the file changes
   */
  async get(path: string, request: ModuleRequest): Promise<LoadedModule> {
    const lookup = lookupKey(path, request);
    const state = stateAt(path);
    const found = this.#find(lookup, state);
    if (found instanceof RequestError) throw found;
    if (found !== undefined) return found;
    // A change while it is loaded is another load, so nobody is given what was there before he asked.
    const loadKey = `${state?.ino} ${state?.size} ${state?.ctimeNs}\0${lookup}`;
    const running = this.#loading.get(loadKey);
    if (running !== undefined) return running;
    const load = this.#load(path, request, lookup, state);
    this.#loading.set(loadKey, load);
    try {
      return await load;
    } finally {
      this.#loading.delete(loadKey);
    }
  }

  #find(lookup: string, state: FileState | undefined): Entry['result'] | undefined {
    const entry = this.#entries.find(lookup);
    if (entry === undefined || !(state && isSameState(state, entry.state)) || !entry.isSettled)
      return undefined;
    this.#entries.use(lookup);
    return entry.result;
  }

  async #load(
    path: string,
    request: ModuleRequest,
    lookup: string,
    state: FileState | undefined,
  ): Promise<LoadedModule> {
    const isSettled = state !== undefined && ageMs(state) >= SETTLED_MS;
    const remember = (result: Entry['result']): void => {
      if (state !== undefined) this.#remember(lookup, { state, isSettled, result });
    };
    try {
      const file = await readModuleFile(path, request.below, this.#fileBytes);
      const loaded = await this.#compile(path, file, request);
      remember(loaded);
      return loaded;
    } catch (thrown) {
      if (!(thrown instanceof RequestError && FAULTS_OF_THE_BYTES.has(thrown.code))) throw thrown;
      const before = this.#entries.find(lookup)?.result;
      const isWriting = state !== undefined && ageMs(state) < WRITING_MS;
      if (isWriting && before !== undefined && !(before instanceof RequestError)) return before;
      remember(thrown);
      throw thrown;
    }
  }

  #remember(lookup: string, entry: Entry): void {
    this.#entries.add(lookup, entry);
    while (this.#entries.size > this.#fewEntries && this.#heldBytes() > this.#smallBytes)
      this.#entries.forgetOldest();
  }

  /** Of the files of all modules that are remembered. */
  #heldBytes(): bigint {
    let bytes = 0n;
    for (const { state, result } of this.#entries.values())
      if (!(result instanceof RequestError)) bytes += state.size;
    return bytes;
  }

  /** The same bytes under the same limits are one Module, wherever they lie. */
  async #compile(path: string, file: ModuleFile, limits: SizeLimits): Promise<LoadedModule> {
    const key = `${file.sha256}:${limits.memoryBytes}:${limits.tableElements}`;
    for (const { result } of this.#entries.values()) {
      if (!(result instanceof RequestError) && result.key === key) return { ...result, path };
    }
    let compiling = this.#compiling.get(key);
    if (compiling === undefined) {
      compiling = this.#compileOnce(path, file, limits);
      this.#compiling.set(key, compiling);
    }
    try {
      return { ...(await compiling), key, path };
    } finally {
      this.#compiling.delete(key);
    }
  }

  async #compileOnce(
    path: string,
    file: ModuleFile,
    limits: SizeLimits,
  ): ReturnType<typeof compileModule> {
    const start = performance.now();
    const compiled = await compileModule(path, file.bytes, limits);
    this.#compiled(path, performance.now() - start);
    return compiled;
  }
}

/** NUL occurs in no path. */
function lookupKey(path: string, request: ModuleRequest): string {
  const { memoryBytes, tableElements, below = '' } = request;
  return `${memoryBytes} ${tableElements}\0${below}\0${path}`;
}

/** Since its last change; a clock that was set back makes no file young. */
function ageMs({ ctimeNs }: FileState): number {
  return Math.abs(Date.now() - Number(ctimeNs / 1_000_000n));
}
