// A listener and its clients for one spec, in a directory of its own, closed after it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange, RequestHandler } from '../../lib/fcgi/exchange.js';
import type { FcgiLimits } from '../../lib/fcgi/limits.js';
import { listen } from '../../lib/fcgi/listener.js';
import type { Listener } from '../../lib/fcgi/listener.js';
import type { LogFields } from '../../lib/log.js';
import { Client } from './client.js';

export interface LoggedEvent {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields | undefined;
}

export class Responder {
  readonly events: LoggedEvent[] = [];
  readonly exchanges: Exchange[] = [];
  readonly #clients: Client[] = [];
  #waiters: (() => void)[] = [];
  #listener: Listener | undefined;

  private constructor(readonly directory: string) {}

  /** @param handler none: exchanges are only collected */
  static async start(
    handler: RequestHandler = () => {},
    limits: Partial<FcgiLimits> = {},
  ): Promise<Responder> {
    const responder = new Responder(await mkdtemp(join(tmpdir(), 'fcgi-')));
    const target = { kind: 'unix', path: responder.path, mode: 0o600 } as const;
    responder.#listener = await listen(
      target,
      (exchange) => {
        handler(exchange);
        responder.exchanges.push(exchange);
        responder.#wake();
      },
      limits,
      (level, event, fields) => {
        responder.events.push({ level, event, fields });
        responder.#wake();
      },
    );
    return responder;
  }

  get path(): string {
    return join(this.directory, 's');
  }

  get listener(): Listener {
    if (this.#listener === undefined) throw new Error('not started');
    return this.#listener;
  }

  async client(): Promise<Client> {
    const client = await Client.connect(`unix:${this.path}`);
    this.#clients.push(client);
    return client;
  }

  /** The exchange number `index`, once a handler has got it. */
  async exchange(index: number): Promise<Exchange> {
    for (;;) {
      const exchange = this.exchanges[index];
      if (exchange !== undefined) return exchange;
      await this.#change();
    }
  }

  async event(name: string): Promise<LoggedEvent> {
    for (;;) {
      const found = this.events.find(({ event }) => event === name);
      if (found !== undefined) return found;
      await this.#change();
    }
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.listener.close(AbortSignal.abort());
    await rm(this.directory, { recursive: true, force: true });
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}

/** A handler that answers with its params, sorted, one `name=value` a line. */
export const echoParams: RequestHandler = (exchange) => {
  const lines = [...exchange.params].map(([name, value]) => `${name}=${value}`);
  exchange.end(0, Buffer.from(lines.sort().join('\n'), 'latin1'));
};

/** A handler that answers with the body it got. */
export const echoBody: RequestHandler = (exchange) => {
  exchange.readBody(
    (chunk) => exchange.write(new Uint8Array(chunk)),
    () => exchange.end(0),
  );
};
