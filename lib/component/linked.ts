// A linked component on its thread: what one run after another instantiates and calls.

import type { ComponentState } from './context.js';
import { Trap } from './handles.js';

/** Something of a core instance of the present run, or a function of ours. */
export type CoreItem =
  { readonly slot: number; readonly name: string } | { readonly ours: Function };

/** One core module to instantiate, in order; its instance gets the number of the step. */
export interface Step {
  readonly module: number;
  /** By namespace: the exports of an earlier instance, or single items. */
  readonly imports: readonly (readonly [
    namespace: string,
    from: number | ReadonlyMap<string, CoreItem>,
  ])[];
}

export class LinkedComponent {
  readonly steps: Step[] = [];
  readonly states: ComponentState[] = [];
  #instances: WebAssembly.Instance[] = [];
  #stop: { readonly thrown: unknown } | undefined;
  #hasCalled = false;

  constructor(private readonly cores: readonly WebAssembly.Module[]) {}

  /** New instances of everything. @throws whatever instantiation throws */
  instantiate(): void {
    this.forget();
    this.#hasCalled = false;
    for (const { module, imports } of this.steps) {
      const core = this.cores[module];
      if (core === undefined) throw new Error(`core module ${module} is missing`);
      const given: WebAssembly.Imports = Object.create(null);
      for (const [namespace, from] of imports) given[namespace] = this.#importsFrom(from);
      this.#instances.push(new WebAssembly.Instance(core, given));
    }
  }

  /** One for each step; none before `instantiate`. */
  get instances(): readonly WebAssembly.Instance[] {
    return this.#instances;
  }

  /** Whether a guest has called anything of ours since it was instantiated. */
  get hasCalled(): boolean {
    return this.#hasCalled;
  }

  /** Lets go of all instances. */
  forget(): void {
    this.#instances = [];
  }

  /** Ends the run; the instances stay. */
  end(): void {
    this.#stop = undefined;
    for (const state of this.states) state.reset();
  }

  /** What ended the run from this side, whatever the guest made of the exception. */
  get stop(): { readonly thrown: unknown } | undefined {
    return this.#stop;
  }

  /**
   * `call` as a guest gets it: what it throws ends the run. A guest's catch_all may swallow it, so
   * every later call throws it again.
   */
  guarded<Args extends readonly unknown[]>(
    call: (...args: Args) => unknown,
  ): (...args: Args) => unknown {
    return (...args) => {
      if (this.#stop !== undefined) throw this.#stop.thrown;
      this.#hasCalled = true;
      try {
        return call(...args);
      } catch (thrown) {
        this.#stop ??= { thrown };
        throw this.#stop.thrown;
      }
    };
  }

  func(item: CoreItem): Function {
    const value = this.#find(item);
    if (typeof value === 'function') return value;
    throw new Trap(`${nameOf(item)} is no function`);
  }

  memory(item: CoreItem): WebAssembly.Memory {
    const value = this.#find(item);
    if (value instanceof WebAssembly.Memory) return value;
    throw new Trap(`${nameOf(item)} is no memory`);
  }

  #find(item: CoreItem): WebAssembly.ImportValue | undefined {
    return 'ours' in item ? item.ours : this.#instances[item.slot]?.exports[item.name];
  }

  #importsFrom(from: number | ReadonlyMap<string, CoreItem>): WebAssembly.ModuleImports {
    if (typeof from === 'number') return this.#instances[from]?.exports ?? {};
    const given: WebAssembly.ModuleImports = Object.create(null);
    for (const [name, item] of from) {
      const value = this.#find(item);
      if (value !== undefined) given[name] = value;
    }
    return given;
  }
}

function nameOf(item: CoreItem): string {
  return 'ours' in item ? 'a function of the host' : `export ${item.name} of a core module`;
}
