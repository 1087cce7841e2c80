// Builds all parts from one Config and holds them together: start, reload, drain.

import { closeSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { type Config, type ConfigSources, loadConfig } from './config/config.js';
import type { Listen } from './config/listen.js';
import { snapshotDirectoryOf } from './config/paths.js';
import { Policy } from './config/policy.js';
import { ConfigError, messageOf } from './errors.js';
import type { FcgiLimits } from './fcgi/limits.js';
import { type Listener, listen } from './fcgi/listener.js';
import { type Stages, createHandler } from './handler.js';
import { type Log, createLog } from './log.js';
import { ModuleCache } from './module/cache.js';
import { prepareEngine } from './module/engine.js';
import { type ClientOptions, OutgoingClient } from './outgoing/client.js';
import { Pool } from './pool/pool.js';
import type { PoolOptions } from './pool/pool-options.js';
import { Store } from './pool/store.js';
import { writePidFile } from './pidfile.js';
import { preload } from './preload.js';
import { dropPrivileges } from './privileges.js';
import { Snapshots } from './snapshot/snapshots.js';
import { SnapshotStore } from './snapshot/store.js';
import { selfTest } from './wasi/selftest.js';

export interface Server {
  /** Where it listens, as in the log: `unix:/run/x.sock`, `tcp:127.0.0.1:9000`, `fd:0`. */
  readonly addresses: readonly string[];
  /**
   * Reads the configuration again, for the requests that come from then on. A fault leaves the old
   * one in force and is logged.
   */
  reload(): Promise<void>;
  /** Resolves when a thread cannot be ended: only another process can be without its guest. */
  readonly stuck: Promise<void>;
  /**
   * Stops accepting, tells so on `serving-fd`, and lets open requests end.
   * @param hurry when it resolves, what is open `drain-timeout` later is ended. Until then each
   *   request has its own limits.
   * @returns false when a thread cannot be ended, for which `process.exit` would wait for ever
   */
  stop(hurry: Promise<void>): Promise<boolean>;
}

/**
 * Starts to serve.
 * @param sources where the configuration comes from; asked again at each reload
 * @param write takes one log line
 * @throws ConfigError before anything listens when the configuration or the system is unfit
 */
export async function startServer(
  sources: ConfigSources,
  write: (line: string) => void,
): Promise<Server> {
  const unfit = selfTest();
  if (unfit !== undefined) throw new ConfigError([`this system cannot hold the sandbox: ${unfit}`]);
  const config = loadConfig(sources);
  prepareEngine();
  const server = new RunningServer(sources, config, write);
  await server.start();
  return server;
}

class RunningServer implements Server {
  readonly #sources: ConfigSources;
  readonly #write: (line: string) => void;
  readonly #listeners = new Map<string, Listener>();
  readonly #handler = createHandler(() => this.#stages);
  readonly stuck: Promise<void>;
  #tellStuck = (): void => {};
  #removePidFile = (): void => {};
  #config: Config;
  #stages: Stages;

  constructor(sources: ConfigSources, config: Config, write: (line: string) => void) {
    this.#sources = sources;
    this.#write = write;
    this.#config = config;
    this.stuck = new Promise((resolve) => (this.#tellStuck = resolve));
    this.#stages = this.#build(config);
  }

  get addresses(): readonly string[] {
    return [...this.#listeners.values()].map(({ address }) => address);
  }

  async start(): Promise<void> {
    try {
      await this.#listenWhere(this.#config);
      dropPrivileges(this.#config);
      checkSnapshotDirectory(this.#config);
      const { pidFile } = this.#config;
      if (pidFile !== undefined) this.#removePidFile = writePidFile(pidFile, this.#stages.log);
    } catch (thrown) {
      await this.stop(Promise.resolve());
      throw thrown;
    }
    for (const address of this.addresses) {
      this.#stages.log('info', 'listening', { address, workers: this.#config.workers });
    }
    this.#tellOtherPools();
    void preload(this.#config.preload, this.#stages, this.#config.limits);
  }

  async reload(): Promise<void> {
    try {
      const config = loadConfig(this.#sourcesWithKey());
      checkSnapshotDirectory(config);
      await this.#listenWhere(config);
      this.#stages = this.#rebuild(config);
      this.#config = config;
      this.#stages.log('info', 'reloaded', { file: config.file });
      this.#tellOtherPools();
    } catch (thrown) {
      const faults = thrown instanceof ConfigError ? thrown.faults : [messageOf(thrown)];
      for (const reason of faults) this.#stages.log('error', 'reload-refused', { reason });
    }
  }

  async stop(hurry: Promise<void>): Promise<boolean> {
    const { drainTimeoutMs } = this.#config;
    const patience = new AbortController();
    void hurry.then(() =>
      delay(drainTimeoutMs, undefined, { ref: false }).then(() => patience.abort()),
    );
    const closed = [...this.#listeners.values()].map((listener) => listener.close(patience.signal));
    this.#tellLeaving();
    await Promise.all(closed);
    this.#listeners.clear();
    this.#stages.snapshots?.close();
    const threadsGone = await this.#stages.pool.close();
    this.#removePidFile();
    this.#stages.log('info', 'stopped');
    return threadsGone;
  }

  #tellOtherPools(): void {
    const { file, otherPools } = this.#config;
    if (otherPools.length > 0) {
      this.#stages.log('warn', 'pools-not-started', { file, pools: otherPools.join(',') });
    }
  }

  /** Whoever started this process may start the next one now: it shares the listening socket. */
  #tellLeaving(): void {
    const { servingFd } = this.#config;
    if (servingFd === undefined) return;
    try {
      writeSync(servingFd, '.');
      closeSync(servingFd);
    } catch (thrown) {
      this.#stages.log('warn', 'serving-fd', { fd: servingFd, reason: messageOf(thrown) });
    }
  }

  /** The key is read at the start only: then a descriptor has it, or root may open its file. */
  #sourcesWithKey(): ConfigSources {
    const { key } = this.#config.trust;
    return key === undefined ? this.#sources : { ...this.#sources, key };
  }

  #build(config: Config): Stages {
    const log = createLog(this.#write, config.logLevel, { pool: config.pool });
    return {
      log,
      policy: new Policy(config),
      modules: this.#moduleCache(config),
      pool: new Pool(this.#poolOptions(config, log)),
      outgoing: new OutgoingClient(outgoingOptions(config)),
      snapshots: this.#snapshots(config),
      errorDetails: config.errorDetails,
    };
  }

  /** Threads and compiled modules are worth keeping: they hold nothing of the old configuration. */
  #rebuild(config: Config): Stages {
    const { pool, modules, outgoing, snapshots } = this.#stages;
    const log = createLog(this.#write, config.logLevel, { pool: config.pool });
    pool.reconfigure(this.#poolOptions(config, log));
    outgoing.reconfigure(outgoingOptions(config));
    snapshots?.limit(config.snapshotBytes);
    const isSameLimit = config.moduleBytes === this.#config.moduleBytes;
    return {
      log,
      policy: new Policy(config),
      modules: isSameLimit ? modules : this.#moduleCache(config),
      pool,
      outgoing,
      ...(snapshots === undefined ? {} : { snapshots }),
      errorDetails: config.errorDetails,
    };
  }

  #snapshots({ moduleBytes, snapshotBytes: memoryBytes }: Config): Snapshots {
    return new Snapshots({
      directory: () => snapshotDirectoryOf(this.#config),
      moduleBytes,
      memoryBytes,
      dropped: (key) => this.#stages.pool.forget(key),
      log: (level, event, fields) => this.#stages.log(level, event, fields),
    });
  }

  #moduleCache({ moduleBytes }: Config): ModuleCache {
    const compiled = (module: string, ms: number): void =>
      this.#stages.log('info', 'module-compiled', { module, ms: Math.round(ms) });
    return new ModuleCache({ fileBytes: moduleBytes, compiled });
  }

  /** Opens what is new before it closes what is no longer wanted. */
  async #listenWhere(config: Config): Promise<void> {
    const wanted = new Map(config.listen.map((target) => [JSON.stringify(target), target]));
    for (const [key, target] of wanted) {
      if (this.#listeners.has(key)) continue;
      this.#listeners.set(key, await this.#listenAt(target, config));
    }
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue;
      this.#listeners.delete(key);
      void listener.close(AbortSignal.timeout(config.drainTimeoutMs));
    }
  }

  #listenAt(target: Listen, config: Config): Promise<Listener> {
    const limits: Partial<FcgiLimits> = {
      connections: config.connections,
      paramsBytes: config.paramsBytes,
      paramsMs: config.paramsTimeoutMs,
    };
    const log: Log = (level, event, fields) => this.#stages.log(level, event, fields);
    return listen(target, this.#handler, limits, log);
  }

  #poolOptions(config: Config, log: Log): PoolOptions {
    return {
      workers: config.workers,
      queue: config.queueLength,
      queueTimeoutMs: config.queueTimeoutMs,
      store: new Store(config.spoolDirectory, config.spoolBytes),
      log,
      onStuck: () => this.#tellStuck(),
    };
  }
}

/**
 * Where it is named it has to be fit before there is a request; else it is made with the first snapshot.
 * @throws ConfigError
 */
function checkSnapshotDirectory({ snapshotDirectory: directory }: Config): void {
  if (directory === undefined) return;
  try {
    new SnapshotStore(directory).open();
  } catch (thrown) {
    throw new ConfigError([`snapshot-dir ${directory}: ${messageOf(thrown)}`]);
  }
}

function outgoingOptions({
  outgoingConnections: connections,
  certificates,
}: Config): ClientOptions {
  return { connections, certificates };
}
