// wasi:http: a request comes in and is answered. Requests that go out are denied.

import { Trap } from '../component/handles.js';
import { inputOf } from './cli.js';
import type { IoError } from './errors.js';
import { Fields } from './fields.js';
import { NOW } from './pollable.js';
import { type Result, failed, ok } from './result.js';
import type { Run } from './run.js';
import { type Named, type OutgoingBody, OutgoingRequest, OutgoingResponse } from './outgoing.js';
import { CLOSED, type InputStream, type OutputStream, StreamFault } from './streams.js';
import { HTTP_TEXT } from './httptext.js';

type Failed = Result<never, undefined>;

const NO: Failed = { tag: 'error', value: undefined };
const METHODS = 'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH'.split(' ');
/** Of a request's parts, each. */
const MOST_TEXT = 8_000;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The request of this run; its body can be taken once. */
class IncomingRequest {
  body: IncomingBody | undefined = new IncomingBody();
}

class IncomingBody {
  isTaken = false;
}

class RequestOptions {
  readonly times = new Map<string, bigint | undefined>();
}

function exchangeOf({ http }: Run) {
  if (http === undefined) throw new Trap('there is no request to answer');
  return http;
}

function bodyStream(body: OutgoingBody): OutputStream {
  return {
    pollable: NOW,
    write: (run, bytes) => {
      if (body.isFinished) throw new StreamFault(CLOSED);
      body.write(run.held, bytes);
    },
    flush: () => body.flush(),
  };
}

function isLong(text: string | undefined): boolean {
  return text !== undefined && text.length > MOST_TEXT;
}

function respond(run: Run, result: Result<OutgoingResponse, Named>): void {
  const http = exchangeOf(run);
  if (result.tag === 'error') return http.refuse(result.value.tag);
  http.respond(result.value);
}

function take<Value>(value: Value | undefined): Result<Value, undefined> {
  return value === undefined ? NO : ok(value);
}

function fieldsOf(
  run: Run,
  list: readonly (readonly [string, Uint8Array])[],
): Result<Fields, unknown> {
  const fields = new Fields();
  for (const [name, value] of list) {
    const added = fields.append(run.held, name, [value]);
    if (added.tag === 'error') return added;
  }
  return ok(fields);
}

const fields = {
  '[constructor]fields': () => new Fields(),
  '[static]fields.from-list': (run: Run, list: readonly (readonly [string, Uint8Array])[]) =>
    fieldsOf(run, list),
  '[method]fields.get': (_run: Run, self: Fields, name: string) => self.get(name),
  '[method]fields.has': (_run: Run, self: Fields, name: string) => self.get(name).length > 0,
  '[method]fields.set': (run: Run, self: Fields, name: string, values: readonly Uint8Array[]) =>
    self.set(run.held, name, values),
  '[method]fields.delete': (_run: Run, self: Fields, name: string) => self.delete(name),
  '[method]fields.append': (run: Run, self: Fields, name: string, value: Uint8Array) =>
    self.append(run.held, name, [value]),
  '[method]fields.entries': (_run: Run, self: Fields) => [...self.entries],
  '[method]fields.clone': (run: Run, self: Fields) => self.clone(run.held),
};

const incoming = {
  '[method]incoming-request.method': (run: Run): Named => {
    const { method } = exchangeOf(run);
    return METHODS.includes(method)
      ? { tag: method.toLowerCase() }
      : { tag: 'other', value: method };
  },
  '[method]incoming-request.path-with-query': (run: Run) => exchangeOf(run).pathWithQuery,
  '[method]incoming-request.scheme': (run: Run) => ({ tag: exchangeOf(run).scheme }),
  '[method]incoming-request.authority': (run: Run) => exchangeOf(run).authority,
  '[method]incoming-request.headers': (run: Run) => exchangeOf(run).headers(),
  '[method]incoming-request.consume': (_run: Run, request: IncomingRequest) => {
    const { body } = request;
    request.body = undefined;
    return take(body);
  },
  '[method]incoming-body.stream': (
    run: Run,
    body: IncomingBody,
  ): Result<InputStream, undefined> => {
    if (body.isTaken) return NO;
    body.isTaken = true;
    return ok(inputOf(run.process.stdin));
  },
  // FastCGI carries no trailers: there are never any.
  '[static]incoming-body.finish': () => ({ isTaken: false }),
  '[method]future-trailers.subscribe': () => NOW,
  '[method]future-trailers.get': (_run: Run, trailers: { isTaken: boolean }) => {
    if (trailers.isTaken) return NO;
    trailers.isTaken = true;
    return ok(ok(undefined));
  },
};

