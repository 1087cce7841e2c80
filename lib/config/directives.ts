// WASM_* params -> what the web server's configuration asks for. Nothing is granted here.

import { RequestError } from '../errors.js';
import type { HostRule, Preopen, Snapshot } from '../run.js';
import { AuthorityParams, badParams } from './authority.js';
import { HOST_FORMS, parseHostRule } from './hosts.js';
import { LIMIT_ROWS } from './limitrows.js';
import type { SomeLimits } from './limits.js';
import type { OptionRow } from './option.js';
import { isBeneath } from './paths.js';
import type { Entry } from './signature.js';

/** Of the params contract. Another one is refused, never guessed at. */
const PARAMS_VERSION = '1';
export const DEFAULT_ENTRY_POINT = '_start';
const HOUR_MS = 3_600_000;
const MAX_AGE: OptionRow = {
  name: 'snapshot-max-age',
  type: 'duration',
  min: 1_000,
  max: 168 * HOUR_MS,
  description: 'WasmSnapshotMaxAge, which is an hour unless said.',
};
/** What a C string of export names and header values may hold: no control characters, no NUL. */
// oxlint-disable-next-line no-control-regex -- the point is to find control characters
const CONTROL = /[\u0000-\u001f\u007f]/;

/** The Wasm directives of one merged section of the web server's configuration. Byte strings. */
export interface Directives {
  /** WasmModule, an absolute path. */
  readonly module: string;
  /** Set when a .htaccess named the module: it must lie at or beneath, symlinks held on the way. */
  readonly moduleBelow?: string;
  /** WasmArg: argv[1..] */
  readonly args: readonly string[];
  /** WasmEnv */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** Every WasmDir, then every WasmMapDir. */
  readonly preopens: readonly Preopen[];
  /** WasmAllowHost */
  readonly hosts: readonly (HostRule & { readonly isTenants?: boolean })[];
  /** WasmEnableCGI */
  readonly cgi: boolean;
  /** WasmMapCGIFileNames */
  readonly mapFileNames: boolean;
  /** WasmEntryPoint; default `_start` */
  readonly entryPoint: string;
  /** Content type of the output of a program without CGI, where one is configured. */
  readonly contentType?: string;
  /** WasmSnapshot On */
  readonly snapshot?: Snapshot;
  /** WasmLimit, as far as configured. */
  readonly limits: SomeLimits;
  /** WasmLimit of a .htaccess: each only lowers what would hold without it. */
  readonly lower: SomeLimits;
}

/**
 * Reads the params that carry authority (`authorityOf`).
 * @param versioned whether WASM_VERSION must be there; where it is, it must be right
 * @throws RequestError 500 `BAD_PARAMS`, naming the param; 403 `OUTSIDE` when a path that a
 *   .htaccess named does not lie where it must
 */
export function parseDirectives(entries: readonly Entry[], versioned: boolean): Directives {
  const params = new AuthorityParams(entries);
  const version = params.optional('WASM_VERSION') ?? (versioned ? 'none' : PARAMS_VERSION);
  if (version !== PARAMS_VERSION) {
    throw badParams(
      `WASM_VERSION must be ${PARAMS_VERSION}, not ${JSON.stringify(version)}: ` +
        'the Apache module and this program are of different versions',
    );
  }
  const moduleBelow = params.optionalPath('WASM_MODULE_BELOW');
  const contentType = printable(params, 'WASM_CONTENT_TYPE');
  const snapshot = snapshotOf(params);
  const module = params.path('WASM_MODULE');
  requireBeneath('WASM_MODULE', module, moduleBelow);
  const directives: Directives = {
    module,
    ...(moduleBelow === undefined ? {} : { moduleBelow }),
    args: params.list('ARG', (name) => params.required(name)),
    env: params.list('ENV', (prefix) => variable(params, prefix)),
    preopens: [
      ...params.list('DIR', (prefix) => preopen(params, prefix, prefix)),
      ...params.list('MAP', (prefix) => preopen(params, prefix, `${prefix}_V`, `${prefix}_K`)),
    ],
    hosts: params.list('HOST', (name) => hostRule(params, name)),
    cgi: params.flag('WASM_CGI'),
    mapFileNames: params.flag('WASM_MAP_CGI_FILENAMES'),
    entryPoint: printable(params, 'WASM_ENTRY_POINT') ?? DEFAULT_ENTRY_POINT,
    ...(contentType === undefined ? {} : { contentType }),
    ...(snapshot === undefined ? {} : { snapshot }),
    limits: limits(params, 'WASM_LIMIT_'),
    lower: limits(params, 'WASM_LOWER_'),
  };
  params.finish();
  return directives;
}

/** WASM_LIMIT_CPU_TIME and so on, in the forms that the option takes. */
function limits(params: AuthorityParams, prefix: string): SomeLimits {
  const entries = LIMIT_ROWS.flatMap((row) => {
    const value = params.option(`${prefix}${row.name.toUpperCase().replaceAll('-', '_')}`, row);
    return value === undefined ? [] : [[row.limit, value]];
  });
  return Object.fromEntries(entries);
}

/** Undefined when Off, whatever else is said of it. */
function snapshotOf(params: AuthorityParams): Snapshot | undefined {
  const isOn = params.flag('WASM_SNAPSHOT');
  const maxAgeMs = Number(params.option('WASM_SNAPSHOT_MAX_AGE', MAX_AGE) ?? HOUR_MS);
  const watch = params.list('WATCH', (name) => {
    const path = params.path(name);
    const below = params.optionalPath(`${name}_BELOW`);
    requireBeneath(name, path, below);
    return { path, ...(below === undefined ? {} : { below }) };
  });
  return isOn ? { maxAgeMs, watch } : undefined;
}

function variable(params: AuthorityParams, prefix: string): readonly [string, string] {
  const name = params.required(`${prefix}_K`);
  if (name === '' || name.includes('=')) {
    throw badParams(`${prefix}_K must be the name of a variable, not ${JSON.stringify(name)}`);
  }
  return [name, params.required(`${prefix}_V`)];
}

function preopen(
  params: AuthorityParams,
  prefix: string,
  hostName: string,
  guestName?: string,
): Preopen {
  const host = params.path(hostName);
  // WasmDir: the guest's name is the host's, as it was written.
  const guest = params.required(guestName ?? hostName);
  if (guest === '') throw badParams(`${guestName ?? hostName} must not be empty`);
  const readOnly = params.flag(`${prefix}_RO`);
  const below = params.optionalPath(`${prefix}_BELOW`);
  requireBeneath(hostName, host, below);
  return { guest, host, readOnly, ...(below === undefined ? {} : { below }) };
}

function hostRule(params: AuthorityParams, name: string): Directives['hosts'][number] {
  const text = params.required(name);
  const rule = parseHostRule(text);
  if (rule === undefined)
    throw badParams(`${name} must be ${HOST_FORMS}, not ${JSON.stringify(text)}`);
  return params.flag(`${name}_TENANT`) ? { ...rule, isTenants: true } : rule;
}

function requireBeneath(name: string, path: string, below: string | undefined): void {
  if (below === undefined || isBeneath(path, below)) return;
  throw new RequestError('OUTSIDE', 403, `${name} ${path} must lie at or beneath ${below}`);
}

function printable(params: AuthorityParams, name: string): string | undefined {
  const value = params.optional(name);
  if (value === undefined || (value !== '' && !CONTROL.test(value))) return value;
  throw badParams(`${name} must be text without control characters, not ${JSON.stringify(value)}`);
}
