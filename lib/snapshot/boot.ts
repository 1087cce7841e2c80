// Runs a program in the sandbox of its requests, up to where it reads the first of them.

import { makeReusable } from '../module/load.js';
import { type SizeLimits, UnpatchableModule, patchModule } from '../module/patch.js';
import { isResettable } from '../module/reset.js';
import type { Descriptor } from '../wasi/descriptor.js';
import { WasiHost } from '../wasi/host.js';
import { type ByteSource, GuestStop } from '../wasi/process.js';
import { REQUEST_DIRECTORY, RequestFile } from '../wasi/request.js';
import { type SnapshotProgram, SnapshotRefusal } from './contract.js';
import { RoomyEnvironment } from './environment.js';

const NAMESPACES = ['wasi_snapshot_preview1', 'wasi_unstable'] as const;
const MEMORY_NAMESPACE = 'wasm-fcgi';
/** Programs that wasi-vfs has packed files into, as Ruby, end at a variable without an equals sign. */
const PACKED = 'wasi_vfs_pack_fs';
/** Of what the program says before its first request. */
const STDERR_BYTES = 8_192;
const UNBUFFERED = { flush: () => undefined, offer: () => undefined };

export const READ_IT = 'read /dev/wasm-fcgi/request once everything is loaded';

/** A program in a state in which it can be looked at. */
export interface Booted {
  readonly host: WasiHost;
  readonly instance: WebAssembly.Instance;
  readonly memory: WebAssembly.Memory;
  readonly environment: RoomyEnvironment;
}

/**
 * What becomes of a read of the request: undefined to let it be answered.
 * @param frames functions on the stack, the innermost first
 */
export type AtRequest = (booted: Booted, frames: readonly number[]) => number | undefined;

/** What happens meanwhile. */
export interface BootEvents {
  /** The program has opened this. */
  readonly opened?: (descriptor: Descriptor) => void;
  /** It begins to run, or has stopped. */
  readonly runs?: (doesRun: boolean) => void;
}

export class Boot {
  stderr = '';
  readonly #bytes: Uint8Array;
  readonly #program: SnapshotProgram;
  readonly #events: BootEvents;
  #refusal: SnapshotRefusal | undefined;
  #booted: Booted | undefined;

  constructor(bytes: Uint8Array, program: SnapshotProgram, events: BootEvents = {}) {
    this.#bytes = bytes;
    this.#program = program;
    this.#events = events;
  }

