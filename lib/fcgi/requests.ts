// The open requests of one connection: what each record means for them (section 5).

import { ProtocolError, RequestError } from '../errors.js';
import { FewMap, FewSet } from '../few.js';
import type { Log } from '../log.js';
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
import { encodeEnd, encodeEndRequest, encodeUnknownType } from './record.js';
import { refusal } from './refusal.js';
import type { Refusal } from './refusal.js';
import { Request } from './request.js';
import type { RequestWire } from './request.js';

/** What the requests need of their connection. */
export interface RecordWire extends RequestWire {
  readonly limits: FcgiLimits;
  /** The connection's own, with its number in every event. */
  readonly log: Log;
  /** False when this connection is one too many; else it is now serving. */
  admit(): boolean;
  send(pieces: readonly Uint8Array[]): void;
  /** A request is answered, and no longer open: the connection is free for what comes next. */
  finished(request: Request): void;
  /** An answer was sent that no handler gave: nobody else looks whether the peer reads. */
  answered(): void;
}

export class OpenRequests {
  readonly #open = new FewMap<number, Request>();
  /** Requests to which the bytes being decoded brought something. */
  readonly #touched = new FewSet<Request>();

  constructor(readonly wire: RecordWire) {}

  get size(): number {
    return this.#open.size;
  }

  /** True when a body waits for its reader, and more of it must not be read. */
  get holdTooMuch(): boolean {
    for (const { stdin } of this.#open.values()) {
      if (stdin.heldBytes >= this.wire.limits.heldStdinBytes) return true;
    }
    return false;
  }

  remove(request: Request): void {
    this.#open.delete(request.requestId);
  }

  /**
   * Takes one record, see RecordTaker. Handlers are not called before `serve`.
   * @throws ProtocolError
   */
  take(type: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id === MANAGEMENT_ID || type > MAX_TYPE || type === 0) {
      this.#manage(type, bytes, start, end);
      return;
    }
    if (type === RecordType.BEGIN_REQUEST) {
      this.#begin(id, bytes, start, end);
      return;
    }
    // Records of requests that are over still come when the answer came before the body's end.
    const request = this.#open.get(id);
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
      default: // DATA is for filters, the others are for web servers
        break;
    }
  }

  /** Hands new requests to `handler` and the bytes that came to their readers. */
  serve(handler: RequestHandler): void {
    try {
      for (const request of this.#touched) {
        if (request.handOver()) handler(request);
        request.stdin.flush();
      }
    } finally {
      this.#touched.clear();
    }
  }

  /** Refuses requests whose params take too long. @param now `performance.now()` */
  expire(now: number): void {
    const { paramsMs } = this.wire.limits;
    for (const request of this.#open.values().slice()) {
      if (!request.awaitsParams || now - request.begunAt <= paramsMs) continue;
      this.#refuse(request, refusal(408), `over the limit params-timeout ${paramsMs}ms`);
    }
  }

  drained(): void {
    for (const request of this.#open.values().slice()) request.drained();
  }

  /** Aborts those that can never be complete: nothing comes from the peer any more. */
  abortIncomplete(reason: string): void {
    this.#abortAll((request) => !request.isWhole, reason);
  }

  abortAll(reason: string): void {
    this.#abortAll(() => true, reason);
  }

  /** Empties the map first: a handler that is told may look at the connection. */
  #abortAll(fits: (request: Request) => boolean, reason: string): void {
    const aborted = [...this.#open.values()].filter((request) => fits(request));
    for (const request of aborted) this.remove(request);
    for (const request of aborted) request.abort(reason);
  }

  #manage(type: number, bytes: Buffer, start: number, end: number): void {
    if (type === RecordType.GET_VALUES) {
      this.wire.send([answerValues(bytes.subarray(start, end), this.wire.limits)]);
    } else if (type !== RecordType.UNKNOWN_TYPE && type !== RecordType.GET_VALUES_RESULT) {
      this.wire.send([encodeUnknownType(type)]);
    }
    this.wire.answered();
  }

  #begin(id: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== BODY_BYTES) {
      throw new ProtocolError(`BEGIN_REQUEST must have ${BODY_BYTES} bytes, not ${end - start}`);
    }
    // Two requests under one id could not be told apart any more.
    if (this.#open.has(id)) throw new ProtocolError(`BEGIN_REQUEST: id ${id} is in use`);
    const role = bytes.readUInt16BE(start);
    const keep = ((bytes[start + 2] ?? 0) & KEEP_CONN) !== 0;
    const { requestsPerConnection, paramsBytes } = this.wire.limits;
    const request = new Request(id, keep, performance.now(), this.wire, paramsBytes);
    if (role !== Role.RESPONDER) {
      this.wire.send([encodeEndRequest(id, ProtocolStatus.UNKNOWN_ROLE)]);
      this.wire.log('warn', 'fcgi.unknown-role', { request: id, role });
      this.wire.finished(request);
    } else if (this.size >= requestsPerConnection) {
      const { CANT_MPX_CONN, OVERLOADED } = ProtocolStatus;
      const protocolStatus = requestsPerConnection === 1 ? CANT_MPX_CONN : OVERLOADED;
      this.#refuse(request, refusal(503, protocolStatus), 'too many requests on the connection');
    } else if (this.wire.admit()) {
      this.#open.set(id, request);
    } else {
      const reason = `over the limit connections ${this.wire.limits.connections}`;
      this.#refuse(request, refusal(503, ProtocolStatus.OVERLOADED), reason);
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

  /** The web server waits for END_REQUEST, whatever the handler is doing (section 5.4). */
  #abort(request: Request): void {
    this.remove(request);
    this.wire.send(encodeEnd(request.requestId, 0, ProtocolStatus.REQUEST_COMPLETE));
    request.abort('the web server aborted the request');
    this.wire.finished(request);
  }

  /** Answers a request that no handler has seen. */
  #refuse(request: Request, { answer, status, protocolStatus }: Refusal, reason: string): void {
    const { requestId } = request;
    this.remove(request);
    request.close();
    this.wire.send(encodeEnd(requestId, 1, protocolStatus, answer));
    this.wire.log('warn', 'fcgi.refused', { request: requestId, status, reason });
    this.wire.finished(request);
  }
}
