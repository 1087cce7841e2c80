// Makes a sample's requests, one after the other, and judges the answers.

import type { Check, Sample } from './sample.js';

/** What came of one request. */
export interface Visit {
  readonly path: string;
  readonly method: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly ms: number;
  /** What is wrong with the answer; empty when it is right. */
  readonly faults: readonly string[];
}

/** Of the whole answer, where a check has none of its own, ms. */
const DEADLINE_MS = 90_000;
const PIECE_BYTES = 65_536;
const HIDDEN = /<input type="hidden" name="(\w+)" value="(\w+)">/g;

/**
 * Visits every page of a sample. Cookies are kept from one request to the next, as a browser does.
 * @param seen hears of each answer, with the text of its body
 */
export async function visitSample(
  origin: string,
  sample: Sample,
  seen: (answer: Response, text: string) => void = () => undefined,
): Promise<Visit[]> {
  const browser: Browser = { cookies: new Map(), hidden: new Map(), seen };
  const visits: Visit[] = [];
  for (const check of sample.checks) visits.push(await visit(origin, check, browser));
  return visits;
}

/** What is remembered from one request to the next. */
interface Browser {
  readonly cookies: Map<string, string>;
  /** Hidden fields of the forms that were seen. */
  readonly hidden: Map<string, string>;
  readonly seen: (answer: Response, text: string) => void;
}

async function visit(origin: string, check: Check, browser: Browser): Promise<Visit> {
  const { cookies, hidden } = browser;
  const posts = check.form !== undefined || check.zeros !== undefined;
  const method = check.method ?? (posts ? 'POST' : 'GET');
  const start = performance.now();
  const report = (status: number, faults: readonly string[]): Visit => {
    return { path: check.path, method, status, ms: Math.round(performance.now() - start), faults };
  };
  try {
    const answer = await fetch(origin + check.path, {
      method,
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...check.sent,
      },
      signal: AbortSignal.timeout(check.longestMs ?? DEADLINE_MS),
      ...bodyOf(check, hidden),
    });
    const body = await readBody(answer);
    keepCookies(answer, cookies);
    browser.seen(answer, body.text);
    for (const [, name = '', value = ''] of body.text.matchAll(HIDDEN)) hidden.set(name, value);
    return report(answer.status, faultsOf(check, answer, body));
  } catch (error) {
    return report(0, [describe(error)]);
  }
}

/** fetch says only `fetch failed`; the reason is its cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function bodyOf({ form, keeps, zeros }: Check, hidden: Browser['hidden']): RequestInit {
  // Without a known length the body is sent chunked.
  if (zeros !== undefined) return { body: streamOfZeros(zeros), duplex: 'half' };
  if (form === undefined) return {};
  const whole = new FormData();
  const fields = new URLSearchParams();
  const kept = keeps === undefined ? {} : { [keeps]: hidden.get(keeps) ?? '' };
  for (const [name, value] of Object.entries({ ...form, ...kept })) {
    whole.append(name, value);
    if (typeof value === 'string') fields.append(name, value);
  }
  const files = Object.values(form).some((value) => typeof value !== 'string');
  return { body: files ? whole : fields };
}

function streamOfZeros(count: number): ReadableStream<Uint8Array> {
  let left = count;
  return new ReadableStream({
    pull(controller) {
      const piece = Math.min(left, PIECE_BYTES);
      if (piece === 0) return controller.close();
      left -= piece;
      controller.enqueue(new Uint8Array(piece));
    },
  });
}

interface Body {
  readonly text: string;
  /** From its first piece to its last. */
  readonly streamedMs: number;
  /** Why it ended before its end; undefined when it is whole. */
  readonly broken: string | undefined;
}

async function readBody(answer: Response): Promise<Body> {
  const pieces: Uint8Array[] = [];
  let first: number | undefined;
  let last = 0;
  let broken: string | undefined;
  try {
    for await (const piece of answer.body ?? []) {
      last = performance.now();
      first ??= last;
      pieces.push(piece);
    }
  } catch (error) {
    broken = describe(error);
  }
  const text = Buffer.concat(pieces).toString('utf8');
  return { text, streamedMs: first === undefined ? 0 : last - first, broken };
}

function keepCookies(answer: Response, cookies: Map<string, string>): void {
  for (const line of answer.headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

function faultsOf(check: Check, answer: Response, body: Body): string[] {
  const { text, streamedMs, broken } = body;
  const faults: string[] = [];
  const expected = check.status ?? 200;
  if (answer.status !== expected) faults.push(`status is not ${expected}`);
  for (const [name, start] of Object.entries(check.headers ?? {})) {
    const value = answer.headers.get(name) ?? '';
    if (!value.startsWith(start)) faults.push(`${name} is "${value}", not "${start}"`);
  }
  for (const part of check.has ?? [])
    if (!text.includes(part)) faults.push(`lacks ${JSON.stringify(part)}`);
  for (const part of check.lacks ?? [])
    if (text.includes(part)) faults.push(`has ${JSON.stringify(part)}`);
  if (check.broken === true && broken === undefined) faults.push('did not break off');
  if (check.broken !== true && broken !== undefined) faults.push(`broke off: ${broken}`);
  if (streamedMs < (check.streamsMs ?? 0)) faults.push(`came at once, within ${streamedMs} ms`);
  return faults;
}
