// The environment of a guest: WasmEnv, then the CGI meta-variables of the request, nothing else.

import { RequestError } from '../errors.js';
import { guestPath, type MappedDirectory } from './paths.js';
import { isMetaVariable } from './variables.js';

const MAX_ENVIRONMENT_BYTES = 65_536;
const MAX_ENVIRONMENT_ENTRIES = 256;

export interface EnvironmentOptions {
  /** WasmEnableCGI: without it a guest gets `env` alone. */
  readonly cgi: boolean;
  /** WasmEnv, in order. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** WasmMapCGIFileNames. */
  readonly mapFileNames: boolean;
  /** In fd order. */
  readonly preopens: readonly MappedDirectory[];
  /**
   * The file that the web server chose: WASM_SCRIPT_FILENAME. Without it the param SCRIPT_FILENAME
   * counts (nginx, lighttpd, mod_fcgid); behind mod_proxy_fcgi that one is a constant.
   */
  readonly scriptFilename?: string;
}

/**
 * The guest's environment as `K=V` byte strings (RFC 3875 section 4.1).
 *
 * WasmEnv comes first and wins: a CGI variable of the same name is dropped. Of the params only
 * meta-variables, `HTTP_*` and `SSL_*` pass; what `SetEnv` or the server's own environment added
 * (PATH, SERVER_ADMIN, CONTEXT_*, APP_ENV …) does not: `WasmEnv APP_ENV prod` says the same and
 * is granted. Values with NUL are dropped, an empty CONTENT_LENGTH or CONTENT_TYPE (nginx) is
 * none. QUERY_STRING is always there, REDIRECT_STATUS too, for php-cgi refuses to work without.
 *
 * Host paths never leak. SCRIPT_FILENAME, DOCUMENT_ROOT and PATH_TRANSLATED are given
 * - with `mapFileNames` as the guest's name of that file (longest matching host directory);
 * - without it unchanged, and only below a directory that has the same name in the guest
 *   (`WasmDir`, or a WasmMapDir onto itself). mod_wasm left the host path in every case; elsewhere
 *   a guest could not open it, so nothing that worked is lost;
 * - else not at all.
 * @throws RequestError 431 over 65,536 bytes (a NUL per entry included) or 256 entries; 500 when
 *   WasmEnv alone is larger
 */
export function guestEnvironment(
  params: ReadonlyMap<string, string>,
  options: EnvironmentOptions,
): string[] {
  const configured = options.env.map(([name, value]) => `${name}=${value}`);
  refuseLarge(configured, 500, 'WasmEnv');
  if (!options.cgi) return configured;
  const taken = new Set(options.env.map(([name]) => name));
  const result = configured;
  const add = (name: string, value: string): void => {
    if (!taken.has(name) && !value.includes('\0')) result.push(`${name}=${value}`);
  };
  add('GATEWAY_INTERFACE', 'CGI/1.1');
  if (!params.has('QUERY_STRING')) add('QUERY_STRING', '');
  if (!params.has('REDIRECT_STATUS')) add('REDIRECT_STATUS', '200');
  for (const [name, value] of params) {
    if (isMetaVariable(name) && !isAbsent(name, value)) add(name, value);
  }
  for (const [name, host] of hostPaths(params, options)) {
    const guest = host && guestPath(host, options.preopens, !options.mapFileNames);
    if (guest) add(name, guest);
  }
  refuseLarge(result, 431, 'the environment of the request');
  return result;
}

function hostPaths(
  params: ReadonlyMap<string, string>,
  { scriptFilename = params.get('SCRIPT_FILENAME') }: EnvironmentOptions,
): readonly (readonly [name: string, host: string | undefined])[] {
  return [
    ['SCRIPT_FILENAME', scriptFilename],
    ['DOCUMENT_ROOT', params.get('DOCUMENT_ROOT')],
    ['PATH_TRANSLATED', params.get('PATH_TRANSLATED')],
  ];
}

/** A length that is no number would make a guest wait for bytes that never come. */
function isAbsent(name: string, value: string): boolean {
  if (name === 'CONTENT_LENGTH') return !/^\d+$/.test(value);
  return name === 'CONTENT_TYPE' && value === '';
}

function refuseLarge(entries: readonly string[], status: number, subject: string): void {
  const bytes = entries.reduce((sum, entry) => sum + entry.length + 1, 0);
  if (bytes <= MAX_ENVIRONMENT_BYTES && entries.length <= MAX_ENVIRONMENT_ENTRIES) return;
  throw new RequestError(
    'ENVIRONMENT_TOO_LARGE',
    status,
    `${subject} must be at most ${MAX_ENVIRONMENT_BYTES} bytes and ${MAX_ENVIRONMENT_ENTRIES} entries, ` +
      `not ${bytes} bytes and ${entries.length} entries`,
  );
}
