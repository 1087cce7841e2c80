// A component as a worker thread keeps it: linked once, its instances as new for each run.

import { unpackStrings } from '../channel/strings.js';
import type { RunGrant, StartMessage } from '../channel/contract.js';
import type { GuestComponent, World } from '../component/definition.js';
import { entryPointOf } from '../component/entry.js';
import { type Linked, linkComponent } from '../component/link.js';
import { LinkFault } from '../component/scope.js';
import { UnsupportedType } from '../component/types.js';
import type { Outcome } from '../run.js';
import { handlerArguments } from '../wasi2/http.js';
import type { Wasi2Host } from '../wasi2/host.js';
import type { GuestStdio } from './guest.js';
import type { KeptBytes } from './kept.js';
import { outcomeOf } from './outcome.js';
import { PartInstances } from './parts.js';

export class ComponentProgram {
  readonly #world: World;
  readonly #host: Wasi2Host;
  readonly #linked: Linked | Outcome;
  readonly #instances: PartInstances | undefined;

  /** @param kept what the thread's programs keep between runs */
  constructor(guest: GuestComponent, host: Wasi2Host, kept: KeptBytes) {
    this.#host = host;
    this.#world = guest.world;
    const linked = link(guest, host);
    this.#linked = linked;
    if (!('kind' in linked))
      this.#instances = new PartInstances(linked.component, guest.isResettable, kept);
  }

  /** Where it could be linked. */
  get instances(): PartInstances | undefined {
    return this.#instances;
  }

  /** Runs it to its end on this thread. Never throws. */
  run(start: StartMessage, grant: RunGrant, stdio: GuestStdio): Outcome {
    const linked = this.#linked;
    if ('kind' in linked) return linked;
    const { component } = linked;
    try {
      const { args, configured, preopens, limits } = grant;
      const env = unpackStrings(start.env);
      const process = { args, env, configured, preopens, limits, ...stdio };
      const { http } = this.#host.begin(process, this.#world === 'handler');
      const func = entryPointOf(linked, this.#world, grant.entryPoint);
      if (typeof func === 'string') return { kind: 'link', message: func };
      this.#instances?.take();
      const result = func.call(http === undefined ? [] : handlerArguments());
      if (component.stop !== undefined) throw component.stop.thrown;
      const fault = http?.faultAtEnd();
      if (fault !== undefined) return { kind: 'unanswered', message: fault };
      return { kind: 'exit', code: isError(result) ? 1 : 0 };
    } catch (thrown) {
      return outcomeOf(component.stop === undefined ? thrown : component.stop.thrown);
    } finally {
      this.#host.end();
      component.end();
    }
  }
}

function link(guest: GuestComponent, host: Wasi2Host): Linked | Outcome {
  try {
    const linked = linkComponent(guest, host);
    const [first, ...more] = linked.missing;
    if (first === undefined) return linked;
    const others = more.length > 0 ? ` and ${more.length} more` : '';
    return { kind: 'link', message: `nothing provides the import ${first}${others}` };
  } catch (thrown) {
    return linkOutcome(thrown);
  }
}

function linkOutcome(thrown: unknown): Outcome {
  const isFault = thrown instanceof LinkFault || thrown instanceof UnsupportedType;
  return isFault ? { kind: 'link', message: `the component ${thrown.message}` } : outcomeOf(thrown);
}

/** `wasi:cli/run` answers a result. */
function isError(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'tag' in result && result.tag === 'error';
}
