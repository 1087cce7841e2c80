// The WASI 0.2 host of a worker thread: interfaces built once, one run at a time behind them.

import type { Func } from '../component/canon.js';
import { Trap } from '../component/handles.js';
import type { ImportProvider } from '../component/provision.js';
import { LinkFault } from '../component/scope.js';
import { type FuncType, type ResourceType, type ValueType, funcText } from '../component/types.js';
import { type Interface, Interfaces } from '../component/wit.js';
import type { GuestProcess } from '../wasi/process.js';
import { type Calls, NO_CALLS } from './calls.js';
import { cli } from './cli.js';
import { monotonicClock, wallClock } from './clocks.js';
import { config } from './config.js';
import { HttpExchange } from './exchange.js';
import { filesystem } from './filesystem.js';
import { http } from './http.js';
import { outgoingHandler } from './outgoinghandler.js';
import { poll } from './pollable.js';
import { insecure, insecureSeed, random } from './random.js';
import { Run } from './run.js';
import { error, streams } from './streams.js';

/** A function of an interface. Its type in WIT is what makes its arguments what they say. */
type Call = (run: Run, ...args: never[]) => unknown;

interface HostInterface {
  readonly name: string;
  /** As lib/component/wit.ts reads it. */
  readonly text: string;
  readonly functions: Readonly<Record<string, Call>>;
}

/** Those that others use come first. */
const INTERFACES: readonly HostInterface[] = [
  error,
  poll,
  streams,
  monotonicClock,
  wallClock,
  random,
  insecure,
  insecureSeed,
  ...cli,
  ...config,
  ...filesystem,
  http,
  outgoingHandler,
];

/** The resources of wasi:sockets, of which nobody gets any but the network that leads nowhere. */
const SOCKETS: ReadonlyMap<string, ResourceType> = new Map(
  [
    'network/network',
    'tcp/tcp-socket',
    'udp/udp-socket',
    'udp/incoming-datagram-stream',
    'udp/outgoing-datagram-stream',
    'ip-name-lookup/resolve-address-stream',
  ].map((one) => {
    const name = `wasi:sockets/${one}`;
    return [name, { name, owner: undefined, drop: () => {} }];
  }),
);

export class Wasi2Host implements ImportProvider {
  readonly #interfaces: ReadonlyMap<string, Interface>;
  readonly #calls: ReadonlyMap<string, Call>;
  readonly #outgoing: Calls;
  #run: Run | undefined;

  /** @param outgoing makes requests to others; none unless given */
  constructor(outgoing: Calls = NO_CALLS) {
    this.#outgoing = outgoing;
    const all = new Interfaces();
    const drop = (_resource: string, rep: unknown): void => this.#dropped(rep);
    this.#interfaces = new Map(
      INTERFACES.map(({ name, text }) => [name, all.define(name, text, drop)]),
    );
    this.#calls = new Map(
      INTERFACES.flatMap(({ name, functions }) =>
        Object.entries(functions).map(([one, call]) => [`${name}#${one}`, call] as const),
      ),
    );
  }

  /** Begins a run. @throws Error that names the preopen which cannot be opened, and why */
  begin(process: GuestProcess, isHandler: boolean): Run {
    this.end();
    const exchange = isHandler ? new HttpExchange(process.env, process.stdout) : undefined;
    this.#run = new Run(process, exchange, this.#outgoing);
    return this.#run;
  }

  /** Ends the run: closes all its host descriptors and forgets it. Flushes nothing. */
  end(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.hostFds.closeAll();
  }

  resource(interfaceName: string, name: string): ResourceType | undefined {
    const socket = SOCKETS.get(`${interfaceName}/${name}`);
    if (socket !== undefined) return socket;
    return this.#interfaces.get(interfaceName)?.resources.get(name);
  }

  func(interfaceName: string, name: string, declared: FuncType): Func | undefined {
    if (interfaceName.startsWith('wasi:sockets/')) return denied(interfaceName, name, declared);
    const type = this.#interfaces.get(interfaceName)?.functions.get(name);
    if (type === undefined) return undefined;
    const wanted = funcText(type);
    const asked = funcText(declared);
    if (wanted !== asked) {
      throw new LinkFault(
        `imports ${interfaceName}#${name} as ${asked.slice(0, 1_000)}, expected ${wanted}`,
      );
    }
    const call = this.#calls.get(`${interfaceName}#${name}`);
    return {
      type,
      call: (args) => {
        const run = this.#run;
        if (run === undefined) throw new Error('no run');
        // Of resources that a guest never gets, nothing can be asked.
        if (call === undefined) throw new Trap(`${interfaceName}#${name} cannot be called`);
        return Reflect.apply(call, undefined, [run, ...args]);
      },
    };
  }

  #dropped(rep: unknown): void {
    const run = this.#run;
    if (run !== undefined && hasClose(rep)) rep.close(run);
  }
}

function hasClose(rep: unknown): rep is { close(run: Run): void } {
  return (
    typeof rep === 'object' && rep !== null && 'close' in rep && typeof rep.close === 'function'
  );
}

/** There is no network: what can say so does, all else ends the run. */
function denied(interfaceName: string, name: string, type: FuncType): Func {
  const hasCode = deniedCode(type.result) !== undefined;
  return {
    type,
    call: () => {
      if (hasCode) return { tag: 'error', value: deniedCode(type.result) };
      if (type.result?.kind === 'own' && isOfSockets(type.result.resource)) return {};
      throw new Trap(`${interfaceName}#${name}: there is no network`);
    },
  };
}

/** Never one of another interface, whose functions would believe in it. */
function isOfSockets(resource: ResourceType): boolean {
  return SOCKETS.get(resource.name) === resource;
}

/** The error-code of sockets for what is not granted. */
function deniedCode(result: ValueType | undefined): string | undefined {
  if (result?.kind !== 'result') return undefined;
  const failure = result.cases[1]?.type;
  if (failure?.kind !== 'enum') return undefined;
  return failure.cases.some(({ label }) => label === 'access-denied') ? 'access-denied' : undefined;
}
