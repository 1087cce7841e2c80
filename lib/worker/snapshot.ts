// A program that begins each run where it asked for its request: memory and numbers as in the picture,
// then its stack taken up again.

import type { RunGrant, StartMessage } from '../channel/contract.js';
import { unpackStrings } from '../channel/strings.js';
import { errnoOf } from '../wasi/errno.js';
import type { WasiHost } from '../wasi/host.js';
import { restoreHost } from '../wasi/picture.js';
import { REQUEST_DIRECTORY } from '../wasi/request.js';
import { ENVIRONMENT_ROOM, type GuestSnapshot, type SnapshotPicture } from '../picture.js';
import type { Outcome, WhyFresh } from '../run.js';
import { type GuestStdio, runGuest } from './guest.js';
import { type Instances, MEMORY_NAMESPACE } from './instances.js';
import type { KeptBytes } from './kept.js';
import { outcomeOf } from './outcome.js';
import { type Program, linkProgram } from './program.js';

const NAMESPACES = ['wasi_snapshot_preview1', 'wasi_unstable'] as const;
const PAGE_BYTES = 65_536;
/** A memory that is this many times as large as the picture is given up, unless that is small. */
const MOST_TIMES = 4;
const SMALL_PAGES = 256;

/** An instance as the picture shows it, and its memory. */
interface Standing {
  readonly memory: WebAssembly.Memory;
  readonly instance: WebAssembly.Instance;
}

export class SnapshotProgram {
  readonly #snapshot: GuestSnapshot;
  readonly #host: WasiHost;
  readonly #kept: KeptBytes;
  readonly #tellFresh: (why: WhyFresh) => void;
  readonly #imports: WebAssembly.Imports;
  readonly #memoryName: string;
  readonly #maximumPages: number;
  /** For requests that the snapshot cannot serve. */
  #fresh: Program | undefined;
  #standing: Standing | undefined;
  /** The next read is that of the request, and the stack is as it was when it has been reached. */
  #rewinds = false;
  #usedFresh = false;
  /** The program itself wants to be begun anew. */
  #isDeclined = false;

