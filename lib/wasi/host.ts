// The WASI host of a worker thread: import functions built once, one guest at a time behind them.

import { Errno } from './abi.js';
import { Guest } from './guest.js';
import { type Call, type Calls, PREVIEW1, UNSTABLE } from './preview1.js';
import { type GuestProcess, GuestStop } from './process.js';

export class WasiHost {
  readonly #preview1 = this.#link(PREVIEW1);
  readonly #unstable = this.#link(UNSTABLE);
  #guest: Guest | undefined;

  /**
   * The import object of a module: both namespaces whole. A function of a `wasi_` namespace that we
   * do not know answers ENOSYS (wasmedge's sockets, say); any other import is left out, so that
   * instantiation fails with a message that names it. The caller may add namespaces of its own.
   */
  importsFor(module: WebAssembly.Module): WebAssembly.Imports {
    const imports: WebAssembly.Imports = Object.create(null);
    imports['wasi_snapshot_preview1'] = this.#preview1;
    imports['wasi_unstable'] = this.#unstable;
    for (const { module: namespace, name, kind } of WebAssembly.Module.imports(module)) {
      if (kind !== 'function' || !namespace.startsWith('wasi_')) continue;
      const known = imports[namespace];
      if (known !== undefined && name in known) continue;
      imports[namespace] = Object.assign(Object.create(null), known, {
        [name]: () => Errno.ENOSYS,
      });
    }
    return imports;
  }

  /** Begins a run. @throws Error that names the preopen which cannot be opened, and why */
  begin(process: GuestProcess): void {
    this.end();
    this.#guest = new Guest(process);
  }

  /** After instantiation, before `_start`. Until then every pointer is EFAULT. */
  bind(memory: WebAssembly.Memory): void {
    this.#guest?.memory.bind(memory);
  }

  /** Ends the run: closes all its host descriptors and forgets it. Flushes nothing. */
  end(): void {
    const guest = this.#guest;
    this.#guest = undefined;
    guest?.hostFds.closeAll();
  }

  #link(calls: Calls): WebAssembly.ModuleImports {
    const functions: WebAssembly.ModuleImports = Object.create(null);
    for (const [name, call] of Object.entries(calls)) functions[name] = this.#guard(call);
    return functions;
  }

  /**
   * What a guest gets to call: returns an errno or throws GuestStop, nothing else. Takes nine
   * arguments, the most that a call has after rest arguments proved to be slower.
   */
  #guard(call: Call): Function {
    return (
      a: never,
      b: never,
      c: never,
      d: never,
      e: never,
      f: never,
      g: never,
      h: never,
      i: never,
    ): number => {
      const guest = this.#guest;
      if (guest === undefined) throw new GuestStop({ kind: 'failed', message: 'no run' });
      if (guest.stop !== undefined) throw guest.stop;
      try {
        guest.memory.refresh();
        call(guest, a, b, c, d, e, f, g, h, i);
        return 0;
      } catch (thrown) {
        return guest.answer(thrown);
      } finally {
        guest.walk.release();
        guest.secondWalk.release();
      }
    };
  }
}
