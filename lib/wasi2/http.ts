// wasi:http/types: a request comes in and is answered; what one that goes out is made of.

import type { ErrorCode } from '../channel/outgoing.js';
import { Trap } from '../component/handles.js';
import { inputOf } from './cli.js';
import type { IoError } from './errors.js';
import { Fields } from './fields.js';
import { IncomingBody, answerStream, answers, faultOf } from './outgoinghandler.js';
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

function exchangeOf({ http }: Run) {
  if (http === undefined) throw new Trap('there is no request to answer');
  return http;
}

function bodyStream(body: OutgoingBody): OutputStream {
  const failure = (): ErrorCode | undefined => body.call?.failure;
  return {
    pollable: { kind: 'when', isReady: () => failure() !== undefined || body.room > 0 },
    room: () => {
      refuseWhenOver(body);
      return body.room;
    },
    write: (run, bytes) => {
      refuseWhenOver(body);
      body.write(run.held, bytes);
    },
    flush: () => {
      refuseWhenOver(body);
      body.flush();
    },
  };
}

function refuseWhenOver({ isFinished, call }: OutgoingBody): void {
  if (call?.failure !== undefined) throw faultOf(call.failure);
  if (isFinished) throw new StreamFault(CLOSED);
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
    return ok(body.call === undefined ? inputOf(run.process.stdin) : answerStream(body.call));
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
      const value =
        body.kind === 'response' ? 'FastCGI carries no trailers' : 'no trailers are sent';
      return failed({ tag: 'internal-error', value });
    }
    if (body.length !== undefined && body.length !== body.bytes) {
      body.close();
      return failed({ tag: `HTTP-${body.kind}-body-size`, value: body.bytes });
    }
    body.finish();
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
};

export const http = {
  name: 'wasi:http/types',
  text: HTTP_TEXT,
  functions: {
    'http-error-code': (_run: Run, { http: code }: IoError) => code,
    ...fields,
    ...incoming,
    ...outgoingResponse,
    ...outgoingRequest,
    ...answers,
  },
};

/** The arguments of `wasi:http/incoming-handler#handle`. */
export function handlerArguments(): readonly unknown[] {
  return [new IncomingRequest(), {}];
}
