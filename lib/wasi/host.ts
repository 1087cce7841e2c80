// The WASI host of a worker thread: import functions built once, one guest at a time behind them.

import { Errno } from './abi.js';
import { Guest } from './guest.js';
import { type Call, type Calls, PREVIEW1, UNSTABLE } from './preview1.js';
import { type GuestProcess, GuestStop } from './process.js';

export class WasiHost {
  readonly #preview1 = this.#link(PREVIEW1);
  readonly #unstable = this.#link(UNSTABLE);
  readonly #linked = new WeakMap<WebAssembly.Module, WebAssembly.Imports>();
  #guest: Guest | undefined;

  /**
   * The import object of a module: both namespaces whole. A function of a `wasi_` namespace that we
   * do not know answers ENOSYS (wasmedge's sockets, say); any other import is left out, so that
   * instantiation fails with a message that names it. The object is the caller's, who may add
   * namespaces; those in it are shared by all runs.
   */
  importsFor(module: WebAssembly.Module): WebAssembly.Imports {
    let imports = this.#linked.get(module);
    if (imports === undefined) {
      imports = this.#importsFor(module);
      this.#linked.set(module, imports);
    }
    return Object.assign(Object.create(null), imports);
  }

  /** Begins a run. @throws Error that names the preopen which cannot be opened, and why */
  begin(process: GuestProcess): void {
    this.end();
    this.#guest = new Guest(process);
  }

  /** The one that runs. @throws Error when there is none */
  get guest(): Guest {
    if (this.#guest === undefined) throw new Error('no run');
    return this.#guest;
  }

  /** After instantiation, before `_start`. Until then every pointer is EFAULT. */
  bind(memory: WebAssembly.Memory, pages?: WebAssembly.Global): void {
    this.#guest?.memory.bind(memory, pages);
  }

  /** Ends the run: closes all its host descriptors and forgets it. Flushes nothing. */
  end(): void {
    const guest = this.#guest;
    this.#guest = undefined;
    guest?.hostFds.closeAll();
  }

  #importsFor(module: WebAssembly.Module): WebAssembly.Imports {
    const imports: WebAssembly.Imports = Object.create(null);
    imports['wasi_snapshot_preview1'] = this.#preview1;
    imports['wasi_unstable'] = this.#unstable;
    const own = new Set<string>();
    for (const { module: namespace, name, kind } of WebAssembly.Module.imports(module)) {
      if (kind !== 'function' || !namespace.startsWith('wasi_')) continue;
      if (imports[namespace] !== undefined && name in imports[namespace]) continue;
      // Copied once, not once for each of perhaps thousands of names.
      if (!own.has(namespace)) {
        imports[namespace] = Object.assign(Object.create(null), imports[namespace]);
        own.add(namespace);
      }
      Object.assign(imports[namespace] ?? {}, { [name]: unknownCall });
    }
    return imports;
  }

  #link(calls: Calls): WebAssembly.ModuleImports {
    const functions: WebAssembly.ModuleImports = Object.create(null);
    for (const [name, call] of Object.entries(calls)) functions[name] = this.#guard(call);
    return functions;
  }

  /** What a guest gets to call: returns an errno or throws GuestStop, nothing else. */
  #guard(call: Call): Function {
    return (...args: never[]): number => {
      const guest = this.#guest;
      if (guest === undefined) throw new GuestStop({ kind: 'failed', message: 'no run' });
      if (guest.stop !== undefined) throw guest.stop;
      try {
        guest.memory.refresh();
        call(guest, ...args);
        return 0;
      } catch (thrown) {
        return guest.answer(thrown);
      }
    };
  }
}

/** What stands for a call that WASI does not have. */
function unknownCall(): number {
  return Errno.ENOSYS;
}