  /**
   * @param kept what the thread's programs keep between runs
   * @param tellFresh hears of each run that the snapshot cannot serve
   */
  constructor(
    snapshot: GuestSnapshot,
    host: WasiHost,
    kept: KeptBytes,
    tellFresh: (why: WhyFresh) => void,
  ) {
    this.#snapshot = snapshot;
    this.#host = host;
    this.#kept = kept;
    this.#tellFresh = tellFresh;
    this.#imports = host.importsFor(snapshot.module);
    for (const namespace of NAMESPACES) {
      const known = this.#imports[namespace] ?? {};
      const { fd_read: read } = known;
      this.#imports[namespace] = Object.assign(Object.create(null), known, {
        fd_read: (fd: number, iovecs: number, count: number, size: number): unknown => {
          if (this.#rewinds) this.#arrived();
          return typeof read === 'function'
            ? Reflect.apply(read, undefined, [fd, iovecs, count, size])
            : 0;
        },
      });
    }
    const wanted = WebAssembly.Module.imports(snapshot.module);
    this.#memoryName = wanted.find(({ module }) => module === MEMORY_NAMESPACE)?.name ?? '';
    this.#maximumPages = Number(this.#memoryName.split(' ')[2]);
  }

  /** What is kept between runs: here it is one instance. */
  get instances(): Pick<Instances, 'recycle' | 'forget'> {
    return this;
  }

  /** Runs it to its end on this thread. Never throws. */
  run(start: StartMessage, grant: RunGrant, stdio: GuestStdio): Outcome {
    this.#usedFresh = false;
    this.#isDeclined = false;
    const outcome = this.#runFromPicture(start, grant, stdio);
    // A guest may swallow the exception by which it was ended.
    if (this.#isDeclined) return this.#runFresh('declined', start, grant, stdio);
    return outcome ?? this.#runFresh('file-changed', start, grant, stdio);
  }

  /** @returns undefined when a fresh instance has to serve the request, and this one has not begun */
  #runFromPicture(start: StartMessage, grant: RunGrant, stdio: GuestStdio): Outcome | undefined {
    const { args, preopens, limits, entryPoint } = grant;
    const { picture } = this.#snapshot;
    try {
      const env = unpackStrings(start.env);
      const { stdin, stdout, stderr, wait, reached } = stdio;
      this.#host.begin({
        args,
        env,
        preopens,
        requestDirectory: REQUEST_DIRECTORY,
        limits,
        stdin,
        stdout,
        stderr,
        wait,
        reached,
        declined: this.#declined,
      });
      if (!this.#opens()) return undefined;
      const { instance, memory } = (this.#standing ??= this.#stand());
      writeEnvironment(memory.buffer, picture, env);
      this.#host.bind(memory, globalOf(instance, picture.globals.at(-1)?.[0] ?? ''));
      const entry = instance.exports[entryPoint];
      if (typeof entry !== 'function') throw new Error(`there is no ${entryPoint} in the snapshot`);
      this.#rewinds = true;
      Reflect.apply(entry, undefined, []);
      return { kind: 'exit', code: 0 };
    } catch (thrown) {
      return outcomeOf(thrown);
    } finally {
      this.#rewinds = false;
      this.#host.end();
    }
  }

  readonly #declined = (): void => {
    this.#isDeclined = true;
  };

  /** Makes all as in the picture again, however the run ended. */
  recycle(): void {
    if (this.#usedFresh) this.#fresh?.instances.recycle();
    const standing = this.#standing;
    if (standing === undefined || (this.#usedFresh && !this.#isDeclined)) return;
    const { buffer } = standing.memory;
    const pages = buffer.byteLength / PAGE_BYTES;
    const { picture } = this.#snapshot;
    const most = Math.max(MOST_TIMES * picture.pages, SMALL_PAGES);
    if (pages > most || !this.#kept.hold(this, buffer.byteLength)) return this.#giveUp();
    paint(standing, picture);
  }

  /** Gives up all that is kept. */
  forget(): void {
    this.#giveUp();
    this.#fresh?.instances.forget();
  }

  #giveUp(): void {
    this.#standing = undefined;
    this.#kept.release(this);
  }

  /** False when a file of the snapshot is not there any more, or is another: the program has to look for itself. */
  #opens(): boolean {
    try {
      restoreHost(this.#host.guest, this.#snapshot.picture.host);
      return true;
    } catch (thrown) {
      if (errnoOf(thrown) === undefined) throw thrown;
      return false;
    }
  }

  #runFresh(why: WhyFresh, start: StartMessage, grant: RunGrant, stdio: GuestStdio): Outcome {
    this.#usedFresh = true;
    this.#tellFresh(why);
    this.#fresh ??= linkProgram(this.#snapshot.fresh, this.#host, this.#kept);
    return runGuest(start, grant, this.#fresh, this.#host, stdio);
  }

  /** @throws RangeError when there is no memory to be had */
  #stand(): Standing {
    const { picture, module } = this.#snapshot;
    const memory = new WebAssembly.Memory({ initial: picture.pages, maximum: this.#maximumPages });
    this.#imports[MEMORY_NAMESPACE] = { [this.#memoryName]: memory };
    const standing = { memory, instance: new WebAssembly.Instance(module, this.#imports) };
    paint(standing, picture);
    return standing;
  }

  /** The stack is taken up: what it was read from goes, as does every trace of Asyncify. */
  #arrived(): void {
    this.#rewinds = false;
    if (this.#standing === undefined) return;
    const { instance, memory } = this.#standing;
    const { state, data, at, bytes } = this.#snapshot.picture.stack;
    setGlobal(instance, state, 0);
    setGlobal(instance, data, 0);
    new Uint8Array(memory.buffer, at, bytes).fill(0);
  }
}

/** Every byte and every number as in the picture; the instance has no other state (lib/module/reset.ts). */
function paint({ memory, instance }: Standing, { start, bytes, globals }: SnapshotPicture): void {
  const all = new Uint8Array(memory.buffer);
  all.fill(0, 0, start);
  all.set(bytes, start);
  all.fill(0, start + bytes.length);
  for (const [name, value] of globals) setGlobal(instance, name, value);
}

function setGlobal(instance: WebAssembly.Instance, name: string, value: number | bigint): void {
  globalOf(instance, name).value = value;
}

function globalOf({ exports }: WebAssembly.Instance, name: string): WebAssembly.Global {
  const global = exports[name];
  if (!(global instanceof WebAssembly.Global)) throw new Error(`the snapshot has no ${name}`);
  return global;
}

/** Puts the request's variables where the program has been told that its environment is. */
function writeEnvironment(
  buffer: ArrayBuffer,
  { environment }: SnapshotPicture,
  env: readonly string[],
): void {
  for (const { list, bytes } of environment) {
    const pointers = new DataView(buffer, list, ENVIRONMENT_ROOM.entries * 4);
    const strings = Buffer.from(buffer, bytes, ENVIRONMENT_ROOM.bytes);
    strings.write(`${env.join('\0')}\0`, 'latin1');
    let at = bytes;
    for (let entry = 0; entry < ENVIRONMENT_ROOM.entries; entry += 1) {
      const string = env[entry];
      pointers.setUint32(entry * 4, string === undefined ? 0 : at, true);
      if (string !== undefined) at += string.length + 1;
    }
  }
}
