// The answer as the web server gets it: a CGI head in bytes, and a body held to its promise.

import type { Head, Header } from './head.js';
import { hasBody, phraseOf } from './status.js';

/** Of an answer whose program knows no CGI. */
const DEFAULT_CONTENT_TYPE = 'text/html; charset=utf-8';

export interface AnswerHead {
  readonly status: number;
  /** Default: the usual phrase. */
  readonly reason?: string;
  readonly headers: readonly Header[];
  /** Sent as Content-Length, except with 204, which must not have one. */
  readonly contentLength?: number;
}

/**
 * The head in bytes, empty line included. `Status:` is always sent: without it mod_fcgid takes a
 * Location that is a path for an order to redirect inside the server.
 * @param lengthBytes of the whole body where it is known; default: what the head says
 */
export function encodeHead(
  { status, reason, headers, contentLength }: AnswerHead,
  lengthBytes = contentLength,
): Buffer {
  let text = `Status: ${status} ${reason ?? phraseOf(status)}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  if (lengthBytes !== undefined && status !== 204) text += `Content-Length: ${lengthBytes}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/**
 * The head of an error document: a program that httpd runs as one (REDIRECT_STATUS 400..599) and
 * that sends no Status has the status of the error, as with any other handler.
 */
export function asErrorDocument(head: Head, params: ReadonlyMap<string, string>): Head {
  const status = Number(params.get('REDIRECT_STATUS'));
  if (head.statusGiven || head.status !== 200 || !(status >= 400 && status <= 599)) return head;
  return { ...head, status, reason: phraseOf(status) };
}

/** The head of a program that knows no CGI: 200, its output is the body. */
export function rawHead(contentType: string = DEFAULT_CONTENT_TYPE): Head {
  return {
    status: 200,
    reason: phraseOf(200),
    statusGiven: false,
    headers: [['Content-Type', contentType]],
  };
}

/**
 * Counts the body against what the head promised. A life per answer.
 * Where the answer has no body (HEAD, 204, 304, `bodyless`) everything is dropped and nothing is ever short.
 */
export class Body {
  readonly #wanted: boolean;
  readonly #limit: number;
  #taken = 0;
  #overrun = 0;

  constructor(method: string, head: Pick<Head, 'status' | 'contentLength' | 'bodyless'>) {
    this.#wanted = hasBody(method, head.status) && head.bodyless !== true;
    this.#limit = this.#wanted ? (head.contentLength ?? Infinity) : 0;
  }

  /** The part of the chunk that may be sent, a view of it; possibly empty. */
  take(chunk: Uint8Array): Uint8Array {
    const room = Math.min(chunk.length, this.#limit - this.#taken);
    this.#taken += room;
    this.#overrun += chunk.length - room;
    return room === chunk.length ? chunk : chunk.subarray(0, room);
  }

  /** Bytes taken so far; undefined where the answer has no body. */
  get length(): number | undefined {
    return this.#wanted ? this.#taken : undefined;
  }

  /** Bytes that the promise has no room for; a log line, not an error. 0 where no body is wanted. */
  get overrun(): number {
    return this.#wanted ? this.#overrun : 0;
  }

  /** Bytes that were promised and have not come. More than 0 at the end: the answer must be cut off. */
  get missing(): number {
    return this.#limit === Infinity ? 0 : this.#limit - this.#taken;
  }
}
