// The [pool NAME] sections of an ini file -> what each responder is started with, or every fault.

import { ConfigError } from '../errors.js';
import { type Account, accountOf, groupNumber } from './accounts.js';
import { type Config, configOf, isRoot } from './config.js';
import type { Given, PoolSection } from './ini.js';
import { type Listen, addressOf } from './listen.js';
import { writeOption } from './option.js';
import { OPTIONS, settingsOf } from './options.js';
import { type ConfigSources, type SourceContent, readSources } from './sources.js';

/** By name or number. */
export interface Identity {
  readonly user: string;
  /** Undefined: the main group of the user. */
  readonly group: string | undefined;
}

/** One responder of its own. */
export interface PoolConfig {
  readonly name: string;
  readonly listen: readonly Listen[];
  /** Undefined where unsigned params alone are believed. */
  readonly key: Buffer | undefined;
  readonly drainTimeoutMs: number;
  /** `--workers=4`: all that was said for it, but where to listen and the key, which it is handed. */
  readonly words: readonly string[];
  /** Who it has to become; undefined where that is who we are. */
  readonly identity: Identity | undefined;
}

/** Everything a server with pools runs by. */
export interface PoolsConfig {
  readonly file: string;
  readonly pools: readonly PoolConfig[];
  readonly pidFile: string | undefined;
  readonly logLevel: Config['logLevel'];
}

/** Handed over as descriptors, or of the server itself. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  'config',
  'pid-file',
  'listen',
  'socket-mode',
  'socket-group',
  'key-file',
]);
/** Each pool has its own: said for all of them it can only be a mistake. */
const NOT_COMMON: ReadonlySet<string> = new Set(['listen', 'key-fd', 'pool']);

/** Whether the ini file has [pool] sections. Faults are left to who loads it. */
export function hasPools(sources: ConfigSources): boolean {
  return readSources(sources).pools.size > 0;
}

/**
 * Reads and checks the configuration of a server with pools, and their keys. What [server], [limits],
 * [trust] and the command line say holds for all pools; what a pool says itself comes before it.
 * @throws ConfigError with all faults
 */
export function loadPools(sources: ConfigSources = {}): PoolsConfig {
  const content = readSources(sources);
  const { file = 'the command line', faults } = content;
  if (content.pools.size === 0 && faults.length === 0) {
    faults.push(`${file}: this process was started with [pool] sections: restart it to do without`);
  }
  for (const name of NOT_COMMON) {
    if (!content.mentioned.has(name)) continue;
    faults.push(
      `${name} cannot be given beside the [pool] sections of ${file}, which have their own; one responder alone needs another --config`,
    );
  }
  const pools = [...content.pools].map(([name, section]) =>
    poolOf(name, section, content, sources.root ?? isRoot()),
  );
  checkSockets(pools, content);
  if (faults.length > 0) throw new ConfigError(faults);
  const { 'pid-file': pidFile, 'log-level': logLevel } = settingsOf(content.values);
  return { file, pools, pidFile, logLevel };
}

function poolOf(
  name: string,
  section: PoolSection,
  common: SourceContent,
  asRoot: boolean,
): PoolConfig {
  const commonValues = [...common.values].filter(([option]) => !NOT_COMMON.has(option));
  const given: Given = {
    values: new Map([...commonValues, ...section.values]),
    mentioned: new Set([...common.mentioned, ...section.mentioned]),
  };
  const found: string[] = [];
  if (!section.mentioned.has('listen')) found.push('listen is missing: unix:/run/NAME.sock');
  checkIdentity(given, asRoot, found);
  // Its user was checked; without a listen it would look at our standard input.
  const circumstances = { file: common.file, isRoot: false };
  const listening = { ...given, mentioned: new Set([...given.mentioned, 'listen']) };
  const { listen, trust, drainTimeoutMs } = configOf(listening, circumstances, found);
  const at = placeOf(name, section, common);
  common.faults.push(...found.map((fault) => `${at} ${fault}`));
  const { user, group } = settingsOf(given.values);
  const identity = asRoot && user !== undefined ? { user, group } : undefined;
  return { name, listen, key: trust.key, drainTimeoutMs, words: wordsOf(given), identity };
}

/** `wasm-fcgi.ini:12: [pool alice]` */
function placeOf(name: string, { line }: PoolSection, { file }: SourceContent): string {
  return `${file}:${line}: [pool ${name}]`;
}

function checkIdentity({ values }: Given, asRoot: boolean, faults: string[]): void {
  const { user, group } = settingsOf(values);
  if (user === undefined) {
    if (group !== undefined) faults.push('group needs a user');
    if (asRoot) faults.push('user is missing: a pool does not run as root');
    return;
  }
  const account = accountOf(user);
  if (!asRoot) return checkOwn(user, account, faults);
  const gid = group === undefined ? account?.gid : groupNumber(group);
  if (account?.uid === 0) faults.push(`user ${user}: a pool does not run as root`);
  else if (account === undefined && group === undefined) {
    faults.push(`user ${user} is not in /etc/passwd: check the name, or give a group too`);
  }
  if (gid === 0) faults.push("group 0: a pool does not run with root's group");
}

function checkOwn(user: string, account: Account | undefined, faults: string[]): void {
  const own = process.getuid?.();
  if (account?.uid === own || user === String(own)) return;
  faults.push(
    `user ${user}: only a server that root starts can become somebody else, this one is uid ${own}`,
  );
}

/** Of two pools with one socket, one would get the requests of the other. */
function checkSockets(pools: readonly PoolConfig[], content: SourceContent): void {
  const takenBy = new Map<string, string>();
  for (const { name, listen } of pools) {
    const section = content.pools.get(name);
    for (const target of listen) {
      const address = addressOf(target);
      const other = takenBy.get(address);
      if (other !== undefined && section !== undefined) {
        const at = placeOf(name, section, content);
        content.faults.push(`${at} listen ${address} is of [pool ${other}] already`);
      }
      takenBy.set(address, other ?? name);
    }
  }
}

function wordsOf({ values }: Given): string[] {
  return OPTIONS.filter(({ name }) => !NOT_PASSED.has(name)).flatMap((row) =>
    (values.get(row.name) ?? []).map((value) => `--${row.name}=${writeOption(row, value)}`),
  );
}
