// The handles of one component instance: small numbers that stand for resources it owns or has been lent.

import type { ResourceType } from './types.js';

export interface Handle {
  readonly resource: ResourceType;
  readonly rep: unknown;
  readonly isOwn: boolean;
  /** How many calls that it was lent to are not over. */
  lent: number;
}

/** A table that only grows would be memory that no limit counts. */
const MOST_HANDLES = 65_536;

/** The guest broke a rule of the canonical ABI: its run is over. */
export class Trap extends WebAssembly.RuntimeError {}

export class HandleTable {
  /** 0 is no handle. */
  #handles: (Handle | undefined)[] = [undefined];
  #free: number[] = [];
  #borrowed = 0;

  /** How many handles are lent to this instance. */
  get borrowed(): number {
    return this.#borrowed;
  }

  add(handle: Handle): number {
    if (!handle.isOwn) this.#borrowed += 1;
    const index = this.#free.pop() ?? this.#handles.length;
    if (index >= MOST_HANDLES) throw new Trap(`more than ${MOST_HANDLES - 1} handles are open`);
    this.#handles[index] = handle;
    return index;
  }

  /** @throws Trap when there is no such handle, or one of another resource */
  get(index: number, resource: ResourceType): Handle {
    const handle = this.#handles[index >>> 0];
    if (handle === undefined)
      throw new Trap(`handle ${index >>> 0} of ${resource.name} is not open`);
    if (handle.resource !== resource) {
      throw new Trap(`handle ${index} is a ${handle.resource.name}, not a ${resource.name}`);
    }
    return handle;
  }

  /** @throws Trap as `get`, and while it is lent */
  take(index: number, resource: ResourceType): Handle {
    const handle = this.get(index, resource);
    if (handle.lent > 0) throw new Trap(`handle ${index} of ${resource.name} is lent`);
    this.#handles[index] = undefined;
    this.#free.push(index);
    if (!handle.isOwn) this.#borrowed -= 1;
    return handle;
  }
}
