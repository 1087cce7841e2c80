// One socket of a web server: its requests by id, backpressure both ways, its end.

import type { Socket } from 'node:net';
import { ProtocolError, RequestError, messageOf } from '../errors.js';
import type { Log } from '../log.js';
import { RecordDecoder } from './decoder.js';
import type { RequestHandler } from './exchange.js';
import type { FcgiLimits } from './limits.js';
import { answerValues } from './management.js';
import {
  BODY_BYTES,
  KEEP_CONN,
  MANAGEMENT_ID,
  MAX_TYPE,
  ProtocolStatus,
  RecordType,
  Role,
} from './protocol.js';
import { encodeEnd, encodeEndRequest, encodeStdout, encodeUnknownType } from './record.js';
import { refusal } from './refusal.js';
import type { Refusal } from './refusal.js';
import { Request } from './request.js';
import type { RequestWire } from './request.js';

/**
 * - fresh: accepted, no request came yet
 * - refusing: accepted above the limit of connections; its first request is answered 503
 * - serving: requests are open
 * - idle: kept by the web server, no request open
 * - finishing: is closed as soon as no request is open
 * - lingering: our side is closed; what still comes is dropped
 * - closed
 */
export type ConnectionState =
  'fresh' | 'refusing' | 'serving' | 'idle' | 'finishing' | 'lingering' | 'closed';

/** What a connection tells its listener. */
export interface ConnectionOwner {
  readonly handler: RequestHandler;
  readonly limits: FcgiLimits;
  readonly log: Log;
  /** Comes after every change of state. */
  changed(connection: Connection): void;
}

export class Connection implements RequestWire {
  readonly #requests = new Map<number, Request>();
  /** Requests for which the bytes being decoded brought something. */
  readonly #touched = new Set<Request>();
  readonly #decoder: RecordDecoder;
  #state: ConnectionState;
  /** `performance.now()` of the last change of state. */
  #since = performance.now();
  /** Our own answers pile up unread: the peer gets no more of them before it reads. */
  #unread = false;
  #fault = 'the web server closed the connection';

