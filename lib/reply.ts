// The answer of one request on its way out: guest output to a checked head and body, or a refusal.

import { Body, asErrorDocument, encodeHead, rawHead } from './cgi/answer.js';
import { meetConditions } from './cgi/conditional.js';
import { errorAnswer } from './cgi/errorpage.js';
import type { Head } from './cgi/head.js';
import { ResponseHead } from './cgi/response.js';
import { RequestError } from './errors.js';
import { faultOf } from './ending.js';
import { fixOf } from './faults.js';
import type { Exchange } from './fcgi/exchange.js';
import type { RequestLog } from './requestlog.js';
import type { Limits, Outcome } from './run.js';

/**
 * - head: nothing was sent · body: head and perhaps body were sent · over: nothing more will be
 */
type State = 'head' | 'body' | 'over';

/** Its `then` takes less than process.nextTick. */
const RESOLVED = Promise.resolve();

export class Reply {
  readonly #exchange: Exchange;
  readonly #log: RequestLog;
  readonly #method: string;
  readonly #showsCause: boolean;
  #state: State = 'head';
  #head: ResponseHead | undefined = new ResponseHead();
  #contentType: string | undefined;
  #body: Body | undefined;
  /**
   * Checked, and waiting for the end of this turn: an answer that is whole by then leaves in one
   * piece, with its length; one that fails until then is still answered with an error page.
   */
  #unsentHead: Head | undefined;
  #held: Uint8Array[] = [];

  /** @param showsCause whether an error page tells it (error-details); else the log alone does */
  constructor(exchange: Exchange, log: RequestLog, showsCause: boolean) {
    this.#exchange = exchange;
    this.#log = log;
    this.#showsCause = showsCause;
    this.#method = exchange.params.get('REQUEST_METHOD') ?? 'GET';
  }

  /** True when nothing more will be sent, whatever the guest still writes. */
  get over(): boolean {
    return this.#state === 'over';
  }

  /** The guest knows no CGI: its output is the body, of this type or the default. */
  raw(contentType: string | undefined): void {
    this.#head = undefined;
    this.#contentType = contentType;
  }

  /** Guest stdout. False: hold the guest back until the exchange has drained. */
  stdout(chunk: Uint8Array): boolean {
    try {
      return this.#take(chunk);
    } catch (thrown) {
      if (!(thrown instanceof RequestError)) throw thrown;
      this.refuse(thrown);
      return true;
    }
  }

  /** The run is over: the rest of the answer, or what went wrong instead. */
  ended(outcome: Outcome, limits: Limits): void {
    if (this.#state === 'over') return;
    const fault = faultOf(outcome, limits);
    if (fault !== undefined) return this.refuse(fault);
    const code = outcome.kind === 'exit' ? outcome.code : 0;
    if (code !== 0) this.#log.write('warn', 'guest-exit', { code });
    if (this.#body === undefined) {
      if (this.#head !== undefined || code !== 0) return this.refuse(this.#unanswered(code));
      this.#begin(this.#rawHead());
    }
    this.#finish(code);
  }

  /**
   * Answers with an error page while nothing was sent; later there is only one way left to say
   * that the answer is not whole: closing the connection under it.
   */
  refuse(fault: RequestError): void {
    if (this.#state === 'over') return;
    const { code, status, message } = fault;
    this.#log.write(status < 500 ? 'warn' : 'error', 'request-failed', {
      code,
      status,
      reason: message,
      fix: fixOf(code),
    });
    const untouched = this.#state === 'head';
    this.#state = 'over';
    this.#held = [];
    if (!untouched) return this.#exchange.destroy();
    this.#exchange.end(1, this.#errorAnswer(fault));
  }

  /** The web server or the client went away. */
  abandoned(reason: string): void {
    this.#state = 'over';
    this.#held = [];
    this.#log.write('debug', 'request-aborted', { reason });
  }

  #take(chunk: Uint8Array): boolean {
    if (this.#state === 'over') return true;
    let rest = chunk;
    if (this.#body === undefined) {
      if (this.#head === undefined) {
        this.#begin(this.#rawHead());
      } else {
        const parsed = this.#head.feed(chunk);
        if (parsed === undefined) return true;
        const { params } = this.#exchange;
        this.#begin(meetConditions(asErrorDocument(parsed.head, params), params));
        rest = parsed.body;
      }
    }
    const wanted = this.#body?.take(rest) ?? rest;
    return wanted.length === 0 || this.#send(wanted);
  }

  #errorAnswer({ code, status, message }: RequestError): Uint8Array {
    const accept = this.#exchange.params.get('HTTP_ACCEPT');
    const details = { code, cause: message, fix: fixOf(code), stderr: this.#log.lastStderr };
    return errorAnswer(status, this.#log.name, {
      method: this.#method,
      ...(accept === undefined ? {} : { accept }),
      ...(status === 503 ? { retryAfterS: 1 } : {}),
      ...(this.#showsCause ? { details } : {}),
    });
  }

  #rawHead(): Head {
    return asErrorDocument(rawHead(this.#contentType), this.#exchange.params);
  }

  #begin(head: Head): void {
    this.#unsentHead = head;
    this.#body = new Body(this.#method, head);
    void RESOLVED.then(() => this.#flush());
  }

  /** False when the exchange is full. Until the head has left, all is held: see `#flush`. */
  #send(bytes: Uint8Array): boolean {
    if (this.#state === 'body') return this.#exchange.write(bytes);
    this.#held.push(bytes);
    return true;
  }

  /** The end of the turn in which the head came: what is not whole by now is a stream. */
  #flush(): void {
    if (this.#state !== 'head') return;
    this.#state = 'body';
    this.#exchange.write(this.#takeHeld(undefined));
  }

  /** Head and body held until now. @param length of the whole body, where it is known */
  #takeHeld(length: number | undefined): Uint8Array {
    const held = this.#held;
    this.#held = [];
    if (this.#unsentHead === undefined) return held[0] ?? new Uint8Array();
    const head = encodeHead(this.#unsentHead, length);
    this.#unsentHead = undefined;
    return Buffer.concat([head, ...held]);
  }

  #finish(code: number): void {
    const { missing = 0, overrun = 0 } = this.#body ?? {};
    if (overrun > 0) this.#log.write('warn', 'body-too-long', { overrunBytes: overrun });
    if (missing > 0) {
      const message = `the body ended ${missing} bytes short of its Content-Length`;
      return this.refuse(new RequestError('BODY_TOO_SHORT', 502, message));
    }
    const length = this.#state === 'head' ? this.#body?.length : undefined;
    this.#state = 'over';
    this.#exchange.end(code, this.#takeHeld(length));
  }

  /** No head: nothing can be answered, whatever the exit code. */
  #unanswered(code: number): RequestError {
    const cause = this.#head?.unfinished().message ?? 'the program wrote nothing';
    const exit = code === 0 ? '' : ` and exited with ${code}`;
    return new RequestError('NO_ANSWER', 502, `${cause}${exit}`);
  }
}
