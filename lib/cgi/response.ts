// The head of a guest's CGI answer: found in its first output, under any chunking, and checked.

import { RequestError } from '../errors.js';
import { checkedHead, type Field, type Head } from './head.js';

const MAX_HEADERS = 100;
const MAX_LINE_BYTES = 8_000;
const MAX_HEAD_BYTES = 65_536;

const LF = 10;
const CR = 13;
const BLANKS = ' \t';
// oxlint-disable-next-line no-control-regex -- the point is to find control characters
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const STATUS_LINE = /^HTTP\/\d(?:\.\d)? +(\d{3}.*)$/;

/** The head, and what of the last chunk belongs to the body already (a view of that chunk). */
export interface ParsedHead {
  readonly head: Head;
  readonly body: Uint8Array;
}

/**
 * Takes guest stdout until the head is complete (RFC 3875 section 6). One per request.
 *
 * Lines end in LF or CRLF. Stricter than the RFC where leniency is a hole: no control characters,
 * no folded lines, names are tokens, at most 100 lines of 8,000 bytes, 65,536 bytes in all. More
 * lenient where known programs need it: a first line `HTTP/1.1 404 Not Found` (php-cgi with
 * cgi.rfc2616_headers, nph scripts) is taken as Status, and `<!--: spam` (Python's cgitb, which
 * hides itself from a half-printed page) is passed over.
 */
export class ResponseHead {
  readonly #fields: Field[] = [];
  #lines = 0;
  #bytes = 0;
  /** The beginning of a line whose end has not come. */
  #pending: Buffer | undefined;

  /**
   * Takes the next chunk; it is not kept.
   * @returns undefined while more is needed
   * @throws RequestError 502 `BAD_RESPONSE_HEAD`
   */
  feed(chunk: Uint8Array): ParsedHead | undefined {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LF, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      const line = this.#extend(part, end !== -1);
      if (end === -1) {
        // A copy: the chunk is not ours.
        this.#pending = Buffer.from(line);
        return undefined;
      }
      this.#pending = undefined;
      start = end + 1;
      if (line.length === 0) {
        return { head: checkedHead(this.#fields), body: chunk.subarray(start) };
      }
      this.#field(line.toString('latin1'));
    }
  }

  /** The error of a guest that ended before its head did. */
  unfinished(): RequestError {
    const had = this.#bytes + (this.#pending?.length ?? 0);
    return refused(
      had === 0
        ? 'the program wrote nothing'
        : `the program ended within its response head, after ${had} bytes; an empty line must end it`,
    );
  }

  #extend(part: Uint8Array, complete: boolean): Buffer {
    // The CR of a CRLF is no part of the line, but may be its 8,001st byte.
    const length = (this.#pending?.length ?? 0) + part.length;
    if (length > MAX_LINE_BYTES + 1) throw lineTooLong();
    if (this.#bytes + length + (complete ? 1 : 0) > MAX_HEAD_BYTES) {
      throw refused(`the response head is over ${MAX_HEAD_BYTES} bytes`);
    }
    let line =
      this.#pending === undefined
        ? Buffer.from(part.buffer, part.byteOffset, part.length)
        : Buffer.concat([this.#pending, part], length);
    if (!complete) return line;
    this.#bytes += length + 1;
    if (line.at(-1) === CR) line = line.subarray(0, -1);
    if (line.length > MAX_LINE_BYTES) throw lineTooLong();
    return line;
  }

  #field(line: string): void {
    this.#lines += 1;
    if (this.#lines > MAX_HEADERS) throw refused(`the response has over ${MAX_HEADERS} headers`);
    if (CONTROL.test(line)) throw refused(`control character in header line ${quote(line)}`);
    const statusLine = this.#lines === 1 ? STATUS_LINE.exec(line) : null;
    if (statusLine !== null) {
      this.#fields.push({ key: 'status', header: ['Status', statusLine[1] ?? ''] });
      return;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (name === '<!--') return;
    if (!TOKEN.test(name)) throw refused(`no header line "Name: value": ${quote(line)}`);
    const value = withoutBlanks(line, colon + 1);
    this.#fields.push({ key: name.toLowerCase(), header: [name, value] });
  }
}

/** Blanks at both ends only. By hand: a pattern takes quadratic time on many blanks, and is the guest's to feed. */
function withoutBlanks(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && BLANKS.includes(line.charAt(start))) start += 1;
  while (end > start && BLANKS.includes(line.charAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

function lineTooLong(): RequestError {
  return refused(`a header line is over ${MAX_LINE_BYTES} bytes`);
}

function quote(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
}

function refused(message: string): RequestError {
  return new RequestError('BAD_RESPONSE_HEAD', 502, message);
}
