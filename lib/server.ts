// Builds all parts from one Config and holds them together: start, reload, drain.

import { rmSync, writeFileSync } from 'node:fs';

import { type Config, type ConfigSources, loadConfig } from './config/config.js';
import type { Listen } from './config/listen.js';
import { Policy } from './config/policy.js';
import { ConfigError, messageOf } from './errors.js';
import type { FcgiLimits } from './fcgi/limits.js';
import { type Listener, listen } from './fcgi/listener.js';
import { type Stages, createHandler } from './handler.js';
import { type Log, createLog } from './log.js';
import { ModuleCache } from './module/cache.js';
import { prepareEngine } from './module/engine.js';
import { Pool } from './pool/pool.js';
import { dropPrivileges } from './privileges.js';
import { selfTest } from './wasi/selftest.js';

export interface Server {
  /** Where it listens, as in the log: `unix:/run/x.sock`, `tcp:127.0.0.1:9000`, `fd:0`. */
  readonly addresses: readonly string[];
  /**
   * Reads the configuration again. Requests in flight end on the old one; a fault leaves the old
   * one in force and is logged.
   */
  reload(): Promise<void>;
  /** Stops accepting, lets open requests end within `drain-timeout`, then ends the rest. */
  stop(): Promise<void>;
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
  #config: Config;
  #stages: Stages;
  /** Pools of earlier configurations, until their last request has ended. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(sources: ConfigSources, config: Config, write: (line: string) => void) {
    this.#sources = sources;
    this.#write = write;
    this.#config = config;
    this.#stages = this.#build(config);
  }

  get addresses(): readonly string[] {
    return [...this.#listeners.values()].map(({ address }) => address);
  }

  async start(): Promise<void> {
    try {
      await this.#listenWhere(this.#config);
      dropPrivileges(this.#config);
      if (this.#config.pidFile !== undefined)
        writeFileSync(this.#config.pidFile, `${process.pid}\n`);
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
    for (const address of this.addresses) {
      this.#stages.log('info', 'listening', { address, workers: this.#config.workers });
    }
  }

  async reload(): Promise<void> {
    try {
      const config = loadConfig(this.#sourcesWithKey());
      await this.#listenWhere(config);
      const old = this.#stages;
      this.#stages = this.#build(config);
      this.#config = config;
      this.#retire(old.pool);
      this.#stages.log('info', 'reloaded', { file: config.file });
    } catch (thrown) {
      const faults = thrown instanceof ConfigError ? thrown.faults : [messageOf(thrown)];
      for (const reason of faults) this.#stages.log('error', 'reload-refused', { reason });
    }
  }

  async stop(): Promise<void> {
    const patience = AbortSignal.timeout(this.#config.drainTimeoutMs);
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close(patience)));
    this.#listeners.clear();
    await Promise.all([this.#stages.pool.close(), ...this.#leaving]);
    if (this.#config.pidFile !== undefined) rmSync(this.#config.pidFile, { force: true });
    this.#stages.log('info', 'stopped');
  }

  /** A key that came through a descriptor cannot be read twice; a key file is read anew. */
  #sourcesWithKey(): ConfigSources {
    const { key } = this.#config.trust;
    const once = this.#sources.flags?.['key-fd'] !== undefined;
    return once && key !== undefined ? { ...this.#sources, key } : this.#sources;
  }

  #build(config: Config): Stages {
    const log: Log = createLog(this.#write, config.logLevel);
    return {
      log,
      policy: new Policy(config),
      modules: new ModuleCache({ fileBytes: config.moduleBytes }),
      pool: new Pool({
        workers: config.workers,
        queue: config.queueLength,
        queueTimeoutMs: config.queueTimeoutMs,
        log,
        // The supervisor (httpd, systemd) starts a new process; this one has a thread it cannot end.
        onStuck: () => process.kill(process.pid, 'SIGTERM'),
      }),
    };
  }

  #retire(pool: Pool): void {
    const gone = pool
      .idle()
      .then(() => pool.close())
      .finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
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
}
