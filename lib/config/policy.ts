// Who may ask for what: the params of a request -> what its program is granted, or a refusal.

import { RequestError } from '../errors.js';
import type { HostRule, Limits, Preopen } from '../run.js';
import {
  boundHosts,
  refuseSnapshots,
  refuseSystemDirectories,
  withinCeilings,
} from './ceilings.js';
import type { Config } from './config.js';
import { DEFAULT_ENTRY_POINT, type Directives, parseDirectives } from './directives.js';
import { lowered } from './limits.js';
import { normalized, snapshotDirectoryOf } from './paths.js';
import { authorityOf, canonicalMessage, type Entry, isSignature } from './signature.js';
import { VerifiedResults } from './verified.js';

/**
 * What one request's program is granted. Frozen all through; the same signed configuration gets
 * the same object again, so it may serve as a key.
 */
export interface Grant extends Directives {
  /** Whether the Apache module vouched for it. */
  readonly signed: boolean;
  /** argv[0], the module's file name, then WasmArg. */
  readonly argv: readonly string[];
  /** With the bounds of those that others than the admin named. */
  readonly hosts: readonly HostRule[];
  readonly limits: Limits;
}

/** Without the directories nothing is kept, and nothing is to be kept from programs (`dev`). */
export type PolicyConfig = Pick<Config, 'trust' | 'limits' | 'ceilings'> &
  Partial<Pick<Config, 'spoolDirectory' | 'snapshotDirectory'>>;

/** The standard streams take the guest's first three descriptors. */
const STDIO = 3;

/** Decides by one configuration; a reload makes a new one, which forgets what was verified. */
export class Policy {
  readonly #config: PolicyConfig;
  readonly #verified = new VerifiedResults<Grant>();

  constructor(config: PolicyConfig) {
    this.#config = config;
  }

  /**
   * Decides on the FCGI_PARAMS of a request. A wrong signature is never taken for none.
   * @throws RequestError 403 `UNSIGNED` `FORGED` `OUTSIDE` `SYSTEM_DIRECTORY`, 500 `BAD_PARAMS`
   */
  admit(params: ReadonlyMap<string, string>): Grant {
    const entries = authorityOf(params);
    const signature = params.get('WASM_SIGNATURE');
    if (signature === undefined) return this.#grant(this.#unsigned(params, entries), false);
    const known = this.#verified.find(signature, entries);
    if (known !== undefined) return known;
    this.#verify(signature, entries);
    const grant = this.#grant(parseDirectives(entries, true), true);
    this.#verified.remember(signature, entries, grant);
    return grant;
  }

  #verify(signature: string, entries: readonly Entry[]): void {
    const { key } = this.#config.trust;
    if (key === undefined) {
      throw new RequestError(
        'FORGED',
        403,
        'the params are signed, but there is no key to check with',
      );
    }
    if (!isSignature(signature, canonicalMessage(entries), key)) {
      throw new RequestError(
        'FORGED',
        403,
        'WASM_SIGNATURE does not fit the params: they were altered, or the key is another',
      );
    }
  }

  #unsigned(params: ReadonlyMap<string, string>, entries: readonly Entry[]): Directives {
    const { trust } = this.#config;
    if (!trust.allowUnsigned) {
      throw new RequestError(
        'UNSIGNED',
        403,
        'the params have no WASM_SIGNATURE, and allow-unsigned is off',
      );
    }
    const directives =
      entries.length === 0 ? scriptAsModule(params) : parseDirectives(entries, false);
    return withinCeilings(directives, trust);
  }

  #grant(directives: Directives, signed: boolean): Grant {
    const { trust, ceilings } = this.#config;
    refuseSystemDirectories(directives, trust);
    const { spoolDirectory, snapshotDirectory } = this.#config;
    if (spoolDirectory !== undefined) {
      const kept = snapshotDirectoryOf({ spoolDirectory, snapshotDirectory });
      refuseSnapshots(directives, trust, kept);
    }
    const { module, args, preopens, lower } = directives;
    const asked = { ...this.#config.limits, ...directives.limits };
    const limits = lowered(asked, lower, signed ? ceilings.signed : ceilings.unsigned);
    if (preopens.length + STDIO > limits.openFiles) {
      throw new RequestError(
        'BAD_PARAMS',
        500,
        `open-files (${limits.openFiles}) leaves no room for ${preopens.length} directories`,
      );
    }
    return deepFrozen({
      ...directives,
      preopens: trust.allowSymlinks ? preopens.map(withSymlinks) : preopens,
      hosts: boundHosts(directives, signed, trust),
      signed,
      argv: [module.slice(module.lastIndexOf('/') + 1), ...args],
      limits,
    });
  }
}

/**
 * A request without any param of ours: the web server runs the .wasm file itself, as `FcgidWrapper`
 * with `AddHandler fcgid-script .wasm` does. It is a CGI program without directories.
 */
function scriptAsModule(params: ReadonlyMap<string, string>): Directives {
  const script = params.get('SCRIPT_FILENAME') ?? '';
  const module = normalized(script);
  if (module === undefined || !module.endsWith('.wasm')) {
    throw new RequestError(
      'BAD_PARAMS',
      500,
      `there is no WASM_MODULE, and SCRIPT_FILENAME is no .wasm file but ${JSON.stringify(script)}`,
    );
  }
  return {
    module,
    args: [],
    env: [],
    preopens: [],
    hosts: [],
    cgi: true,
    mapFileNames: false,
    entryPoint: DEFAULT_ENTRY_POINT,
    limits: {},
    lower: {},
  };
}

function withSymlinks(preopen: Preopen): Preopen {
  return { ...preopen, symlinks: true };
}

function deepFrozen<T extends object>(value: T): T {
  freezeAll(value);
  return value;
}

function freezeAll(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) freezeAll(inner);
  Object.freeze(value);
}
