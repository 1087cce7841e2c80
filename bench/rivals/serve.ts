// `wasm-fcgi serve` by itself, for what is asked without a web server.

import { spawn } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';

import { authorityOf, canonicalMessage, sign } from '../../lib/config/signature.js';
import type { Stage } from '../stage.js';
import { type Responder, listening } from './rival.js';

const KEY = 'a key of the bench, longer than 32 characters';

export interface Serve extends Responder {
  readonly socket: string;
}

/**
 * @param socket where it listens
 * @param words more of its command line
 */
export async function startServe(
  stage: Stage,
  socket: string,
  words: readonly string[] = [],
): Promise<Serve> {
  const key = stage.at('key');
  await writeFile(key, KEY);
  await chmod(key, 0o600);
  const user = process.getuid?.() === 0 ? ['--user', 'nobody', '--socket-mode', '0666'] : [];
  const [command = '', ...rest] = stage.command;
  const listen = ['--listen', `unix:${socket}`, '--key-file', key];
  const child = spawn(command, [...rest, ...listen, ...user, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { ...(await listening(child, child.stderr)), socket };
}

/** The params of a section with these directives (`MODULE`, `ENV_0_K`, …), as mod_wasm signs them. */
export function signedParams(directives: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries({ VERSION: '1', CGI: '1', ...directives }).map(
    ([name, value]) => [`WASM_${name}`, value] as const,
  );
  const message = canonicalMessage(authorityOf(new Map(named)));
  return { ...Object.fromEntries(named), WASM_SIGNATURE: sign(message, Buffer.from(KEY)) };
}

/** What httpd sends of a usual request besides. */
export const REQUEST_PARAMS: Readonly<Record<string, string>> = {
  GATEWAY_INTERFACE: 'CGI/1.1',
  SERVER_PROTOCOL: 'HTTP/1.1',
  SERVER_SOFTWARE: 'Apache/2.4 (Unix)',
  SERVER_NAME: 'localhost',
  SERVER_ADDR: '127.0.0.1',
  SERVER_PORT: '80',
  SERVER_ADMIN: '[no address given]',
  SERVER_SIGNATURE: '',
  REMOTE_ADDR: '127.0.0.1',
  REMOTE_PORT: '40000',
  REQUEST_METHOD: 'GET',
  REQUEST_SCHEME: 'http',
  REQUEST_URI: '/wasm-fcgi/hello?a=1',
  QUERY_STRING: 'a=1',
  SCRIPT_NAME: '/wasm-fcgi/hello',
  SCRIPT_FILENAME: '/srv/www/hello',
  DOCUMENT_ROOT: '/srv/www',
  CONTEXT_DOCUMENT_ROOT: '/srv/www',
  CONTEXT_PREFIX: '',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HTTP_HOST: 'localhost',
  HTTP_USER_AGENT: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  HTTP_ACCEPT: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  HTTP_ACCEPT_LANGUAGE: 'en-US,en;q=0.5',
  HTTP_ACCEPT_ENCODING: 'gzip, deflate, br',
  HTTP_CONNECTION: 'keep-alive',
  HTTP_COOKIE: 'session=0123456789abcdef; theme=dark',
};
