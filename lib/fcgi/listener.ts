// The listening socket: accepts connections, keeps their number in bounds, drains them.

import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { ConfigError, messageOf } from '../errors.js';
import { FewSet } from '../few.js';
import type { Log } from '../log.js';
import { Connection } from './connection.js';
import type { ConnectionOwner } from './connection.js';
import type { RequestHandler } from './exchange.js';
import { DEFAULT_FCGI_LIMITS } from './limits.js';
import type { FcgiLimits } from './limits.js';
import { checkTarget, nameTarget } from './target.js';
import type { ListenTarget } from './target.js';
import { bindClosed, freeSocketPath, openToGroup } from './unix-socket.js';

const BACKLOG = 511;
/** Sockets report `drain` only above their own mark; it must not lie above ours. */
const SOCKET_MARK_BYTES = 16_384;
const SWEEP_MS = 1_000;
/**
 * While it closes: how often to look for quiet connections, and how long they have to be quiet. A web
 * server that is short of processor time comes back to a connection of many only now and then.
 */
const DRAIN_SWEEP_MS = 10;
const QUIET_MS = 1_000;
/** How long one may go on that never is: every close between two requests may hit the second. */
const LINGERS_PATIENT = 5;

export interface Listener {
  /** `fd:0`, `unix:/run/x.sock`, `tcp:127.0.0.1:9000`; of port 0 the port that was given. */
  readonly address: string;
  /**
   * Stops accepting, removes the unix socket, and closes each connection when its requests are
   * answered and nothing follows; then resolves.
   * @param signal ends the patience: open requests are aborted, all connections closed
   */
  close(signal?: AbortSignal): Promise<void>;
}

/**
 * Listens for FastCGI 1.0 in the role of a responder.
 * @param handler is called once for each request, see RequestHandler
 * @param limits those not given have the values of DEFAULT_FCGI_LIMITS
 * @param log gets faults of connections and refused requests
 * @throws ConfigError when the target cannot be bound
 */
export async function listen(
  target: ListenTarget,
  handler: RequestHandler,
  limits: Partial<FcgiLimits> = {},
  log: Log = () => {},
): Promise<Listener> {
  checkTarget(target);
  if (target.kind === 'unix') await freeSocketPath(target.path);
  const listener = new SocketListener(handler, { ...DEFAULT_FCGI_LIMITS, ...limits }, log);
  await listener.bind(target);
  return listener;
}

class SocketListener implements Listener, ConnectionOwner {
  address = '';
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** Kept connections without a request, longest idle first. */
  readonly #idle = new FewSet<Connection>();
  #serial = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    readonly handler: RequestHandler,
    readonly limits: FcgiLimits,
    readonly log: Log,
  ) {
    this.#server = createServer({
      allowHalfOpen: true, // a client may close its side after the request, and wait
      noDelay: true,
      highWaterMark: Math.min(SOCKET_MARK_BYTES, limits.highWaterBytes),
    });
    this.#server.maxConnections = 2 * limits.connections;
    this.#server.on('connection', (socket) => this.#accept(socket));
    this.#server.on('drop', () => {
      log('error', 'fcgi.dropped', { connections: this.#connections.size });
    });
  }

  async bind(target: ListenTarget): Promise<void> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', (error) => {
        reject(new ConfigError([`${nameTarget(target)}: cannot listen: ${messageOf(error)}`]));
      });
      startListening(server, target);
    });
    try {
      if (target.kind === 'unix') openToGroup(target);
    } catch (thrown) {
      server.close();
      throw thrown;
    }
    server.on('error', (error) => this.log('error', 'fcgi.accept', { reason: messageOf(error) }));
    const bound = server.address();
    const isTcp = target.kind === 'tcp' && bound !== null && typeof bound !== 'string';
    this.address = nameTarget(isTcp ? { ...target, port: bound.port } : target);
  }

  async close(signal?: AbortSignal): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.drain();
    const quiet = this.#closeQuietOnes();
    const abandon = () => {
      for (const connection of this.#connections) connection.destroy('the responder stops');
    };
    if (signal?.aborted === true) abandon();
    signal?.addEventListener('abort', abandon, { once: true });
    await closed;
    clearInterval(quiet);
    signal?.removeEventListener('abort', abandon);
  }

  /** Connections that are never quiet for long are closed between two requests in the end. */
  #closeQuietOnes(): NodeJS.Timeout {
    const patientUntil = performance.now() + LINGERS_PATIENT * this.limits.lingerMs;
    return setInterval(() => {
      const now = performance.now();
      const quietMs = now < patientUntil ? QUIET_MS : 0;
      for (const connection of this.#connections) connection.closeIfQuiet(now, quietMs);
    }, DRAIN_SWEEP_MS);
  }

  changed(connection: Connection): void {
    if (connection.state === 'idle') this.#idle.add(connection);
    else this.#idle.delete(connection);
    if (connection.state !== 'closed') return;
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** Makes room by closing an idle connection: a reconnect for its peer, and no lost request. */
  hasRoom(): boolean {
    const { connections } = this.limits;
    if (this.#connections.size < connections) return true;
    let served = 0;
    for (const { state } of this.#connections) {
      if (state !== 'refusing' && state !== 'lingering') served += 1;
    }
    if (served < connections) return true;
    const [longestIdle] = this.#idle;
    longestIdle?.destroy('');
    return longestIdle !== undefined;
  }

  #accept(socket: Socket): void {
    const admitted = this.hasRoom();
    this.#serial += 1;
    this.#connections.add(new Connection(socket, this, this.#serial, admitted));
    this.#sweeper ??= setInterval(() => this.#sweep(), this.#sweepMs()).unref();
  }

  /** One timer for the deadlines of all connections. */
  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.sweep(now);
    if (this.#idle.size > 0 && lacksDescriptors()) this.#giveUpIdle();
  }

  /** Without descriptors nobody is accepted any more, and nothing else tells us so. */
  #giveUpIdle(): void {
    this.log('error', 'fcgi.no-descriptors', { closed: this.#idle.size });
    for (const connection of this.#idle) connection.destroy('');
  }

  #sweepMs(): number {
    return Math.min(SWEEP_MS, this.limits.paramsMs / 2, this.limits.lingerMs / 2);
  }
}

function lacksDescriptors(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return false;
  } catch {
    return true;
  }
}

function startListening(server: Server, target: ListenTarget): void {
  switch (target.kind) {
    case 'fd':
      server.listen({ fd: target.fd, backlog: BACKLOG });
      break;
    case 'tcp':
      server.listen({ host: target.host, port: target.port, backlog: BACKLOG });
      break;
    case 'unix':
      // Binding happens within `listen`.
      bindClosed(target, () => server.listen({ path: target.path, backlog: BACKLOG }));
      break;
  }
}
