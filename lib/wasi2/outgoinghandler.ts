// wasi:http/outgoing-handler: a request goes to whoever may connect, and its answer comes as it comes.

import type { AnswerHead, ErrorCode, OutgoingQuestion } from '../channel/outgoing.js';
import type { Call } from './calls.js';
import { IoError } from './errors.js';
import { FORBIDDEN, Fields } from './fields.js';
import type { OutgoingRequest } from './outgoing.js';
import { NOW, type Pollable } from './pollable.js';
import { type Result, failed, ok } from './result.js';
import type { Run } from './run.js';
import { type InputStream, StreamFault } from './streams.js';

type Failed = Result<never, undefined>;
const NO: Failed = { tag: 'error', value: undefined };

const NS_PER_MS = 1_000_000n;

/** What of the three times a guest has said, ns. */
export class RequestOptions {
  readonly times = new Map<string, bigint | undefined>();

  ms(name: string): number | undefined {
    const ns = this.times.get(name);
    return ns === undefined ? undefined : Number(ns / NS_PER_MS);
  }
}

/** An answer that is to come. */
class FutureAnswer {
  #isTaken = false;

  constructor(private readonly call: Call) {}

  get pollable(): Pollable {
    const { call } = this;
    return { kind: 'when', isReady: () => call.head !== undefined || call.failure !== undefined };
  }

  get(): Result<Result<IncomingAnswer, ErrorCode>, undefined> | undefined {
    const { head, failure } = this.call;
    if (head === undefined && failure === undefined) return undefined;
    if (this.#isTaken) return NO;
    this.#isTaken = true;
    if (head !== undefined) return ok(ok(new IncomingAnswer(head, this.call)));
    return ok(failed(failure ?? { tag: 'connection-terminated' }));
  }

  close(): void {
    if (!this.#isTaken) this.call.close();
  }
}

class IncomingAnswer {
  #isTaken = false;

  constructor(
    readonly head: AnswerHead,
    private readonly call: Call,
  ) {}

  consume(): Call | undefined {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    return this.call;
  }

  close(): void {
    if (!this.#isTaken) this.call.close();
  }
}

/** The body of a request that came, or of an answer to one that went out. */
export class IncomingBody {
  isTaken = false;

  /** @param call of an answer */
  constructor(readonly call?: Call) {}

  /** The guest lets go of it, without having asked for what follows it. */
  close(): void {
    this.call?.close();
  }
}

export class FutureTrailers {
  #isTaken = false;
  readonly #trailers: AnswerHead['headers'];

  /** Of a body that the guest is done with: what it has not read by now, nobody will. */
  constructor({ call }: IncomingBody) {
    this.#trailers = call?.trailers ?? [];
    call?.close();
  }

  get(): Result<Result<Fields | undefined, ErrorCode>, undefined> {
    if (this.#isTaken) return NO;
    this.#isTaken = true;
    const fields = this.#trailers.length > 0 ? fieldsOf(this.#trailers) : undefined;
    return ok(ok(fields));
  }
}

export function answerStream(call: Call): InputStream {
  return {
    pollable: { kind: 'when', isReady: () => call.isReadable },
    read: (_run, most) => {
      const bytes = call.read(most);
      if (bytes.length > 0) return bytes;
      if (call.trailers !== undefined) return undefined;
      if (call.failure !== undefined) throw faultOf(call.failure);
      return bytes;
    },
  };
}

/** A stream's error that says what the request came to. */
export function faultOf(code: ErrorCode): StreamFault {
  return new StreamFault({
    tag: 'last-operation-failed',
    value: new IoError(code.tag.replaceAll('-', ' '), undefined, code),
  });
}

function fieldsOf(headers: AnswerHead['headers']): Fields {
  const entries = headers.map(
    ([name, value]) => [name, Buffer.from(value, 'latin1') as Uint8Array] as const,
  );
  return new Fields(entries, false);
}

function handle(
  run: Run,
  request: OutgoingRequest,
  options: RequestOptions | undefined,
): Result<FutureAnswer, ErrorCode> {
  const call = run.calls.begin(questionOf(request, options));
  if ('tag' in call) return failed(call);
  const { body } = request;
  if (body !== undefined) {
    body.call = call;
    body.attach(call);
  }
  return ok(new FutureAnswer(call));
}

function questionOf(
  { method, scheme, authority = '', path, headers, body }: OutgoingRequest,
  options: RequestOptions | undefined,
): OutgoingQuestion {
  return {
    method: method.value ?? method.tag.toUpperCase(),
    scheme: (scheme?.value ?? scheme?.tag ?? 'https').toLowerCase(),
    authority,
    pathWithQuery: path === undefined || path === '' ? '/' : path,
    // A guest may pass on what it was asked with: what was for us goes no further.
    headers: headers.entries.flatMap(([name, value]) =>
      FORBIDDEN.has(name.toLowerCase()) ? [] : [[name, Buffer.from(value).toString('latin1')]],
    ),
    hasBody: body !== undefined,
    connectMs: options?.ms('connect-timeout'),
    headMs: options?.ms('first-byte-timeout'),
    idleMs: options?.ms('between-bytes-timeout'),
  };
}

const TIMES = ['connect-timeout', 'first-byte-timeout', 'between-bytes-timeout'];

/** Of wasi:http/types, what is about answers to requests that went out. */
export const answers = {
  '[method]future-incoming-response.subscribe': (_run: Run, { pollable }: FutureAnswer) => pollable,
  '[method]future-incoming-response.get': (_run: Run, future: FutureAnswer) => future.get(),
  '[method]incoming-response.status': (_run: Run, { head }: IncomingAnswer) => head.status,
  '[method]incoming-response.headers': (_run: Run, { head }: IncomingAnswer) =>
    fieldsOf(head.headers),
  '[method]incoming-response.consume': (_run: Run, answer: IncomingAnswer) => {
    const call = answer.consume();
    return call === undefined ? NO : ok(new IncomingBody(call));
  },
  '[static]incoming-body.finish': (_run: Run, body: IncomingBody) => new FutureTrailers(body),
  '[method]future-trailers.subscribe': () => NOW,
  '[method]future-trailers.get': (_run: Run, trailers: FutureTrailers) => trailers.get(),
  '[constructor]request-options': () => new RequestOptions(),
  ...Object.fromEntries(
    TIMES.flatMap((name) => [
      [
        `[method]request-options.${name}`,
        (_run: Run, { times }: RequestOptions) => times.get(name),
      ],
      [
        `[method]request-options.set-${name}`,
        (_run: Run, { times }: RequestOptions, time: bigint | undefined) => {
          times.set(name, time);
          return ok(undefined);
        },
      ],
    ]),
  ),
};

export const outgoingHandler = {
  name: 'wasi:http/outgoing-handler',
  text: `
    use wasi:http/types outgoing-request request-options future-incoming-response error-code
    func handle request:outgoing-request options:option<request-options> -> result<future-incoming-response,error-code>
  `,
  functions: { handle },
};
