// What the header lines of a CGI answer mean: status, the headers that may pass, the length.

import { RequestError } from '../errors.js';
import { phraseOf } from './status.js';

export type Header = readonly [name: string, value: string];

/** One header line of a program. */
export interface Field {
  /** The name in lower case. */
  readonly key: string;
  readonly header: Header;
}

/** The checked head of an answer. */
export interface Head {
  /** 200..599 */
  readonly status: number;
  /** Printable ASCII. */
  readonly reason: string;
  /** False when the program sent no Status: only then `meetConditions` answers for it. */
  readonly statusGiven: boolean;
  /** In the program's order, Status, Content-Length and everything that must not pass left out. */
  readonly headers: readonly Header[];
  /** What the program promised, if it promised one thing; the handler holds it to this. */
  readonly contentLength?: number;
  /** The answer has no body, whatever the program writes; set where we answered for it. */
  readonly bodyless?: boolean;
}

/**
 * Names that concern one connection (RFC 9110 section 7.6.1), that belong to the web server, or
 * that would make a front end read its own files for a guest.
 */
const WITHHELD =
  /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-.*|x-sendfile.*|x-accel-.*|x-lighttpd-.*|server|date|status|content-length)$/;

/** Of these the last one counts, as in httpd; every other name may repeat, in order. */
const SINGLE: ReadonlySet<string> = new Set(['content-type', 'location', 'etag', 'last-modified']);

/**
 * Makes a head of header lines (RFC 3875 sections 6.2 and 6.3).
 * `Location` without `Status` is 302, be it a path or a URL: a path is no order to the server to
 * run another request in its own name.
 * @throws RequestError 502 without any of Content-Type, Location, Status, or with a bad Status
 */
export function checkedHead(fields: readonly Field[]): Head {
  const last = new Map<string, Field>();
  for (const field of fields) last.set(field.key, field);
  const location = last.get('location')?.header[1] ?? '';
  const given = last.get('status')?.header[1];
  if (given === undefined && location === '' && !last.has('content-type')) {
    throw refused(
      fields.length === 0
        ? 'the response head is empty; a CGI program says Content-Type first (is WasmEnableCGI meant to be On?)'
        : 'the response head has none of Content-Type, Location, Status',
    );
  }
  const { status, reason } = given === undefined ? implied(location) : parsedStatus(given);
  const head = { status, reason, statusGiven: given !== undefined, headers: passing(fields, last) };
  const length = contentLength(fields);
  return length === undefined ? head : { ...head, contentLength: length };
}

function implied(location: string): { status: number; reason: string } {
  const status = location === '' ? 200 : 302;
  return { status, reason: phraseOf(status) };
}

function parsedStatus(value: string): { status: number; reason: string } {
  const match = /^(\d{3})(?:[ \t]+(.*))?$/.exec(value);
  const status = Number(match?.[1]);
  if (!(status >= 200 && status <= 599)) {
    throw refused(
      `Status must be 200..599 with a reason, not ${JSON.stringify(value.slice(0, 80))}`,
    );
  }
  const reason = (match?.[2] ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
  return { status, reason: reason === '' ? phraseOf(status) : reason };
}

function passing(fields: readonly Field[], last: ReadonlyMap<string, Field>): Header[] {
  const named = namedByConnection(fields);
  const headers: Header[] = [];
  for (const field of fields) {
    const { key, header } = field;
    if (WITHHELD.test(key) || named.has(key)) continue;
    if (SINGLE.has(key) && last.get(key) !== field) continue;
    if (key !== 'location' || header[1] !== '') headers.push(header);
  }
  return headers;
}

function namedByConnection(fields: readonly Field[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { key, header } of fields) {
    if (key !== 'connection') continue;
    for (const item of header[1].split(',')) names.add(item.trim().toLowerCase());
  }
  return names;
}

/** The one length that all Content-Length lines agree on; garbage and quarrel are none. */
function contentLength(fields: readonly Field[]): number | undefined {
  let length: string | undefined;
  for (const { key, header } of fields) {
    if (key !== 'content-length') continue;
    if (!/^\d{1,15}$/.test(header[1]) || (length ?? header[1]) !== header[1]) return undefined;
    length = header[1];
  }
  return length === undefined ? undefined : Number(length);
}

function refused(message: string): RequestError {
  return new RequestError('BAD_RESPONSE_HEAD', 502, message);
}
