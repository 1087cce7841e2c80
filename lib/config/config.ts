// Ini file and command line -> one frozen Config, or every fault found.

import { availableParallelism } from 'node:os';
import { ConfigError } from '../errors.js';
import type { HostRule, Limits } from '../run.js';
import { groupNumber } from './accounts.js';
import { isSocket, readCertificates, readKeyFd, readKeyFile } from './file.js';
import { parseHostRule } from './hosts.js';
import type { Given } from './ini.js';
import { LIMIT_ROWS } from './limitrows.js';
import { ceilingsOf, formatLimit, limitsOf } from './limits.js';
import { type Listen, parseListen } from './listen.js';
import { type Settings, settingsOf } from './options.js';
import { normalized } from './paths.js';
import { type ConfigSources, readSources } from './sources.js';

export type { ConfigSources } from './sources.js';

/** Everything `serve` runs by. Frozen; a reload makes a new one. */
export interface Config {
  /** The ini file that was read, if one was. */
  readonly file: string | undefined;
  /** Of which this process is the responder. */
  readonly pool: string | undefined;
  /** Pools of the file that another server has to start. */
  readonly otherPools: readonly string[];
  readonly listen: readonly Listen[];
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly workers: number;
  readonly queueLength: number;
  readonly queueTimeoutMs: number;
  readonly connections: number;
  /** Disk for output that waits for slow clients, and where. */
  readonly spoolBytes: number;
  readonly spoolDirectory: string;
  /** Where snapshots are kept, if not beneath `spoolDirectory`. */
  readonly snapshotDirectory: string | undefined;
  /** Memory for what snapshots hold, of all threads once. */
  readonly snapshotBytes: number;
  /** Modules to load at the start, byte strings. */
  readonly preload: readonly string[];
  /** Of all programs together, at a time. */
  readonly outgoingConnections: number;
  /** Authorities of outgoing https besides Node's own, PEM. */
  readonly certificates: string | undefined;
  readonly drainTimeoutMs: number;
  readonly pidFile: string | undefined;
  /** Told when no more connections are taken. */
  readonly servingFd: number | undefined;
  readonly logLevel: Settings['log-level'];
  /** Whether an error page tells the cause. */
  readonly errorDetails: boolean;
  readonly paramsBytes: number;
  readonly paramsTimeoutMs: number;
  readonly moduleBytes: number;
  /** Of a request that asks for nothing else. */
  readonly limits: Limits;
  /** The most that params get, signed ones and others. */
  readonly ceilings: { readonly signed: Limits; readonly unsigned: Limits };
  readonly trust: Trust;
}

/** Whom the server believes, and how far. Paths are byte strings. */
export interface Trust {
  /** Without one no signed request can be checked: all are refused. */
  readonly key: Buffer | undefined;
  readonly allowUnsigned: boolean;
  readonly moduleRoots: readonly string[];
  readonly dirRoots: readonly string[];
  readonly dirRootsReadOnly: readonly string[];
  /** The most that others than the admin may allow to be asked. */
  readonly allowedHosts: readonly HostRule[];
  readonly allowSymlinks: boolean;
  readonly allowSystemDirs: boolean;
}

/** What `configOf` has to know besides the options. */
interface Circumstances {
  /** The ini file that was read. */
  readonly file: string | undefined;
  /** Whether the process is root's. */
  readonly isRoot: boolean;
  readonly otherPools?: readonly string[];
  /** The key where it was read before. */
  readonly key?: Buffer | undefined;
}

/**
 * Reads and checks all of the configuration of one responder. Reads the key too (key-fd before
 * key-file).
 * @throws ConfigError with all faults
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const { file, pools, otherPools, faults, ...given } = readSources(sources);
  if (pools.size > 0) {
    faults.push(`${file}: this process was started without [pool] sections: restart it for these`);
  }
  const circumstances = { file, otherPools, isRoot: sources.root ?? isRoot(), key: sources.key };
  const config = configOf(given, circumstances, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The configuration that some options make.
 * @param faults gets what is wrong; then the answer is of no use
 */
