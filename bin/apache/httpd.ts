// Asks the installed httpd about a configuration. It starts nothing and writes nothing.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { ConfigError } from '../../lib/errors.js';
import { isThere, programCalled, runCommand } from '../init/shell.js';
import { type Dump, readDump } from './dump.js';

export interface Httpd {
  /** The server itself, absolute: `apache2` or `httpd`. */
  readonly binary: string;
  /** The configuration, absolute. */
  readonly file: string;
  /** Shell files that a distribution's apachectl reads first. */
  readonly variables: readonly string[];
  /** The -d of httpd, where apachectl gives one. */
  readonly root?: string;
}

export interface Answer {
  readonly dump: Dump;
  /** Exit code, or the signal that ended it. */
  readonly ended: number | NodeJS.Signals;
  /** Its standard error, by line. */
  readonly said: readonly string[];
}

const NAMES = ['apache2', 'httpd'];
const PLACES = ['/usr/local/apache2/bin', '/opt/apache2/bin'];
/** For one that waits, say, for a name server. */
const DEADLINE_MS = 120_000;
const SOURCING = 'while [ "$1" != -- ]; do . "$1"; shift; done; shift; exec "$@"';

/**
 * Finds the httpd for a configuration, and what its apachectl would give it.
 * @param file the configuration; empty for the one that this httpd reads by itself
 * @param given path of httpd, else the first of `apache2` and `httpd` that is found
 * @throws ConfigError when one of both is missing
 */
export async function findHttpd(file: string, given?: string): Promise<Httpd> {
  const binary = given === undefined ? await programCalled(NAMES, PLACES) : resolve(given);
  if (binary === undefined)
    throw new ConfigError(['check: there is no apache2 or httpd here; name it with --httpd']);
  if (!(await isThere(binary, constants.X_OK)))
    throw new ConfigError([`check: --httpd ${binary}: no such program`]);
  const conf = file === '' ? await ownFile(binary) : resolve(file);
  if (!(await isThere(conf))) throw new ConfigError([`check: --apache ${conf}: no such file`]);
  const beside = join(dirname(conf), 'envvars');
  const isDebian = await isThere(beside);
  const variables = [join(dirname(binary), 'envvars')];
  const found = (await isThere(variables[0] ?? '')) ? variables : [];
  return {
    binary,
    file: conf,
    variables: isDebian ? [...found, beside] : found,
    ...(isDebian && { root: dirname(conf) }),
  };
}

/** Reads the configuration; with a URL also what becomes of it. */
export async function askHttpd(httpd: Httpd, url?: string): Promise<Answer> {
  const { binary, file, variables, root } = httpd;
  const words = [binary, ...(root === undefined ? [] : ['-d', root]), '-f', file];
  const child = spawn(
    '/bin/sh',
    ['-c', SOURCING, 'sh', ...variables, '--', ...words, '-M', '-D', 'DUMP_WASM'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: DEADLINE_MS,
      env: {
        ...process.env,
        ...(root !== undefined && { APACHE_CONFDIR: root }),
        ...(url !== undefined && { WASM_DUMP_URL: url }),
      },
    },
  );
  let output = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code, signal]: [number | null, NodeJS.Signals | null] = await closed(child);
  return {
    dump: readDump(output),
    ended: signal ?? code ?? 1,
    said: said.split('\n').filter((line) => line !== ''),
  };
}

async function closed(
  child: ReturnType<typeof spawn>,
): Promise<[number | null, NodeJS.Signals | null]> {
  const [code, signal] = await once(child, 'close');
  return [code, signal];
}

/** The file that `httpd -V` names. */
async function ownFile(binary: string): Promise<string> {
  const { output: text } = await runCommand([binary, '-V']);
  const valueOf = (name: string): string => new RegExp(`${name}="(.*)"`).exec(text)?.[1] ?? '';
  return resolve(valueOf('HTTPD_ROOT'), valueOf('SERVER_CONFIG_FILE'));
}
