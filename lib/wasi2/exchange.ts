// One request of wasi:http: read from the CGI variables, answered as CGI output.

import type { ByteSink } from '../wasi/process.js';
import { Fields } from './fields.js';
import type { OutgoingResponse } from './outgoing.js';

export class HttpExchange {
  readonly #sink: ByteSink;
  readonly #variables: ReadonlyMap<string, string>;
  #response: OutgoingResponse | undefined;
  #fault = 'the handler ended without a response';

  /**
   * @param env `K=V` byte strings
   * @param sink takes the CGI output
   */
  constructor(env: readonly string[], sink: ByteSink) {
    this.#sink = sink;
    this.#variables = new Map(
      env.map((one) => {
        const equals = one.indexOf('=');
        return [one.slice(0, equals), one.slice(equals + 1)];
      }),
    );
  }

  get method(): string {
    return this.#variables.get('REQUEST_METHOD') ?? 'GET';
  }

  /** As the client sent it. */
  get pathWithQuery(): string {
    const uri = this.#variables.get('REQUEST_URI');
    if (uri !== undefined) return uri;
    const path = `${this.#variables.get('SCRIPT_NAME') ?? ''}${this.#variables.get('PATH_INFO') ?? ''}`;
    const query = this.#variables.get('QUERY_STRING') ?? '';
    return `${path === '' ? '/' : path}${query === '' ? '' : `?${query}`}`;
  }

  get scheme(): 'HTTP' | 'HTTPS' {
    const isSecure =
      this.#variables.get('HTTPS')?.toLowerCase() === 'on' ||
      this.#variables.get('REQUEST_SCHEME') === 'https';
    return isSecure ? 'HTTPS' : 'HTTP';
  }

  get authority(): string {
    const host = this.#variables.get('HTTP_HOST');
    if (host !== undefined) return host;
    const port = this.#variables.get('SERVER_PORT');
    const name = this.#variables.get('SERVER_NAME') ?? 'localhost';
    return port === undefined ? name : `${name}:${port}`;
  }

  /** httpd hands over fields of one name as one, joined by a comma and a blank; names in capitals. */
  headers(): Fields {
    const entries: (readonly [string, Uint8Array])[] = [];
    for (const [variable, value] of this.#variables) {
      const name = headerName(variable);
      if (name !== undefined) entries.push([name, Buffer.from(value, 'latin1')]);
    }
    return new Fields(entries, false);
  }

  /** Sends the head and what was written of the body until now. */
  respond(response: OutgoingResponse): void {
    this.#response = response;
    const lines = response.headers.entries.map(
      ([name, value]) => `${name}: ${Buffer.from(value).toString('latin1')}`,
    );
    const head = [`Status: ${response.status}`, ...lines, '', ''].join('\r\n');
    this.#sink.write(Buffer.from(head, 'latin1'));
    response.body?.attach(this.#sink);
  }

  /** The handler answers with an error instead of a response. */
  refuse(code: string): void {
    this.#fault = `the handler answered with the error ${code}`;
  }

  /** What is wrong with the answer now that the handler has ended; undefined when nothing is. */
  faultAtEnd(): string | undefined {
    if (this.#response === undefined) return this.#fault;
    const { body } = this.#response;
    if (body === undefined || body.isFinished) return undefined;
    return 'the handler dropped its body without finishing it';
  }
}

/** RFC 3875 4.1.18, backwards. */
function headerName(variable: string): string | undefined {
  if (variable === 'CONTENT_TYPE' || variable === 'CONTENT_LENGTH') return dashed(variable);
  return variable.startsWith('HTTP_') && variable.length > 5
    ? dashed(variable.slice(5))
    : undefined;
}

function dashed(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
