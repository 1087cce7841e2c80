// One socket of a web server: when it is read, how it is written, when it ends.

import type { Socket } from 'node:net';
import { ProtocolError, messageOf } from '../errors.js';
import type { Log } from '../log.js';
import { RecordDecoder } from './decoder.js';
import type { RequestHandler } from './exchange.js';
import type { FcgiLimits } from './limits.js';
import { ProtocolStatus } from './protocol.js';
import { encodeEnd, encodeStdout } from './record.js';
import type { Request } from './request.js';
import { OpenRequests } from './requests.js';
import type { RecordWire } from './requests.js';

/**
 * - fresh: accepted, no request came yet
 * - refusing: accepted above the limit of connections; its request is answered 503, unless
 *   there is room by then
 * - serving: requests are open
 * - idle: kept by the web server, no request open
 * - finishing: is closed as soon as no request is open
 * - lingering: our side is closed; what still comes is dropped
 * - closed
 */
export type ConnectionState =
  'fresh' | 'refusing' | 'serving' | 'idle' | 'finishing' | 'lingering' | 'closed';

/** What a connection needs of its listener. */
export interface ConnectionOwner {
  readonly handler: RequestHandler;
  readonly limits: FcgiLimits;
  readonly log: Log;
  /** Whether one more connection may be served now; makes room where it can. */
  hasRoom(): boolean;
  /** Comes after every change of state. */
  changed(connection: Connection): void;
}

export class Connection implements RecordWire {
  readonly limits: FcgiLimits;
  readonly log: Log;
  readonly #requests = new OpenRequests(this);
  readonly #decoder: RecordDecoder;
  #state: ConnectionState;
  /** `performance.now()` of the last change of state. */
  #since = performance.now();
  /** Answers pile up unread: the peer may not cause more of them before it reads. */
  #unread = false;
  #fault = 'the web server closed the connection';

