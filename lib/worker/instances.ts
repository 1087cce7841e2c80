// The instances of one program on one thread: kept and made as new, or new on a clean memory, or all new.

import { type Picture, restore, takePicture } from './picture.js';

/** Namespace from which a prepared module imports its memory (lib/module/memory-import.ts). */
export const MEMORY_NAMESPACE = 'wasm-fcgi';

const PAGE_BYTES = 65_536;

export class Instances {
  readonly #module: WebAssembly.Module;
  readonly #imports: WebAssembly.Imports;
  readonly #memoryName: string | undefined;
  readonly #initialPages: number;
  readonly #maximumPages: number;
  /** By the name of the import, where lib/module/reuse.ts wrote it; here, `reset` may become `clean`. */
  #reuse: string;
  #memory: WebAssembly.Memory | undefined;
  #kept: { readonly instance: WebAssembly.Instance; readonly picture: Picture } | undefined;
  /** The last run did not grow the memory: the next one is worth a picture. */
  #isSteady = false;

  /**
   * @param imports all but the memory
   * @param memoryName of the memory's import: `memory`, initial and maximum pages, what to do after a run
   */
  constructor(
    module: WebAssembly.Module,
    imports: WebAssembly.Imports,
    memoryName: string | undefined,
  ) {
    const [, initial = '', maximum = '', reuse = 'fresh'] = memoryName?.split(' ') ?? [];
    this.#module = module;
    this.#imports = imports;
    this.#memoryName = memoryName;
    this.#initialPages = Number(initial);
    this.#maximumPages = Number(maximum);
    this.#reuse = reuse;
  }

  /**
   * An instance in which no run has left anything.
   * @throws LinkError, RangeError when there is no memory to be had, whatever a start function throws
   */
  take(): WebAssembly.Instance {
    if (this.#kept !== undefined) return this.#kept.instance;
    const memory = this.#provideMemory();
    const instance = new WebAssembly.Instance(this.#module, this.#imports);
    if (memory !== undefined && this.#reuse === 'reset' && this.#isSteady) {
      const picture = takePicture(instance, memory);
      if (picture === undefined) this.#reuse = 'clean';
      else this.#kept = { instance, picture };
    }
    return instance;
  }

  /**
   * Cleans up after a run, however it ended: what a guest left must never be seen by another. A memory
   * that has grown cannot shrink and is given up, with its instance.
   */
  recycle(): void {
    const memory = this.#memory;
    if (memory === undefined) return;
    this.#isSteady = memory.buffer.byteLength === this.#initialPages * PAGE_BYTES;
    if (!this.#isSteady || this.#reuse === 'fresh') {
      this.#memory = undefined;
      this.#kept = undefined;
    } else if (this.#kept === undefined) {
      new Uint8Array(memory.buffer).fill(0);
    } else {
      restore(this.#kept.picture, memory);
    }
  }

  #provideMemory(): WebAssembly.Memory | undefined {
    if (this.#memoryName === undefined) return undefined;
    this.#memory ??= new WebAssembly.Memory({
      initial: this.#initialPages,
      maximum: this.#maximumPages,
    });
    this.#imports[MEMORY_NAMESPACE] = { [this.#memoryName]: this.#memory };
    return this.#memory;
  }
}
