// Which grants a thread has: what is the same for all requests of a route crosses to it once.

import type { Job, RunGrant } from '../channel/contract.js';

/** Routes that take turns on one thread; one more is sent again and takes the place of the oldest. */
const MOST_GRANTS = 256;

export class KnownGrants {
  readonly #slots: RunGrant[] = [];
  /** By an object that each route has for itself (lib/config/policy.ts); the others are compared. */
  readonly #slotOf = new Map<object, number>();
  #next = 0;

  /** The slot where the thread keeps the job's grant, if it has it. */
  find({ moduleKey, args, configured, preopens, entryPoint, limits }: Job): number | undefined {
    const known = this.#slotOf.get(limits) ?? -1;
    const at = this.#slots[known];
    const isSame =
      at?.limits === limits &&
      at.moduleKey === moduleKey &&
      at.args === args &&
      at.preopens === preopens &&
      at.configured === configured &&
      at.entryPoint === entryPoint;
    return isSame ? known : undefined;
  }

  /** The slot where the thread keeps the job's grant, and the grant itself if it has to be sent. */
  use(job: Job): { slot: number; grant: RunGrant | undefined } {
    const slot = this.find(job);
    if (slot !== undefined) return { slot, grant: undefined };
    const { moduleKey, args, configured, preopens, entryPoint, limits } = job;
    return this.#add({ moduleKey, args, configured, preopens, entryPoint, limits });
  }

  #add(grant: RunGrant): { slot: number; grant: RunGrant } {
    const slot = this.#next;
    this.#next = (slot + 1) % MOST_GRANTS;
    const forgotten = this.#slots[slot];
    if (forgotten !== undefined) this.#slotOf.delete(forgotten.limits);
    this.#slots[slot] = grant;
    this.#slotOf.set(grant.limits, slot);
    return { slot, grant };
  }
}
