// The instances of a component's core modules on one thread: kept and made as new where that is proven
// safe (lib/module/resetparts.ts), or new for each run.

import type { LinkedComponent } from '../component/linked.js';
import type { KeptBytes } from './kept.js';
import { type Picture, bytesOf, pagesOf, restore, takePicture } from './picture.js';
import { Worth } from './worth.js';

/** As lib/module/resetparts.ts exports a memory. */
const MEMORY = 'wasm-fcgi memory';
/** ... whose guest is told its size from a global, and does not see that it has grown. */
const COUNTED_MEMORY = 'wasm-fcgi counted memory';
const PAGE_BYTES = 65_536;

interface Part {
  readonly memory: WebAssembly.Memory | undefined;
  readonly isCounted: boolean;
  readonly bytesAtStart: number;
  readonly picture: Picture | undefined;
}

export class PartInstances {
  #isResettable: boolean;
  #parts: readonly Part[] = [];
  /** The instances at hand serve one run after the other. */
  #isPictured = false;
  /** The last run left memories that can be kept: the next instances are worth a picture. */
  #isSteady = false;
  readonly #worth = new Worth();

  /**
   * @param isResettable as lib/component/definition.ts has it
   * @param kept counts what all programs of the thread keep between runs
   */
  constructor(
    private readonly component: LinkedComponent,
    isResettable: boolean,
    private readonly kept: KeptBytes,
  ) {
    this.#isResettable = isResettable;
  }

  /** Has instances in which no run has left anything. @throws whatever instantiation throws */
  take(): void {
    if (this.#isPictured) return;
    const { component } = this;
    component.instantiate();
    // What a start function got from us may be of this request.
    if (component.hasCalled) this.#isResettable = false;
    if (!this.#isResettable) return;
    this.#parts = component.instances.map((instance) => partOf(instance, this.#isSteady));
    this.#isPictured = this.#isSteady && this.#parts.every(({ picture }) => picture !== undefined);
    if (this.#isSteady && !this.#isPictured) this.#isResettable = false;
  }

  /** Cleans up after a run, however it ended: what a guest left must never be seen by another. */
  recycle(): void {
    const parts = this.#parts;
    this.#isSteady =
      parts.length > 0 && this.#isWorthKeeping(parts) && this.kept.hold(this, bytesOfAll(parts));
    if (!this.#isSteady) this.forget();
    else if (!this.#isPictured) this.#drop();
    else for (const { picture, memory } of parts) if (picture) restore(picture, memory);
  }

  /** Gives up all that is kept. */
  forget(): void {
    this.#drop();
    this.#isPictured = false;
    this.#worth.forget();
    this.kept.release(this);
  }

  #drop(): void {
    this.#parts = [];
    this.component.forget();
  }

  #isWorthKeeping(parts: readonly Part[]): boolean {
    const pages = parts.reduce((sum, { memory }) => sum + bytesIn(memory), 0) / PAGE_BYTES;
    const used = parts.reduce((sum, part) => sum + usedPages(part), 0);
    const isGrown = ({ memory, isCounted, bytesAtStart }: Part): boolean =>
      !isCounted && bytesIn(memory) !== bytesAtStart;
    return !parts.some(isGrown) && this.#worth.isKept(pages, used);
  }
}

function partOf(instance: WebAssembly.Instance, isWanted: boolean): Part {
  const counted = instance.exports[COUNTED_MEMORY];
  const found = counted ?? instance.exports[MEMORY];
  const memory = found instanceof WebAssembly.Memory ? found : undefined;
  return {
    memory,
    isCounted: counted !== undefined,
    bytesAtStart: bytesIn(memory),
    picture: isWanted ? takePicture(instance, memory) : undefined,
  };
}

function bytesIn(memory: WebAssembly.Memory | undefined): number {
  return memory?.buffer.byteLength ?? 0;
}

/** By the run that is over. */
function usedPages({ memory, isCounted, picture }: Part): number {
  return picture !== undefined && isCounted ? pagesOf(picture) : bytesIn(memory) / PAGE_BYTES;
}

function bytesOfAll(parts: readonly Part[]): number {
  return parts.reduce(
    (sum, { memory, picture }) => sum + bytesIn(memory) + (picture ? bytesOf(picture) : 0),
    0,
  );
}
