// `serve` with [pool] sections: a responder for each, as its own user, started and watched from here.

import { isDeepStrictEqual } from 'node:util';

import { addressOf } from './config/listen.js';
import { type PoolConfig, type PoolsConfig, loadPools } from './config/pools.js';
import type { ConfigSources } from './config/sources.js';
import { ConfigError, messageOf } from './errors.js';
import { type Log, createLog } from './log.js';
import { writePidFile } from './pidfile.js';
import type { Server } from './server.js';
import { Responder, type ResponderPlan } from './supervise/responder.js';
import { ListeningSockets } from './supervise/sockets.js';
import { selfTest } from './wasi/selftest.js';

/**
 * Starts a responder for each pool of the ini file. It keeps root, where it has that, to start them
 * as other users; it loads no program and takes no connection.
 * @param sources where the configuration comes from; asked again at each reload
 * @param write takes one log line
 * @throws ConfigError before any is started when the configuration or the system is unfit
 */
export async function startSupervisor(
  sources: ConfigSources,
  write: (line: string) => void,
): Promise<Server> {
  const unfit = selfTest();
  if (unfit !== undefined) throw new ConfigError([`this system cannot hold the sandbox: ${unfit}`]);
  const supervisor = new Supervisor(sources, write);
  await supervisor.start();
  return supervisor;
}

class Supervisor implements Server {
  readonly #sources: ConfigSources;
  readonly #write: (line: string) => void;
  readonly #sockets = new ListeningSockets();
  readonly #responders = new Map<string, Responder>();
  /** Of pools that are no more, and still drain. */
  readonly #leaving = new Set<Promise<void>>();
  /** Nothing here ends but with the process. */
  readonly stuck = new Promise<void>(() => {});
  #config: PoolsConfig;
  #log: Log;
  #removePidFile = (): void => {};
  #reloaded: Promise<void> = Promise.resolve();
  readonly #responderLog: Log = (level, event, fields) => this.#log(level, event, fields);

  constructor(sources: ConfigSources, write: (line: string) => void) {
    this.#sources = sources;
    this.#write = write;
    this.#config = loadPools(sources);
    this.#log = createLog(write, this.#config.logLevel);
  }

  get addresses(): readonly string[] {
    return this.#config.pools.flatMap(addressesOf);
  }

  async start(): Promise<void> {
    const { pidFile } = this.#config;
    try {
      await this.#sockets.open(this.#config.pools.flatMap(({ listen }) => listen));
      if (pidFile !== undefined) this.#removePidFile = writePidFile(pidFile, this.#log);
    } catch (thrown) {
      this.#sockets.keep([]);
      throw thrown;
    }
    this.#follow(this.#config);
    for (const address of this.addresses) this.#log('info', 'listening', { address });
  }

  /** One after the other. */
  reload(): Promise<void> {
    this.#reloaded = this.#reloaded.then(() => this.#reload());
    return this.#reloaded;
  }

  async #reload(): Promise<void> {
    try {
      const config = loadPools(this.#sources);
      await this.#sockets.open(config.pools.flatMap(({ listen }) => listen));
      this.#log = createLog(this.#write, config.logLevel);
      this.#config = config;
      this.#follow(config);
      this.#log('info', 'reloaded', { file: config.file });
    } catch (thrown) {
      const faults = thrown instanceof ConfigError ? thrown.faults : [messageOf(thrown)];
      for (const reason of faults) this.#log('error', 'reload-refused', { reason });
    }
  }

  async stop(): Promise<boolean> {
    await this.#reloaded;
    this.#sockets.keep([]);
    for (const responder of this.#responders.values()) this.#letGo(responder);
    this.#responders.clear();
    await Promise.all(this.#leaving);
    this.#removePidFile();
    this.#log('info', 'stopped');
    return true;
  }

  /** Starts what is new, replaces what has changed or was given up, and ends what is no more. */
  #follow({ pools }: PoolsConfig): void {
    const gone = new Map(this.#responders);
    for (const pool of pools) {
      gone.delete(pool.name);
      const plan = this.#planOf(pool);
      const known = this.#responders.get(pool.name);
      if (known !== undefined && !known.isGivenUp && isDeepStrictEqual(known.plan, plan)) continue;
      const responder = known ?? new Responder(this.#responderLog, () => void this.#giveUp());
      this.#responders.set(pool.name, responder);
      responder.start(plan);
    }
    // Before they are told to end, so that nobody connects any more and waits for none.
    this.#sockets.keep(pools.flatMap(addressesOf));
    for (const [name, responder] of gone) {
      this.#responders.delete(name);
      this.#letGo(responder);
    }
  }

  /** Or clients would wait in its backlog. After a reload under way, which starts it anew. */
  async #giveUp(): Promise<void> {
    await this.#reloaded;
    const served = this.#config.pools.filter(
      ({ name }) => this.#responders.get(name)?.isGivenUp === false,
    );
    this.#sockets.keep(served.flatMap(addressesOf));
  }

  #letGo(responder: Responder): void {
    const gone = responder.stop().then(() => void this.#leaving.delete(gone));
    this.#leaving.add(gone);
  }

  #planOf({ listen, ...pool }: PoolConfig): ResponderPlan {
    const descriptors = listen.map((target) => this.#sockets.descriptor(target));
    return { ...pool, descriptors };
  }
}

function addressesOf({ listen }: PoolConfig): string[] {
  return listen.map(addressOf);
}