  /**
   * @param serial number of the connection in the log
   * @param admitted false when the listener has more connections than it may serve
   */
  constructor(
    readonly socket: Socket,
    readonly owner: ConnectionOwner,
    serial: number,
    admitted: boolean,
  ) {
    this.limits = owner.limits;
    this.log = (level, event, fields) => {
      owner.log(level, event, { connection: serial, ...fields });
    };
    this.#state = admitted ? 'fresh' : 'refusing';
    this.#decoder = new RecordDecoder((type, id, bytes, start, end) => {
      if (this.#isOver()) return; // the answer to an earlier record was the last
      this.#requests.take(type, id, bytes, start, end);
    });
    socket.setTimeout(owner.limits.sendMs);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('end', () => this.#peerEnded());
    socket.on('drain', () => this.#drained());
    socket.on('timeout', () => this.#timedOut());
    socket.on('error', (error) => {
      this.#fault = `the web server closed the connection (${error.message})`;
    });
    socket.on('close', () => this.destroy(this.#fault));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * The listener stops. What has not spoken yet is served once; a kept connection is closed by
   * `closeIfQuiet`, and not with its last answer: FastCGI cannot tell the web server that this was
   * the last one, and it may have sent the next request already.
   */
  drain(): void {
    if (this.#state === 'refusing') this.destroy('');
    else if (this.#state === 'fresh') this.#enter('finishing');
  }

  /** Closes a kept connection on which nothing happens. @param quietMs since its last answer */
  closeIfQuiet(now: number, quietMs: number): void {
    const since = this.#since;
    if (this.#state !== 'idle' || now - since < quietMs) return;
    // After the sockets were read once more: what has arrived by then is served.
    setImmediate(() => {
      if (this.#state === 'idle' && this.#since === since) this.destroy('');
    });
  }

  /** Closes at once, unsent bytes are lost. @param reason for the open requests' `onAbort` */
  destroy(reason: string): void {
    if (this.#state === 'closed') return;
    this.#enter('closed');
    this.socket.destroy();
    this.#requests.abortAll(reason);
  }

  /** Enforces the deadlines; called now and then. @param now `performance.now()` */
  sweep(now: number): void {
    const { paramsMs, lingerMs } = this.limits;
    this.#requests.expire(now);
    const ageMs = now - this.#since;
    if (this.#state === 'lingering') {
      if (ageMs > lingerMs && this.socket.writableLength === 0) this.destroy('');
    } else if (this.#state === 'finishing') {
      if (ageMs > lingerMs && this.#requests.size === 0) this.destroy('');
    } else if (this.#state === 'refusing') {
      if (ageMs > paramsMs) this.destroy('');
    } else if (this.#state === 'fresh') {
      if (ageMs > paramsMs) this.#enter('idle'); // may give way to one that has a request
    }
  }

  admit(): boolean {
    // Asked again: connections may have ended since this one was accepted.
    if (this.#state === 'refusing' && !this.owner.hasRoom()) return false;
    if (this.#state !== 'finishing') this.#enter('serving');
    return true;
  }

  send(pieces: readonly Uint8Array[]): void {
    const { socket } = this;
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
  }

  sendStdout(id: number, chunk: Uint8Array): boolean {
    if (chunk.length > 0) this.send(encodeStdout(id, chunk));
    return this.socket.writableLength <= this.limits.highWaterBytes;
  }

  finish(request: Request, appStatus: number, lastChunk: Uint8Array | undefined): void {
    const { requestId } = request;
    this.#requests.remove(request);
    this.send(encodeEnd(requestId, appStatus, ProtocolStatus.REQUEST_COMPLETE, lastChunk));
    this.finished(request);
  }

  giveUp(request: Request): void {
    this.#requests.remove(request);
    this.destroy('the connection was closed because another request on it failed');
  }

  finished(request: Request): void {
    this.answered();
    if (this.#isOver()) return;
    if (!request.keep || this.#state === 'refusing') this.#enter('finishing');
    if (this.#requests.size === 0) {
      if (this.#state === 'finishing') this.#endSocket(request.stdin.complete);
      else if (this.#state === 'serving') this.#enter('idle');
    }
    this.balance(); // this request may have paused the socket: the next one needs it
  }

  answered(): void {
    if (this.socket.writableLength <= this.limits.highWaterBytes) return;
    this.#unread = true;
    this.balance();
  }

  /** Reads the socket while there is room for what it brings. A pause holds all requests. */
  balance(): void {
    const mustWait = !this.#isOver() && (this.#unread || this.#requests.holdTooMuch);
    if (mustWait === this.socket.isPaused()) return;
    if (mustWait) this.socket.pause();
    else this.socket.resume();
  }

  #receive(bytes: Buffer): void {
    if (this.#isOver()) return;
    // All that is answered while these bytes are decoded leaves in one system call.
    this.socket.cork();
    try {
      this.#decoder.push(bytes);
      this.#requests.serve(this.owner.handler);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.socket.uncork();
    }
    this.balance();
  }

  /** Anything thrown while bytes were decoded ends this connection, and no other. */
  #fail(error: unknown): void {
    const fields = { reason: messageOf(error) };
    if (error instanceof ProtocolError) this.log('warn', 'fcgi.protocol-error', fields);
    else this.log('error', 'fcgi.handler-fault', fields);
    this.destroy('the connection was closed because of a protocol error');
  }

  /**
   * Closes after the unsent bytes. While a body may still come, the socket stays open to see it
   * out: closing a socket with unread bytes resets it, and the answer can be lost.
   */
  #endSocket(inputComplete: boolean): void {
    this.#enter('lingering');
    if (inputComplete) this.socket.destroySoon();
    else this.socket.end();
    this.balance();
  }

  #peerEnded(): void {
    if (this.#state === 'closed') return;
    // FIN instead of the empty STDIN record: the web server is gone, the body is not complete.
    this.#requests.abortIncomplete(
      'the web server closed the connection before the end of the request',
    );
    if (this.#requests.size === 0) this.#endSocket(true);
    else this.#enter('finishing');
  }

  #drained(): void {
    this.#unread = false;
    this.#requests.drained();
    this.balance();
  }

  #timedOut(): void {
    if (this.socket.writableLength === 0) return; // a silent program has limits of its own
    const { sendMs } = this.limits;
    this.log('warn', 'fcgi.send-timeout', { sendMs });
    this.destroy(`the web server read nothing of the answer for ${sendMs} ms`);
  }

  #isOver(): boolean {
    return this.#state === 'lingering' || this.#state === 'closed';
  }

  #enter(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since = performance.now();
    this.owner.changed(this);
  }
}
