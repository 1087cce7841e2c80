// What a visitor sees when a request fails: the status in plain words and a number to quote.

import { encodeHead } from './answer.js';
import type { Header } from './head.js';
import { hasBody, phraseOf } from './status.js';

/** What it means for the person who reads it. The cause is in the log, never here. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [403, 'This address is not open to you.'],
  [404, 'There is nothing at this address.'],
  [413, 'What you sent is larger than this site takes.'],
  [431, 'Your browser sent more header data than this site takes. Deleting its cookies may help.'],
  [500, 'This page is not set up properly. Those who run the site can find out why.'],
  [502, 'The program behind this page failed. Trying again may help.'],
  [503, 'This site is busy right now. Please try again in a moment.'],
  [504, 'The program behind this page took too long. Trying again later may help.'],
]);

export interface ErrorAnswerOptions {
  /** Sent as Retry-After, in whole seconds. */
  readonly retryAfterS?: number;
  /** Of the request; an answer to HEAD is the head alone. Default `GET`. */
  readonly method?: string;
}

/**
 * A whole error answer, head and page. It says nothing of the cause.
 * @param status 400..599
 * @param requestId what the log line of this request is found by
 */
export function errorAnswer(
  status: number,
  requestId: string,
  { retryAfterS, method = 'GET' }: ErrorAnswerOptions = {},
): Buffer {
  const page = Buffer.from(errorPage(status, requestId), 'utf8');
  const headers: Header[] = [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Cache-Control', 'no-store'],
  ];
  if (retryAfterS !== undefined) headers.push(['Retry-After', String(Math.ceil(retryAfterS))]);
  const head = encodeHead({ status, headers, contentLength: page.length });
  return hasBody(method, status) ? Buffer.concat([head, page]) : head;
}

function errorPage(status: number, requestId: string): string {
  const phrase = phraseOf(status);
  const advice = ADVICE.get(status) ?? 'This request could not be answered.';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status} ${phrase}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.5rem; font-weight: 600 }
small { color: #666 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } small { color: #999 } }
</style>
<h1>${status} ${phrase}</h1>
<p>${advice}</p>
<p><small>Request ${escaped(requestId)}</small></p>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[^\w.:@-]/g, (character) => `&#${character.charCodeAt(0)};`);
}
