// Which modules a thread has: the main thread's half of a memory that both sides keep in step.

import type { Job } from '../channel/contract.js';
import { RecentlyUsed } from '../recent.js';

/** More than the modules one server serves at a time; each costs its thread an import table. */
const MOST_MODULES = 256;

type Wanted = Pick<Job, 'moduleKey' | 'module'>;

interface Known {
  /** Undefined for what is the same whenever the key is. */
  readonly version: object | undefined;
  micros: number;
}

export class KnownModules {
  readonly #modules = new RecentlyUsed<Known>(MOST_MODULES);

  /** How long its last run took the thread, as far as is known; Infinity when it is not. */
  microsOf({ moduleKey, module }: Wanted): number {
    const known = this.#modules.find(moduleKey);
    return known?.version === versionOf(module) ? (known?.micros ?? Infinity) : Infinity;
  }

  took(key: string, micros: number): void {
    const known = this.#modules.find(key);
    if (known !== undefined) known.micros = micros;
  }

  /**
   * What the thread has to be told before it can run the job. A snapshot that was made anew takes the
   * place of the one before: each is as large as an interpreter.
   */
  use({ moduleKey, module }: Wanted): {
    readonly isNew: boolean;
    readonly forget: string | undefined;
  } {
    const version = versionOf(module);
    const known = this.#modules.use(moduleKey);
    if (known !== undefined && known.version === version)
      return { isNew: false, forget: undefined };
    const forgotten = this.#modules.add(moduleKey, { version, micros: Infinity });
    return { isNew: true, forget: known === undefined ? forgotten : moduleKey };
  }
}

function versionOf(module: Wanted['module']): object | undefined {
  return 'picture' in module ? module : undefined;
}
