// What one thread has been told, so that it is told once; and what it is to give up again.

import type { Forget, Job, StartMessage } from '../channel/contract.js';
import { KnownGrants } from './known-grants.js';
import { KnownModules } from './known-modules.js';

export class Known {
  readonly #modules = new KnownModules();
  readonly #grants = new KnownGrants();
  /** Keys of modules that it has and shall not have. */
  #unwanted: string[] = [];

  /** How long the last run of this module took the thread; Infinity when that is not known. */
  microsOf({ moduleKey }: Job): number {
    return this.#modules.microsOf(moduleKey);
  }

  took({ moduleKey }: Job, micros: number): void {
    this.#modules.took(moduleKey, micros);
  }

  /** The slot where the thread keeps the job's grant, if it has it. */
  grantSlotOf(job: Job): number | undefined {
    return this.#grants.find(job);
  }

  /** What the thread has to be told with this job. By then all that is unwanted has been taken. */
  use(job: Job): Pick<StartMessage, 'module' | 'forget' | 'grantSlot' | 'grant'> {
    const { isNew, forget } = this.#modules.use(job.moduleKey);
    const { slot: grantSlot, grant } = this.#grants.use(job);
    return { module: isNew ? job.module : undefined, forget, grantSlot, grant };
  }

  /** The thread shall not have this module any more. */
  forget(key: string): void {
    if (this.#modules.drop(key)) this.#unwanted.push(key);
  }

  get hasUnwanted(): boolean {
    return this.#unwanted.length > 0;
  }

  /**
   * What is to be given up now; undefined for nothing.
   * @param used what it still runs, or will before it reads its messages
   */
  takeUnwanted(used: readonly string[]): Forget | undefined {
    const forgets = this.#unwanted.filter((key) => !used.includes(key));
    this.#unwanted = this.#unwanted.filter((key) => used.includes(key));
    return forgets.length === 0 ? undefined : { forgets };
  }
}
