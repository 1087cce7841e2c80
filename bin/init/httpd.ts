// What httpd there is, by its own words: binary, version, MPM, configuration files, modules, user.

import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { ConfigError } from '../../lib/errors.js';
import { type Account, isThere, programCalled, runCommand } from './shell.js';

const NAMES = ['apache2', 'httpd'];
const PLACES = ['/usr/local/apache2/bin', '/opt/apache2/bin'];
const DUMPS = ['DUMP_INCLUDES', 'DUMP_RUN_CFG', 'DUMP_MODULES'].flatMap((name) => ['-D', name]);

export interface Httpd {
  readonly binary: string;
  /** What takes httpd's options: the binary itself, or Debian's apache2ctl, which knows its variables. */
  readonly control: string;
  /** `Apache/2.4.71 (Debian)` */
  readonly version: string;
  /** Absent where it does not say so: its configuration does not load. */
  readonly mpm: string | undefined;
  /** Its interface for modules: `20120211:142`. */
  readonly abi: string;
  /** The main configuration file. */
  readonly config: string;
  /** All configuration files that are read, the main one first. */
  readonly includes: readonly string[];
  /** Names of loaded modules: `proxy_module`. */
  readonly modules: ReadonlySet<string>;
  /** Whom its children and the responder run as; absent when httpd does not change its user. */
  readonly user: (Account & { readonly name: string }) | undefined;
  readonly isRunning: boolean;
  /** What `httpd -t` says against the configuration as it is; absent when it passes. */
  readonly fault: string | undefined;
}

/** The httpd of this system, or of --httpd. Absent when there is none. */
export async function findHttpd(given: string | undefined): Promise<Httpd | undefined> {
  const binary = given ?? (await programCalled(NAMES, PLACES));
  if (binary === undefined) return undefined;
  if (!(await isThere(binary))) throw new ConfigError([`init: --httpd ${binary}: no such file`]);
  const ctl = join(dirname(binary), 'apache2ctl');
  const control = basename(binary) === 'apache2' && (await isThere(ctl)) ? ctl : binary;
  const about = (await runCommand([control, '-V'])).output;
  const version = /Server version: *(.*)/.exec(about)?.[1];
  if (version === undefined)
    throw new ConfigError([`init: ${binary} does not answer -V as httpd does: ${about}`]);
  const dump = await runCommand([control, '-t', ...DUMPS]);
  const text = dump.stdout;
  const includes = [...text.matchAll(/^ +\((?:\*|\d+)\) (.*)$/gm)].map(([, file = '']) => file);
  return {
    binary,
    control,
    version,
    mpm: /Server MPM: *(\w+)/.exec(about)?.[1],
    abi: /Module Magic Number: *(\S+)/.exec(about)?.[1] ?? '',
    config: includes[0] ?? compiledIn(about),
    includes,
    modules: new Set([...text.matchAll(/^ (\w+_module) \(/gm)].map(([, name = '']) => name)),
    user: userOf(text),
    isRunning: await isRunning(/^PidFile: "(.*)"/m.exec(text)?.[1]),
    fault: dump.ok ? undefined : faultOf(dump.stderr),
  };
}

/** The words that check the configuration, as its manual names them. */
export function configtest({ control, binary }: Httpd): string[] {
  return control === binary ? [binary, '-t'] : [control, 'configtest'];
}

/** `http://localhost:8080`, by the first plain Listen line. */
export async function originOf({ includes }: Httpd): Promise<string> {
  for (const file of includes) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const [, address = '*', port] =
      /^\s*Listen\s+"?(?:(\S+):)?(\d+)"?\s*(?:http)?\s*$/im.exec(text) ?? [];
    if (port === undefined) continue;
    const host = /^(?:\*|0\.0\.0\.0|127\.0\.0\.1|\[::1?\])$/.test(address) ? 'localhost' : address;
    return `http://${host}${port === '80' ? '' : `:${port}`}`;
  }
  return 'http://localhost';
}

function compiledIn(about: string): string {
  const value = (name: string): string => new RegExp(`${name}="(.*)"`).exec(about)?.[1] ?? '';
  return join(value('HTTPD_ROOT'), value('SERVER_CONFIG_FILE'));
}

/** In one line, without what it says about the host's name. */
function faultOf(text: string): string {
  const lines = text.split('\n').filter((line) => !/^AH0055[78]/.test(line));
  return lines.join(' ') || 'it does not say why';
}

/** httpd changes its user only when root starts it. */
function userOf(text: string): Httpd['user'] {
  const id = (what: string): [string, number] | undefined => {
    const [, name = '', number] =
      new RegExp(`^${what}: name="(.*)" id=(\\d+)`, 'm').exec(text) ?? [];
    return number === undefined ? undefined : [name, Number(number)];
  };
  const [user, group] = [id('User'), id('Group')];
  if (user === undefined || group === undefined || process.getuid?.() !== 0) return undefined;
  return { name: user[0], uid: user[1], gid: group[1] };
}

async function isRunning(pidFile: string | undefined): Promise<boolean> {
  const pid = pidFile === undefined ? '' : await readFile(pidFile, 'utf8').catch(() => '');
  return /^\d+\s*$/.test(pid) && isThere(`/proc/${pid.trim()}`);
}
