// What a visitor sees when a request fails: the status in plain words and a number to quote.

import { encodeHead } from './answer.js';
import type { Header } from './head.js';
import { hasBody, phraseOf } from './status.js';

/** What it means for the person who reads it. The cause is in the log. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [403, 'This address is not open to you.'],
  [404, 'There is nothing at this address.'],
  [413, 'What you sent is larger than this site takes.'],
  [431, 'Your browser sent more header data than this site takes. Deleting its cookies may help.'],
  [500, 'Something behind this page is broken. Those who run the site can find out why.'],
  [502, 'The program behind this page failed. Trying again may help.'],
  [503, 'This site is busy right now. Please try again in a moment.'],
  [504, 'The program behind this page took too long. Trying again later may help.'],
]);

/** The cause, for a site whose administrator wants it shown (error-details). */
interface ErrorDetails {
  /** `TRAP` */
  readonly code: string;
  readonly cause: string;
  /** What to do about it. */
  readonly fix: string;
  /** What the program last wrote to its standard error. */
  readonly stderr: string;
}

interface ErrorAnswerOptions {
  /** Sent as Retry-After, in whole seconds. */
  readonly retryAfterS?: number;
  /** Of the request; an answer to HEAD is the head alone. Default `GET`. */
  readonly method?: string;
  /** The Accept header. A page is sent to those who name HTML, plain text to all others. */
  readonly accept?: string;
  /** Default: nothing is said of the cause. */
  readonly details?: ErrorDetails;
}

/**
 * A whole error answer, head and page.
 * @param status 400..599
 * @param requestId what the log line of this request is found by
 */
export function errorAnswer(
  status: number,
  requestId: string,
  { retryAfterS, method = 'GET', accept = '', details }: ErrorAnswerOptions = {},
): Buffer {
  const isHtml = /\b(?:text|application)\/(?:xhtml\+xml|html|\*)/i.test(accept);
  const text = isHtml
    ? htmlPage(status, requestId, details)
    : plainPage(status, requestId, details);
  const page = Buffer.from(text, 'utf8');
  const headers: Header[] = [
    ['Content-Type', `text/${isHtml ? 'html' : 'plain'}; charset=utf-8`],
    ['Cache-Control', 'no-store'],
    ['Vary', 'Accept'],
    ['X-Content-Type-Options', 'nosniff'],
  ];
  // The cause may quote a program: nothing of it is to act, even if an escape were missing.
  if (isHtml) headers.push(['Content-Security-Policy', POLICY]);
  if (retryAfterS !== undefined) headers.push(['Retry-After', String(Math.ceil(retryAfterS))]);
  const head = encodeHead({ status, headers, contentLength: page.length });
  return hasBody(method, status) ? Buffer.concat([head, page]) : head;
}

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";

function adviceOn(status: number): string {
  return ADVICE.get(status) ?? 'This request could not be answered.';
}

function plainPage(status: number, requestId: string, details: ErrorDetails | undefined): string {
  const lines = [`${status} ${phraseOf(status)}`, '', adviceOn(status), '', `Request ${requestId}`];
  if (details !== undefined) {
    const { code, cause, fix, stderr } = details;
    lines.push('', `${code}: ${cause}`, `To do: ${fix}`);
    if (stderr !== '') lines.push('', 'Standard error of the program:', stderr);
  }
  return `${lines.join('\n')}\n`;
}

const STYLE = `
:root { color-scheme: light dark; --text: #1c2127; --quiet: #59636e; --page: #fff; --line: #d8dee4; --mark: #b42318; --code: #f6f8fa }
@media (prefers-color-scheme: dark) { :root { --text: #e3e6ea; --quiet: #9da7b1; --page: #15181c; --line: #343b43; --mark: #ff8b7e; --code: #1d2228 } }
* { box-sizing: border-box }
body { margin: 0; color: var(--text); background: var(--page); font: 1.0625rem/1.6 system-ui, sans-serif; overflow-wrap: break-word }
main { max-width: 42rem; margin: 0 auto; padding: clamp(2rem, 14vh, 9rem) 1.25rem 2rem }
h1 { margin: 0 0 .75rem; font-size: clamp(1.5rem, 5vw, 2rem); line-height: 1.25 }
h1 span { color: var(--mark) }
h2 { margin: 2rem 0 .5rem; font-size: 1rem }
p { margin: 0 0 1rem }
.id { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .9375rem }
code, pre { font: .9375em/1.5 ui-monospace, monospace }
pre { margin: 0; padding: .75rem 1rem; overflow-x: auto; white-space: pre-wrap; border: 1px solid var(--line); border-radius: 6px; background: var(--code) }
`;

function htmlPage(status: number, requestId: string, details: ErrorDetails | undefined): string {
  const phrase = phraseOf(status);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${status} ${phrase}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1><span>${status}</span> ${phrase}</h1>
<p>${adviceOn(status)}</p>
${details === undefined ? '' : detailsPart(details)}<p class="id">If you report this, quote the number of the request: <code>${escaped(requestId)}</code></p>
</main>
</body>
</html>
`;
}

function detailsPart({ code, cause, fix, stderr }: ErrorDetails): string {
  const output =
    stderr === '' ? '' : `<h2>Standard error of the program</h2>\n<pre>${escaped(stderr)}</pre>\n`;
  return `<h2>Cause</h2>
<pre>${code}: ${escaped(cause)}</pre>
<h2>What to do</h2>
<p>${escaped(fix)}</p>
${output}`;
}

/** All that could be markup, and control characters but line ends and tabs, which become U+FFFD. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, (one) => (one === '\n' || one === '\t' ? one : '\uFFFD'))
    .replaceAll(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
