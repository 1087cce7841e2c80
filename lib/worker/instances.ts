// The instances of one program on one thread: kept and made as new, or new on a clean memory, or all new.

import type { KeptBytes } from './kept.js';
import { type Picture, bytesOf, pagesOf, restore, takePicture } from './picture.js';
import { Worth } from './worth.js';

/** Namespace from which a prepared module imports its memory (lib/module/memory-import.ts). */
export const MEMORY_NAMESPACE = 'wasm-fcgi';

const PAGE_BYTES = 65_536;
export class Instances {
  readonly #module: WebAssembly.Module;
  readonly #imports: WebAssembly.Imports;
  readonly #kept: KeptBytes;
  readonly #memoryName: string | undefined;
  readonly #initialPages: number;
  readonly #maximumPages: number;
  /** What lib/module/reuse.ts chose. */
  readonly #reuse: string;
  #memory: WebAssembly.Memory | undefined;
  #pictured: { readonly instance: WebAssembly.Instance; readonly picture: Picture } | undefined;
  /** The last run left a memory that can be kept: the next instance is worth a picture. */
  #isSteady = false;
  #isTooLargeToPicture = false;
  readonly #worth = new Worth();

  /**
   * @param imports all but the memory
   * @param memoryName of the memory's import: `memory`, initial and maximum pages, what to do after a run
   * @param kept counts what all programs of the thread keep between runs
   */
  constructor(
    module: WebAssembly.Module,
    imports: WebAssembly.Imports,
    memoryName: string | undefined,
    kept: KeptBytes,
  ) {
    const [, initial = '', maximum = '', reuse = 'fresh'] = memoryName?.split(' ') ?? [];
    this.#module = module;
    this.#imports = imports;
    this.#kept = kept;
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
    if (this.#pictured !== undefined) return this.#pictured.instance;
    const memory = this.#provideMemory();
    const instance = new WebAssembly.Instance(this.#module, this.#imports);
    const mayPicture = this.#reuse === 'reset' && this.#isSteady && !this.#isTooLargeToPicture;
    if (memory !== undefined && mayPicture) {
      const picture = takePicture(instance, memory);
      if (picture === undefined) this.#isTooLargeToPicture = true;
      else this.#pictured = { instance, picture };
    }
    return instance;
  }

  /**
   * Cleans up after a run, however it ended: what a guest left must never be seen by another. A memory
   * that is not worth keeping, or shows its guest that it has grown, is given up, with its instance.
   */
  recycle(): void {
    const memory = this.#memory;
    if (memory === undefined) return;
    this.#isSteady = this.#isWorthKeeping(memory) && this.#kept.hold(this, this.#bytes());
    if (!this.#isSteady) this.forget();
    else if (this.#pictured === undefined) new Uint8Array(memory.buffer).fill(0);
    else restore(this.#pictured.picture, memory);
  }

  /** Gives up all that is kept. */
  forget(): void {
    this.#memory = undefined;
    this.#pictured = undefined;
    this.#worth.forget();
    this.#kept.release(this);
  }

  #isWorthKeeping({ buffer }: WebAssembly.Memory): boolean {
    const pages = buffer.byteLength / PAGE_BYTES;
    if (this.#reuse === 'clean') return pages === this.#initialPages;
    if (this.#reuse === 'fresh') return false;
    return this.#worth.isKept(pages, (this.#pictured && pagesOf(this.#pictured.picture)) ?? pages);
  }

  #bytes(): number {
    const picture = this.#pictured === undefined ? 0 : bytesOf(this.#pictured.picture);
    return (this.#memory?.buffer.byteLength ?? 0) + picture;
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
