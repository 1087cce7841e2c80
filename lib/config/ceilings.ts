// How far anybody's params may reach, and how far those that nobody signed.

import { RequestError } from '../errors.js';
import type { HostRule, Preopen, Watched } from '../run.js';
import type { Trust } from './config.js';
import type { Directives } from './directives.js';
import { isBeneath, isSystemDirectory, normalized, rootOf } from './paths.js';

/**
 * Refuses what nobody gets: `/`, `/proc`, `/sys`, `/dev`, `/run` and what is below the last four.
 * Signed or not: the sandbox is worth nothing with the whole system in it, and a configuration
 * copied from mod_wasm's demos (`WasmMapDir / /`) would say so to nobody.
 * @throws RequestError 403 `SYSTEM_DIRECTORY`, naming the option that overrides it
 */
export function refuseSystemDirectories({ preopens }: Directives, trust: Trust): void {
  if (trust.allowSystemDirs) return;
  const found = preopens.find(({ host }) => isSystemDirectory(host));
  if (found === undefined) return;
  throw new RequestError(
    'SYSTEM_DIRECTORY',
    403,
    `${found.host} must not be given to a program (WasmDir, WasmMapDir): give it the document root, ` +
      'or allow it with --allow-system-dirs ([trust] allow-system-dirs = on)',
  );
}

/**
 * Refuses the directory where snapshots are kept, with all above and below. What lies there is the memory
 * of everybody's programs: who reads it knows what they hold, who writes to it chooses what they are.
 * @param snapshots as text: whether it is there yet does not matter
 * @throws RequestError 403 `SYSTEM_DIRECTORY`
 */
export function refuseSnapshots(
  { preopens }: Directives,
  { allowSystemDirs }: Trust,
  snapshots: string,
): void {
  if (allowSystemDirs) return;
  const own = normalized(Buffer.from(snapshots).toString('latin1')) ?? snapshots;
  const found = preopens.find(({ host }) => isBeneath(own, host) || isBeneath(host, own));
  if (found === undefined) return;
  throw new RequestError(
    'SYSTEM_DIRECTORY',
    403,
    `${found.host} must not be given to a program: snapshots are kept in ${snapshots}; give it ` +
      'another directory, or name one for them with --snapshot-dir ([server] snapshot-dir)',
  );
}

/**
 * Holds unsigned directives to module-root, dir-root and dir-root-ro. Every path gets the root it
 * lies in as its `below`, or keeps a `below` that is further down, so that symlinks are held too.
 * @throws RequestError 403 `OUTSIDE`
 */
export function withinCeilings(directives: Directives, trust: Trust): Directives {
  const { module, moduleBelow, hosts, snapshot } = directives;
  if (hosts.length > 0 && trust.allowedHosts.length === 0)
    throw outside('a WasmAllowHost needs an allow-host that covers it, and there is none');
  const root = rootOf(module, trust.moduleRoots);
  if (root === undefined) throw outside(`module ${module} is in no module-root`);
  const { dirRoots, dirRootsReadOnly, moduleRoots } = trust;
  const roots = [...dirRoots, ...dirRootsReadOnly, ...moduleRoots];
  const watch = snapshot?.watch.map((watched) => heldWatched(watched, roots)) ?? [];
  return {
    ...directives,
    moduleBelow: deeper(moduleBelow, root),
    preopens: directives.preopens.map((preopen) => held(preopen, trust)),
    ...(snapshot === undefined ? {} : { snapshot: { ...snapshot, watch } }),
  };
}

function heldWatched({ path, below }: Watched, roots: readonly string[]): Watched {
  const root = rootOf(path, roots);
  if (root === undefined) throw outside(`watched ${path} is in no dir-root or module-root`);
  return { path, below: deeper(below, root) };
}

/**
 * Holds what an .htaccess or nobody known allows to allow-host. Where that is not given, the former may
 * name any host, but no private address; the latter none.
 */
export function boundHosts(
  { hosts }: Directives,
  signed: boolean,
  { allowedHosts }: Trust,
): readonly HostRule[] {
  const forTenants = allowedHosts.length > 0 ? allowedHosts : ANY_PUBLIC;
  return hosts.map(({ isTenants = false, ...rule }) => {
    if (signed && !isTenants) return rule;
    return { ...rule, within: signed ? forTenants : allowedHosts };
  });
}

const ANY_PUBLIC: readonly HostRule[] = [
  { scheme: 'http', host: '*', port: undefined },
  { scheme: 'https', host: '*', port: undefined },
];

function held(preopen: Preopen, { dirRoots, dirRootsReadOnly }: Trust): Preopen {
  const { host, readOnly, below } = preopen;
  const roots = readOnly ? [...dirRoots, ...dirRootsReadOnly] : dirRoots;
  const root = rootOf(host, roots);
  if (root !== undefined) return { ...preopen, below: deeper(below, root) };
  if (rootOf(host, dirRootsReadOnly) !== undefined) {
    throw outside(`directory ${host} is in a dir-root-ro only: ask for it read-only (…_RO=1)`);
  }
  throw outside(`directory ${host} is in no dir-root${readOnly ? ' or dir-root-ro' : ''}`);
}

function deeper(below: string | undefined, root: string): string {
  return below !== undefined && isBeneath(below, root) ? below : root;
}

function outside(message: string): RequestError {
  return new RequestError('OUTSIDE', 403, `unsigned params: ${message}`);
}