  /** @param admitted false when the listener has more connections than it may serve */
  constructor(
    readonly socket: Socket,
    readonly owner: ConnectionOwner,
    readonly serial: number,
    admitted: boolean,
  ) {
    this.#state = admitted ? 'fresh' : 'refusing';
    this.#decoder = new RecordDecoder((type, id, bytes, start, end) => {
      this.#take(type, id, bytes, start, end);
    });
    socket.setTimeout(owner.limits.sendMs);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('end', () => this.#peerEnded());
    socket.on('drain', () => this.#drained());
    socket.on('timeout', () => this.#timedOut());
    socket.on('error', (error) => {
      this.#fault = `the web server closed the connection (${error.message})`;
    });
    socket.on('close', () => this.#close(this.#fault));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** No new requests: closes at once when idle, else when the open ones are answered. */
  drain(): void {
    if (this.#state === 'idle' || this.#state === 'refusing') this.#close('');
    else if (this.#state === 'fresh' || this.#state === 'serving') this.#enter('finishing');
  }

  /** Closes at once; open requests are aborted. */
  destroy(reason: string): void {
    this.#close(reason);
  }

  /** Enforces the deadlines; called now and then. @param now `performance.now()` */
  sweep(now: number): void {
    const { paramsMs, lingerMs } = this.owner.limits;
    for (const request of this.#requests.values()) {
      if (request.awaitsParams && now - request.begunAt > paramsMs) {
        this.#refuse(request, refusal(408), `FCGI_PARAMS not complete after ${paramsMs} ms`);
      }
    }
    const age = now - this.#since;
    if (this.#state === 'lingering' && age > lingerMs && this.socket.writableLength === 0) {
      this.#close('');
    } else if (this.#state === 'finishing' && age > lingerMs && this.#requests.size === 0) {
      this.#close('');
    } else if (this.#state === 'refusing' && age > paramsMs) {
      this.#close('');
    } else if (this.#state === 'fresh' && age > paramsMs) {
      this.#enter('idle'); // may now give way to a connection that has a request
    }
  }

  sendStdout(id: number, chunk: Uint8Array): boolean {
    if (chunk.length > 0) this.#send(encodeStdout(id, chunk));
    return this.socket.writableLength <= this.owner.limits.highWaterBytes;
  }

  finish(request: Request, appStatus: number, lastChunk: Uint8Array | undefined): void {
    const { requestId } = request;
    this.#requests.delete(requestId);
    this.#send(encodeEnd(requestId, appStatus, ProtocolStatus.REQUEST_COMPLETE, lastChunk));
    this.#finished(request);
  }

  giveUp(request: Request): void {
    this.#requests.delete(request.requestId);
    this.#close('the connection was closed because another request on it failed');
  }

  /** The socket is read while there is room for what it brings. */
  balance(): void {
    const mustWait = this.#state !== 'lingering' && (this.#unread || this.#holdsTooMuch());
    if (mustWait === this.socket.isPaused()) return;
    if (mustWait) this.socket.pause();
    else this.socket.resume();
  }

  #holdsTooMuch(): boolean {
    for (const { stdin } of this.#requests.values()) {
      if (stdin.heldBytes >= this.owner.limits.heldStdinBytes) return true;
    }
    return false;
  }

  #receive(bytes: Buffer): void {
    if (this.#state === 'lingering' || this.#state === 'closed') return;
    // All that is answered while these bytes are decoded leaves in one system call.
    this.socket.cork();
    try {
      this.#decoder.push(bytes);
      for (const request of this.#touched) this.#serve(request);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#touched.clear();
      this.socket.uncork();
    }
    this.balance();
  }

  #serve(request: Request): void {
    if (request.handOver()) this.owner.handler(request);
    request.stdin.flush();
  }

  #take(type: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (this.#state === 'lingering' || this.#state === 'closed') return;
    if (id === MANAGEMENT_ID || type > MAX_TYPE || type === 0) {
      this.#manage(type, bytes, start, end);
      return;
    }
    if (type === RecordType.BEGIN_REQUEST) {
      this.#begin(id, bytes, start, end);
      return;
    }
    // Records of requests that are over still come when the answer came before the body's end.
    const request = this.#requests.get(id);
    if (request === undefined) return;
    switch (type) {
      case RecordType.PARAMS:
        this.#params(request, bytes, start, end);
        break;
      case RecordType.STDIN:
        this.#touched.add(request);
        if (start === end) request.stdin.finish();
        else request.stdin.push(bytes, start, end);
        break;
      case RecordType.ABORT_REQUEST:
        this.#abort(request);
        break;
      default: // DATA is for filters; the others are for web servers
        break;
    }
  }

  #manage(type: number, bytes: Buffer, start: number, end: number): void {
    if (type === RecordType.GET_VALUES) {
      this.#send([answerValues(bytes.subarray(start, end), this.owner.limits)]);
    } else if (type !== RecordType.UNKNOWN_TYPE && type !== RecordType.GET_VALUES_RESULT) {
      this.#send([encodeUnknownType(type)]);
    }
    this.#limitUnread();
  }

  #begin(id: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== BODY_BYTES) {
      throw new ProtocolError(`BEGIN_REQUEST must have ${BODY_BYTES} bytes, not ${end - start}`);
    }
    // Two requests under one id could not be told apart any more.
    if (this.#requests.has(id)) throw new ProtocolError(`BEGIN_REQUEST: id ${id} is in use`);
    const role = bytes.readUInt16BE(start);
    const keep = ((bytes[start + 2] ?? 0) & KEEP_CONN) !== 0;
    const { requestsPerConnection, paramsBytes } = this.owner.limits;
    const request = new Request(id, keep, performance.now(), this, paramsBytes);
    if (role !== Role.RESPONDER) {
      this.#send([encodeEndRequest(id, ProtocolStatus.UNKNOWN_ROLE)]);
      this.owner.log('warn', 'fcgi.unknown-role', { connection: this.serial, request: id, role });
      this.#finished(request);
    } else if (this.#state === 'refusing') {
      this.#refuse(request, refusal(503, ProtocolStatus.OVERLOADED), 'too many connections');
    } else if (this.#requests.size >= requestsPerConnection) {
      const { CANT_MPX_CONN, OVERLOADED } = ProtocolStatus;
      const protocolStatus = requestsPerConnection === 1 ? CANT_MPX_CONN : OVERLOADED;
      this.#refuse(request, refusal(503, protocolStatus), 'too many requests on the connection');
    } else {
      this.#requests.set(id, request);
      if (this.#state !== 'finishing') this.#enter('serving');
    }
  }

  #params(request: Request, bytes: Buffer, start: number, end: number): void {
    try {
      if (start < end) {
        request.pushParams(bytes, start, end);
      } else {
        request.finishParams();
        this.#touched.add(request);
      }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#refuse(request, refusal(error.status), error.message);
    }
  }

  #abort(request: Request): void {
    this.#requests.delete(request.requestId);
    this.#send(encodeEnd(request.requestId, 0, ProtocolStatus.REQUEST_COMPLETE));
    request.abort('the web server aborted the request');
    this.#finished(request);
  }

  /** Answers a request that no handler has seen. */
  #refuse(request: Request, { answer, status, protocolStatus }: Refusal, reason: string): void {
    const { requestId } = request;
    this.#requests.delete(requestId);
    request.close();
    this.#send(encodeEnd(requestId, 1, protocolStatus, answer));
    const fields = { connection: this.serial, request: requestId, status, reason };
    this.owner.log('warn', 'fcgi.refused', fields);
    this.#finished(request);
  }

  /** A request is answered and no longer in the map: goes on, or closes as it was asked to. */
  #finished(request: Request): void {
    this.#limitUnread();
    if (!request.keep && this.#state !== 'closed') this.#enter('finishing');
    if (this.#requests.size > 0) {
      this.balance();
    } else if (this.#state === 'finishing' || this.#state === 'refusing') {
      this.#endSocket(request.stdin.complete);
    } else if (this.#state === 'serving') {
      this.#enter('idle');
      this.balance(); // the ended request may have paused the socket: the next one needs it
    }
  }

  /**
   * Closes after the unsent bytes. While a body may still come, the socket stays open to see it
   * out: closing a socket with unread bytes resets it, and the answer can be lost.
   */
  #endSocket(inputComplete: boolean): void {
    this.#enter('lingering');
    if (inputComplete || this.socket.readableEnded) this.socket.destroySoon();
    else this.socket.end();
    this.balance();
  }

  #peerEnded(): void {
    for (const request of this.#requests.values()) {
      if (request.stdin.complete && request.open) continue;
      // FIN instead of the empty STDIN record: the web server is gone, the body is not complete.
      this.#requests.delete(request.requestId);
      request.abort('the web server closed the connection before the end of the request');
    }
    if (this.#state === 'lingering' || this.#requests.size === 0) this.#endSocket(true);
    else if (this.#state !== 'closed') this.#enter('finishing');
  }

  #drained(): void {
    this.#unread = false;
    for (const request of this.#requests.values()) request.drained();
    this.balance();
  }

  #timedOut(): void {
    if (this.socket.writableLength === 0) return; // a silent program has limits of its own
    const { sendMs } = this.owner.limits;
    this.owner.log('warn', 'fcgi.send-timeout', { connection: this.serial, sendMs });
    this.#close(`the web server read nothing of the answer for ${sendMs} ms`);
  }

  /** Anything thrown while bytes were decoded ends this connection, and no other. */
  #fail(error: unknown): void {
    const fields = { connection: this.serial, reason: messageOf(error) };
    if (error instanceof ProtocolError) this.owner.log('warn', 'fcgi.protocol-error', fields);
    else this.owner.log('error', 'fcgi.handler-fault', fields);
    this.#close('the connection was closed because of a protocol error');
  }

  #send(pieces: Uint8Array[]): void {
    const { socket } = this;
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
  }

  /** Answers of our own are unbounded if the peer asks but does not read: read no more then. */
  #limitUnread(): void {
    if (this.socket.writableLength <= this.owner.limits.highWaterBytes) return;
    this.#unread = true;
    this.balance();
  }

  #enter(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since = performance.now();
    this.owner.changed(this);
  }

  #close(reason: string): void {
    if (this.#state === 'closed') return;
    this.#enter('closed');
    this.socket.destroy();
    const open = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of open) request.abort(reason);
  }
}