export function configOf(
  { values, mentioned }: Given,
  { file, otherPools = [], isRoot: asRoot, key }: Circumstances,
  faults: string[],
): Config {
  const settings = settingsOf(values);
  const listen = listenOf(settings, mentioned, faults);
  checkUser(settings, asRoot, faults);
  checkCeilings(settings, mentioned, faults);
  const trust = trustOf(settings, key ?? readKey(settings, faults), mentioned, faults);
  return Object.freeze({
    file,
    pool: settings.pool,
    otherPools,
    listen: Object.freeze(listen),
    user: settings.user,
    group: settings.group,
    workers: settings.workers ?? Math.max(4, 2 * availableParallelism()),
    queueLength: settings.queue,
    queueTimeoutMs: settings['queue-timeout'],
    connections: settings.connections,
    spoolBytes: settings.spool,
    spoolDirectory: settings['spool-dir'],
    snapshotDirectory: settings['snapshot-dir'],
    snapshotBytes: settings['snapshot-memory'],
    preload: settings.preload.map(byteString),
    outgoingConnections: settings['outgoing-connections'],
    certificates: certificatesOf(settings, faults),
    drainTimeoutMs: settings['drain-timeout'],
    pidFile: settings['pid-file'],
    servingFd: settings['serving-fd'],
    logLevel: settings['log-level'],
    errorDetails: settings['error-details'],
    paramsBytes: settings['params-size'],
    paramsTimeoutMs: settings['params-timeout'],
    moduleBytes: settings['module-size'],
    limits: limitsOf(settings),
    ceilings: ceilingsOf(settings, mentioned),
    trust,
  });
}

function listenOf(settings: Settings, mentioned: ReadonlySet<string>, faults: string[]): Listen[] {
  const { 'socket-mode': mode, 'socket-group': group } = settings;
  const gid = group === undefined ? undefined : groupNumber(group);
  if (group !== undefined && gid === undefined) {
    faults.push(`socket-group ${group}: there is no such group in /etc/group`);
  }
  const listen = settings.listen.flatMap((text) => parseListen(text, mode, gid) ?? []);
  for (const { fd } of listen.filter((one) => one.kind === 'fd')) {
    if (!isSocket(fd)) faults.push(`listen fd:${fd}: there is no socket at descriptor ${fd}`);
  }
  if (mentioned.has('listen')) return listen;
  if (isSocket(0)) return [{ kind: 'fd', fd: 0 }];
  faults.push(
    'nowhere to listen: give --listen unix:/path or 127.0.0.1:9000, or let the web server start this program with its socket as standard input',
  );
  return [];
}

function checkUser({ user }: Settings, root: boolean, faults: string[]): void {
  if (!root) return;
  if (user === undefined) faults.push('started as root: give --user, the user to run as');
  if (user === 'root' || /^0+$/.test(user ?? '')) faults.push(`user must not be root`);
}

/** A default gives way to a lower ceiling; two values that were given contradict each other. */
function checkCeilings(settings: Settings, mentioned: ReadonlySet<string>, faults: string[]): void {
  const limits = limitsOf(settings);
  const { signed } = ceilingsOf(settings, mentioned);
  for (const { name, limit } of LIMIT_ROWS) {
    if (limits[limit] <= signed[limit] || !mentioned.has(name)) continue;
    faults.push(
      `${formatLimit(limits, limit)} must not be above max-${formatLimit(signed, limit)}`,
    );
  }
}

function readKey(settings: Settings, faults: string[]): Buffer | undefined {
  const { 'key-fd': fd, 'key-file': file } = settings;
  if (fd === undefined && file === undefined) return undefined;
  const content = fd === undefined ? readKeyFile(file ?? '') : readKeyFd(fd);
  if ('value' in content) return content.value;
  faults.push(content.fault);
  return undefined;
}

function certificatesOf({ 'ca-file': file }: Settings, faults: string[]): string | undefined {
  if (file === undefined) return undefined;
  const content = readCertificates(file);
  if ('value' in content) return content.value;
  faults.push(content.fault);
  return undefined;
}

function trustOf(
  settings: Settings,
  key: Buffer | undefined,
  mentioned: ReadonlySet<string>,
  faults: string[],
): Trust {
  const allowUnsigned = settings['allow-unsigned'];
  const expectsKey = mentioned.has('key-file') || mentioned.has('key-fd');
  if (key === undefined && !expectsKey && !mentioned.has('allow-unsigned')) {
    faults.push(
      'nobody to believe: give --key-file or --key-fd, or --allow-unsigned with --module-root',
    );
  } else if (key === undefined && !expectsKey && !allowUnsigned) {
    faults.push('nobody to believe: allow-unsigned is off, and there is no key-file');
  }
  if (allowUnsigned && !mentioned.has('module-root')) {
    faults.push(
      'allow-unsigned needs a module-root: without one every unsigned request is refused',
    );
  }
  return Object.freeze({
    key,
    allowUnsigned,
    moduleRoots: byteStrings(settings['module-root']),
    dirRoots: byteStrings(settings['dir-root']),
    dirRootsReadOnly: byteStrings(settings['dir-root-ro']),
    allowedHosts: Object.freeze(
      settings['allow-host'].flatMap((text) => parseHostRule(text) ?? []),
    ),
    allowSymlinks: settings['allow-symlinks'],
    allowSystemDirs: settings['allow-system-dirs'],
  });
}

/** Options are text; what is compared with params is one character per byte, in its shortest form. */
function byteStrings(texts: readonly string[]): readonly string[] {
  return Object.freeze(texts.map((text) => byteString(normalized(text) ?? text)));
}

function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}
