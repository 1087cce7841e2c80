// The linear memory of one program on one thread: cleaned and used again where that is cheaper.

/** Namespace from which a patched module imports its memory (lib/module/memory-import.ts). */
export const MEMORY_NAMESPACE = 'wasm-fcgi';

/** Up to here cleaning costs less than fresh pages, even when the guest touches few of them. */
const MOST_KEPT_PAGES = 160;

export class GuestMemory {
  /** What the module imports; empty until `provide`. */
  readonly imports: WebAssembly.ModuleImports = {};
  readonly #name: string;
  readonly #initial: number;
  readonly #maximum: number;
  #memory: WebAssembly.Memory | undefined;

  /** @param name of the import: `memory`, initial and maximum pages */
  constructor(name: string) {
    const [, initial = NaN, maximum = NaN] = name.split(' ').map(Number);
    this.#name = name;
    this.#initial = initial;
    this.#maximum = maximum;
  }

  /**
   * Puts a memory of nothing but zeros into `imports`.
   * @throws RangeError when there is none to be had
   */
  provide(): void {
    this.#memory ??= new WebAssembly.Memory({ initial: this.#initial, maximum: this.#maximum });
    this.imports[this.#name] = this.#memory;
  }

  /**
   * Cleans up after a run; no instance may use the memory any more. One that has grown cannot shrink
   * and is given up. Every byte is cleaned: what a guest left must never be seen by another.
   */
  clean(): void {
    const pages = (this.#memory?.buffer.byteLength ?? 0) / 65_536;
    if (this.#memory !== undefined && pages === this.#initial && pages <= MOST_KEPT_PAGES) {
      new Uint8Array(this.#memory.buffer).fill(0);
    } else {
      this.#memory = undefined;
      delete this.imports[this.#name];
    }
  }
}