const outgoingResponse = {
  '[constructor]outgoing-response': (_run: Run, headers: Fields) => new OutgoingResponse(headers),
  '[method]outgoing-response.status-code': (_run: Run, { status }: OutgoingResponse) => status,
  '[method]outgoing-response.set-status-code': (
    _run: Run,
    response: OutgoingResponse,
    status: number,
  ): Result<undefined, undefined> => {
    // What CGI can carry: no 1xx, which would not be the answer yet.
    if (status < 200 || status > 599) return NO;
    response.status = status;
    return ok(undefined);
  },
  '[method]outgoing-response.headers': (_run: Run, { headers }: OutgoingResponse) => headers,
  '[method]outgoing-response.body': (_run: Run, response: OutgoingResponse) =>
    take(response.takeBody()),
  '[method]outgoing-body.write': (
    run: Run,
    body: OutgoingBody,
  ): Result<OutputStream, undefined> => {
    if (body.isTaken) return NO;
    body.isTaken = true;
    return ok(bodyStream(body));
  },
  '[static]outgoing-body.finish': (_run: Run, body: OutgoingBody, trailers: Fields | undefined) => {
    if (trailers !== undefined) {
      return failed({ tag: 'internal-error', value: 'FastCGI carries no trailers' });
    }
    if (body.length !== undefined && body.length !== body.bytes) {
      return failed({ tag: 'HTTP-response-body-size', value: body.bytes });
    }
    body.isFinished = true;
    return ok(undefined);
  },
  '[method]response-outparam.send-informational': () =>
    failed({ tag: 'internal-error', value: 'CGI carries no informational responses' }),
  '[static]response-outparam.set': (
    run: Run,
    _outparam: unknown,
    result: Result<OutgoingResponse, Named>,
  ) => respond(run, result),
};

const outgoingRequest = {
  '[constructor]outgoing-request': (_run: Run, headers: Fields) => new OutgoingRequest(headers),
  '[method]outgoing-request.body': (_run: Run, request: OutgoingRequest) =>
    take(request.takeBody()),
  '[method]outgoing-request.method': (_run: Run, { method }: OutgoingRequest) => method,
  '[method]outgoing-request.set-method': (_run: Run, request: OutgoingRequest, method: Named) => {
    const { tag, value = '' } = method;
    if (tag === 'other' && !(value.length <= MOST_TEXT && METHOD.test(value))) return NO;
    request.method = method;
    return ok(undefined);
  },
  '[method]outgoing-request.path-with-query': (_run: Run, { path }: OutgoingRequest) => path,
  '[method]outgoing-request.set-path-with-query': (
    _run: Run,
    request: OutgoingRequest,
    path: string | undefined,
  ) => {
    if (isLong(path)) return NO;
    request.path = path;
    return ok(undefined);
  },
  '[method]outgoing-request.scheme': (_run: Run, { scheme }: OutgoingRequest) => scheme,
  '[method]outgoing-request.set-scheme': (
    _run: Run,
    request: OutgoingRequest,
    scheme: Named | undefined,
  ) => {
    if (isLong(scheme?.value)) return NO;
    request.scheme = scheme;
    return ok(undefined);
  },
  '[method]outgoing-request.authority': (_run: Run, { authority }: OutgoingRequest) => authority,
  '[method]outgoing-request.set-authority': (
    _run: Run,
    request: OutgoingRequest,
    authority: string | undefined,
  ) => {
    if (isLong(authority)) return NO;
    request.authority = authority;
    return ok(undefined);
  },
  '[method]outgoing-request.headers': (_run: Run, { headers }: OutgoingRequest) => headers,
  '[constructor]request-options': () => new RequestOptions(),
  ...Object.fromEntries(
    ['connect-timeout', 'first-byte-timeout', 'between-bytes-timeout'].flatMap((name) => [
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

const types = {
  name: 'wasi:http/types',
  text: HTTP_TEXT,
  functions: {
    'http-error-code': (_run: Run, _error: IoError) => undefined,
    ...fields,
    ...incoming,
    ...outgoingResponse,
    ...outgoingRequest,
  },
};

/** Nobody is called: no program has a network. */
const outgoingHandler = {
  name: 'wasi:http/outgoing-handler',
  text: `
    use wasi:http/types outgoing-request request-options future-incoming-response error-code
    func handle request:outgoing-request options:option<request-options> -> result<future-incoming-response,error-code>
  `,
  functions: { handle: () => failed({ tag: 'HTTP-request-denied' }) },
};

export const http = [types, outgoingHandler];

/** The arguments of `wasi:http/incoming-handler#handle`. */
export function handlerArguments(): readonly unknown[] {
  return [new IncomingRequest(), {}];
}
