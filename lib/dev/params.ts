// One HTTP request as the params that Apache would send for it: CGI variables, and what is configured.

import type { IncomingMessage } from 'node:http';

import { authorityOf, canonicalMessage, sign } from '../config/signature.js';
import type { Preopen } from '../run.js';

/** What Apache directives would say of the program. Byte strings. */
export interface DevProgram {
  /** Absolute. */
  readonly module: string;
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly preopens: readonly Preopen[];
  /** WasmAllowHost, as it is written. */
  readonly hosts: readonly string[];
  readonly cgi: boolean;
  readonly entryPoint: string;
  readonly contentType?: string;
}

/** The params of the configuration, signed as the Apache module does. */
export function programParams(program: DevProgram, key: Uint8Array): Map<string, string> {
  const { module, args, env, preopens, hosts, cgi, entryPoint, contentType } = program;
  const params = new Map([
    ['WASM_VERSION', '1'],
    ['WASM_MODULE', module],
    ['WASM_CGI', cgi ? '1' : '0'],
    ['WASM_MAP_CGI_FILENAMES', '1'],
    ['WASM_ENTRY_POINT', entryPoint],
    ['WASM_ARG_COUNT', String(args.length)],
    ['WASM_ENV_COUNT', String(env.length)],
    ['WASM_MAP_COUNT', String(preopens.length)],
    ['WASM_HOST_COUNT', String(hosts.length)],
  ]);
  if (contentType !== undefined) params.set('WASM_CONTENT_TYPE', contentType);
  for (const [i, arg] of args.entries()) params.set(`WASM_ARG_${i}`, arg);
  for (const [i, [name, value]] of env.entries()) {
    params.set(`WASM_ENV_${i}_K`, name).set(`WASM_ENV_${i}_V`, value);
  }
  for (const [i, host] of hosts.entries()) params.set(`WASM_HOST_${i}`, host);
  for (const [i, { guest, host, readOnly }] of preopens.entries()) {
    params.set(`WASM_MAP_${i}_K`, guest).set(`WASM_MAP_${i}_V`, host);
    if (readOnly) params.set(`WASM_MAP_${i}_RO`, '1');
  }
  return params.set('WASM_SIGNATURE', sign(canonicalMessage(authorityOf(params)), key));
}

/** Have variables of their own, or are a client's attempt at a program's configuration. */
const WITHHELD: ReadonlySet<string> = new Set(['CONTENT_TYPE', 'CONTENT_LENGTH', 'PROXY']);

/**
 * The CGI variables of a request (RFC 3875 section 4.1), for a program that has all URLs.
 * @param passAuth as CGIPassAuth On: without it a program does not see the Authorization header
 */
export function requestParams(request: IncomingMessage, passAuth: boolean): Map<string, string> {
  const url = request.url ?? '/';
  const [path = '', ...query] = url.split('?');
  const { socket } = request;
  const params = new Map([
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_SOFTWARE', 'wasm-fcgi'],
    ['SERVER_PROTOCOL', `HTTP/${request.httpVersion}`],
    ['SERVER_NAME', hostNameOf(request) ?? 'localhost'],
    ['SERVER_PORT', String(socket.localPort ?? '')],
    ['SERVER_ADDR', socket.localAddress ?? ''],
    ['REMOTE_ADDR', socket.remoteAddress ?? ''],
    ['REMOTE_PORT', String(socket.remotePort ?? '')],
    ['REQUEST_SCHEME', 'http'],
    ['REQUEST_METHOD', request.method ?? 'GET'],
    ['REQUEST_URI', url],
    ['QUERY_STRING', query.join('?')],
    ['SCRIPT_NAME', ''],
    ['PATH_INFO', decoded(path)],
  ]);
  const { 'content-type': type, 'content-length': length } = request.headers;
  if (type !== undefined) params.set('CONTENT_TYPE', type);
  if (length !== undefined) params.set('CONTENT_LENGTH', length);
  for (const [name, value] of headersOf(request)) {
    const isHidden = WITHHELD.has(name) || (name === 'AUTHORIZATION' && !passAuth);
    if (!isHidden) params.set(`HTTP_${name}`, value);
  }
  return params;
}

/** Repeated ones are joined. Names with anything but letters, digits and `-` could pass for others. */
function headersOf({ rawHeaders }: IncomingMessage): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [given = '', value = ''] = rawHeaders.slice(i, i + 2);
    if (!/^[A-Za-z0-9-]+$/.test(given)) continue;
    const name = given.toUpperCase().replaceAll('-', '_');
    const before = headers.get(name);
    const joint = name === 'COOKIE' ? '; ' : ', ';
    headers.set(name, before === undefined ? value : `${before}${joint}${value}`);
  }
  return headers;
}

/** Of the Host header, without its port. */
export function hostNameOf({ headers }: IncomingMessage): string | undefined {
  return headers.host?.replace(/:\d*$/, '').toLowerCase();
}

/** PATH_INFO is not URL-encoded; what is no encoding stays. As a byte string. */
function decoded(path: string): string {
  return path.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
