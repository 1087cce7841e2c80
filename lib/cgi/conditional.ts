// Conditional requests: 304 and 412 for programs that send a validator and leave the rest to us.

import type { Head, Header } from './head.js';
import { phraseOf } from './status.js';

/** What a 304 has no use for (RFC 9110 section 15.4.5): all that describes the body left out. */
const OF_THE_BODY = /^(?:content-(?!location$|security-policy).*|accept-ranges)$/i;
const ENTITY_TAG = /^(?:W\/)?"[!\x23-\x7e\x80-\xff]*"$/;
const ENTITY_TAGS = /(?:W\/)?"[!\x23-\x7e\x80-\xff]*"/g;

/**
 * Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since against the ETag and
 * Last-Modified of a program's answer (RFC 9110 section 13.2.2).
 *
 * httpd does this for a CGI answer without `Status` and never for one with it (seen with both
 * FastCGI modules of 2.4), for a program that sends Status has decided by itself. `encodeHead`
 * always sends Status, so that it is up to us: for GET and HEAD, where the program sent no Status.
 * The program runs to its end, its body is dropped.
 * @returns the head as it was, or that of a 304 or 412 without body
 */
export function meetConditions(head: Head, params: ReadonlyMap<string, string>): Head {
  const method = params.get('REQUEST_METHOD');
  if (head.statusGiven || head.status !== 200 || (method !== 'GET' && method !== 'HEAD'))
    return head;
  const validators = { etag: tagOf(head), modified: dateOf(valueOf(head, 'last-modified')) };
  if (isChanged(validators, params)) {
    const headers = head.headers.filter(([name]) => name.toLowerCase() === 'etag');
    return { ...answer(head, 412, headers), contentLength: 0 };
  }
  if (!isFresh(validators, params)) return head;
  return answer(
    head,
    304,
    head.headers.filter(([name]) => !OF_THE_BODY.test(name)),
  );
}

interface Validators {
  readonly etag: string | undefined;
  readonly modified: number | undefined;
}

/** Steps 1 and 2: the client wants an answer only from what it knows. Tags compare strongly. */
function isChanged({ etag, modified }: Validators, params: ReadonlyMap<string, string>): boolean {
  const match = params.get('HTTP_IF_MATCH');
  if (match !== undefined) {
    if (match.trim() === '*') return false;
    return etag === undefined || etag.startsWith('W/') || !tagsIn(match).includes(etag);
  }
  const since = dateOf(params.get('HTTP_IF_UNMODIFIED_SINCE'));
  return since !== undefined && modified !== undefined && modified > since;
}

/** Steps 3 and 4: the client has it already. Tags compare weakly; a tag goes before a date. */
function isFresh({ etag, modified }: Validators, params: ReadonlyMap<string, string>): boolean {
  const noneMatch = params.get('HTTP_IF_NONE_MATCH');
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === '*') return true;
    return etag !== undefined && tagsIn(noneMatch).some((tag) => opaque(tag) === opaque(etag));
  }
  const since = dateOf(params.get('HTTP_IF_MODIFIED_SINCE'));
  return since !== undefined && modified !== undefined && modified <= since;
}

function answer(head: Head, status: number, headers: readonly Header[]): Head {
  return {
    status,
    reason: phraseOf(status),
    statusGiven: head.statusGiven,
    headers,
    bodyless: true,
  };
}

function valueOf(head: Head, name: string): string | undefined {
  return head.headers.find(([other]) => other.toLowerCase() === name)?.[1];
}

function tagOf(head: Head): string | undefined {
  const etag = valueOf(head, 'etag');
  return etag !== undefined && ENTITY_TAG.test(etag) ? etag : undefined;
}

function tagsIn(list: string): readonly string[] {
  return list.match(ENTITY_TAGS) ?? [];
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}

/** Of the formats of RFC 9110 section 5.6.7 the one that may be sent; others count as absent. */
function dateOf(text: string | undefined): number | undefined {
  const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text ?? '');
  const ms = date ? Date.parse(text ?? '') : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
