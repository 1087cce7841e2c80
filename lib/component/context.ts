// What lifting and lowering work on: a component instance's memory, its realloc, and its handles.

import { HandleTable, Trap } from './handles.js';

/** A component instance of the present run. */
export class ComponentState {
  handles = new HandleTable();
  /** False while the instance runs code that may call nothing: realloc, post-return. */
  mayLeave = true;
  /** An export of it is running; it may not be called a second time before that is over. */
  isEntered = false;

  reset(): void {
    this.handles = new HandleTable();
    this.mayLeave = true;
    this.isEntered = false;
  }
}

/** The core things that a canon names, found anew in each run. */
export interface CanonParts {
  readonly memory: () => WebAssembly.Memory | undefined;
  readonly realloc: () => Function | undefined;
}

/** Values of lists in one call, but for list<u8>: each is an object of ours. */
const MOST_ELEMENTS = 65_536;

export class Context {
  /** Views of the memory; to be made anew after the guest has run. */
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Handles that are lent for the present call, and their ends. */
  lends: { lent: number }[] = [];
  /** Whether list<u8> is lifted as a copy: the memory that it lies in is given back before it is used. */
  copies = false;
  #elements = 0;

  constructor(
    readonly state: ComponentState,
    readonly encoding: 'utf8' | 'utf16' | 'latin1+utf16',
    private readonly parts: CanonParts,
  ) {}

  /** To be called before memory is read or written. */
  refresh(): void {
    const memory = this.parts.memory();
    if (memory === undefined || memory.buffer === this.bytes.buffer) return;
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
  }

  begin(): void {
    this.#elements = 0;
    this.lends = [];
    this.refresh();
  }

  /** @throws Trap when too many values are lifted or lowered by one call */
  count(elements: number): void {
    this.#elements += elements;
    if (this.#elements > MOST_ELEMENTS)
      throw new Trap(`a call passes more than ${MOST_ELEMENTS} values in lists`);
  }

  /** Checks a pointer. @returns it, unsigned */
  at(pointer: number, size: number, align: number): number {
    const start = pointer >>> 0;
    if (start % align !== 0) throw new Trap(`pointer ${start} is not aligned to ${align}`);
    if (start + size > this.bytes.length)
      throw new Trap(`pointer ${start} to ${size} bytes is outside of the memory`);
    return start;
  }

  /** New memory of the guest's, by its own realloc. */
  allocate(size: number, align: number): number {
    const realloc = this.parts.realloc();
    if (realloc === undefined) throw new Trap('a call needs memory, and no realloc is given');
    const { state } = this;
    const before = state.mayLeave;
    state.mayLeave = false;
    const pointer: unknown = Reflect.apply(realloc, undefined, [0, 0, align, size]);
    state.mayLeave = before;
    this.refresh();
    return this.at(Number(pointer), size, align);
  }
}