  /**
   * Makes an instance.
   * @throws SnapshotRefusal when runs of the program leave more than memory and numbers
   */
  async prepare(): Promise<Booted> {
    const { limits, args, env, preopens } = this.#program;
    const patched = patchOrRefuse(this.#bytes, limits);
    if (!(await isResettable(patched))) {
      throw new SnapshotRefusal(
        'the module has state besides its memory and its numbers: it changes tables, drops segments, imports what is no function, or has a start function',
        'build it without reference types, dynamic linking and bulk segments',
      );
    }
    const module = await WebAssembly.compile(makeReusable(patched, 'reset'));
    const host = new WasiHost();
    const isPacked = WebAssembly.Module.exports(module).some(({ name }) => name === PACKED);
    const environment = new RoomyEnvironment(env, isPacked ? '=' : '');
    const memoryImport = WebAssembly.Module.imports(module).find(
      (one) => one.module === MEMORY_NAMESPACE,
    );
    const [, initial, maximum] = memoryImport?.name.split(' ') ?? [];
    if (memoryImport === undefined) {
      throw new SnapshotRefusal('the module has no memory', 'take a snapshot of a WASI command');
    }
    const memory = new WebAssembly.Memory({ initial: Number(initial), maximum: Number(maximum) });
    host.begin({
      args,
      env,
      preopens,
      limits,
      requestDirectory: REQUEST_DIRECTORY,
      stdin: this.#stdin(),
      stdout: { write: () => this.#refuseOutput(), ...UNBUFFERED },
      stderr: { write: (bytes) => this.#takeStderr(bytes), ...UNBUFFERED },
      wait: waitFor,
      reached: () => undefined,
      opened: (descriptor) => this.#events.opened?.(descriptor),
    });
    const imports = host.importsFor(module);
    imports[MEMORY_NAMESPACE] = { [memoryImport.name]: memory };
    for (const namespace of NAMESPACES) {
      const known = imports[namespace] ?? {};
      const calls = environment.calls(() => memory);
      imports[namespace] = Object.assign(Object.create(null), known, calls, {
        fd_read: (...call: unknown[]) => this.#read(known['fd_read'], call),
      });
    }
    const instance = new WebAssembly.Instance(module, imports);
    host.bind(memory);
    this.#booted = { host, instance, memory, environment };
    return this.#booted;
  }

  #atRequest: AtRequest = () => undefined;

  /**
   * Calls the entry point.
   * @returns when it returned, or the outcome that ended it
   * @throws SnapshotRefusal for what a program must not do before its request; whatever the program throws
   */
  call(atRequest: AtRequest): GuestStop | undefined {
    this.#atRequest = atRequest;
    const { entryPoint } = this.#program;
    const start = this.#booted?.instance.exports[entryPoint];
    if (typeof start !== 'function') {
      throw new SnapshotRefusal(
        `the module exports no function ${entryPoint}`,
        'take a snapshot of a WASI command',
      );
    }
    let stop: GuestStop | undefined;
    this.#events.runs?.(true);
    try {
      Reflect.apply(start, undefined, []);
    } catch (thrown) {
      if (thrown instanceof GuestStop) stop = thrown;
      else this.#refusal ??= refusalBy(thrown);
    } finally {
      this.#events.runs?.(false);
    }
    if (this.#refusal !== undefined) throw this.#refusal;
    return stop;
  }

  end(): void {
    this.#booted?.host.end();
  }

  #read(answer: WebAssembly.ImportValue | undefined, call: unknown[]): unknown {
    const booted = this.#booted;
    const [fd] = call;
    if (booted !== undefined && typeof fd === 'number' && isRequest(booted, fd)) {
      const own = this.#atRequest(booted, frames());
      if (own !== undefined) return own;
    }
    return typeof answer === 'function' ? Reflect.apply(answer, undefined, call) : undefined;
  }

  #stdin(): ByteSource {
    const refuse = (): never =>
      this.#refuse('it reads the body before the request is there', `${READ_IT}, then the body`);
    return {
      get available() {
        return refuse();
      },
      get ended() {
        return refuse();
      },
      read: refuse,
      wait: refuse,
    };
  }

  #refuseOutput(): never {
    return this.#refuse(
      'it has written output before the request is there',
      `${READ_IT}, and before anything is written`,
    );
  }

  #takeStderr(bytes: Uint8Array): void {
    const room = STDERR_BYTES - this.stderr.length;
    this.stderr += Buffer.from(bytes.subarray(0, room)).toString('latin1');
  }

  /** The guest may swallow the exception; what counts is that there is a refusal. */
  #refuse(reason: string, change: string): never {
    this.#refusal ??= new SnapshotRefusal(reason, change);
    throw new GuestStop({ kind: 'aborted' });
  }
}

/** Clones need places in its tables (lib/snapshot/instrument.ts), of which there may be none left. */
function patchOrRefuse(bytes: Uint8Array, limits: SizeLimits): Uint8Array {
  try {
    return patchModule(bytes, limits);
  } catch (thrown) {
    if (!(thrown instanceof UnpatchableModule)) throw thrown;
    const reason = `with what a snapshot needs of its own the module ${thrown.message}`;
    throw new SnapshotRefusal(reason, 'raise that limit (WasmLimit)');
  }
}

/** @throws what is no fault of the guest */
function refusalBy(thrown: unknown): SnapshotRefusal {
  const isGuests =
    thrown instanceof WebAssembly.RuntimeError ||
    thrown instanceof WebAssembly.Exception ||
    thrown instanceof RangeError;
  if (!isGuests) throw thrown;
  const message = thrown instanceof Error ? thrown.message : 'uncaught exception';
  return new SnapshotRefusal(`it trapped before it read its request: ${message}`, READ_IT);
}

/** Nothing comes from outside: to wait is to sleep. */
function waitFor(ready: () => boolean, ms: number): boolean {
  if (!ready()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return ready();
}

function isRequest({ host }: Booted, fd: number): boolean {
  return host.guest.fds.slots()[fd] instanceof RequestFile;
}

const FRAME = /wasm-function\[(\d+)\]/;

/** Functions of Wasm on the stack, the innermost first. */
function frames(): number[] {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const { stack = '' } = new Error('where am I');
  Error.stackTraceLimit = before;
  return stack.split('\n').flatMap((line) => {
    const found = FRAME.exec(line);
    return found === null ? [] : [Number(found[1])];
  });
}
