// Lints of WasmServer, WasmKeyFile and WasmCommand: is there somebody to answer, and a key?

import { constants, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { isThere } from '../init/shell.js';
import { type Dump, type Line, type Server, lineFor, linesOf } from './dump.js';
import { type Finding, finding, hint } from './finding.js';
import { type Identity, READ, WRITE, whatForbids } from './permission.js';

/** Where spawn.c looks for a WasmCommand. */
const COMMAND_PLACES = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

export async function lintServers(dump: Dump, user: Identity | undefined): Promise<Finding[]> {
  const used = [...dump.servers.values()].filter((server) => server.used === 1);
  const found = [
    ...lackingModules(dump),
    ...used.flatMap((server) => withoutKey(dump, server)),
    ...(await Promise.all(used.map((server) => socketFindings(dump, server, user)))).flat(),
    ...(await fcgidKeys(dump, used, user)),
    ...(used.some(({ mode }) => mode === 'auto') ? await commandFindings(dump) : []),
    ...withoutAuthorization(dump),
  ];
  const seen = new Set<string>();
  return found.filter(({ place, wrong }) => !seen.has(place + wrong) && seen.add(place + wrong));
}

/** The line that a fault of the whole configuration is told at. */
function firstUse(dump: Dump): Line | string {
  const line = [...dump.lines.values()].find(
    ({ directive, words }) => directive.startsWith('Wasm') || words.includes('wasm-handler'),
  );
  return line ?? 'the configuration';
}

function lackingModules(dump: Dump): Finding[] {
  const faults = dump.faults.map((text) => {
    const [, place, fault = text] = /^(\S+:\d+): (.*)$/.exec(text) ?? [];
    const key = linesOf(dump, 'WasmKeyFile').find(({ path }) => fault.includes(` ${path}: `));
    return finding(place ?? key ?? firstUse(dump), fault, remedyFor(fault));
  });
  const unknown = dump.unknown.map(({ directive, place }) =>
    finding(
      place,
      `no module that is loaded knows ${directive}: httpd will not start`,
      'load its module, or take the line out',
    ),
  );
  return [...faults, ...unknown];
}

/** For what the module itself finds at fault. */
function remedyFor(fault: string): string {
  const [, module] = /needs mod_(\w+): add/.exec(fault) ?? [];
  if (module !== undefined) {
    return `LoadModule ${module}_module modules/mod_${module}.so (Debian: a2enmod ${module})`;
  }
  const [, key] = /^WasmKeyFile (.*): (?!belongs)/.exec(fault) ?? [];
  if (key !== undefined) return `openssl rand -hex 32 > ${key} && chmod 0640 ${key}`;
  return 'correct it as the message says';
}

function withoutKey(dump: Dump, server: Server): Finding[] {
  if (server.mode === 'auto' || server.keyFile !== null) return [];
  return [
    finding(
      lineFor(dump, 'WasmServer', server.id) ?? firstUse(dump),
      'params are not signed (no WasmKeyFile), and the responder refuses them',
      'WasmKeyFile /etc/wasm-fcgi/key, the file that its --key-file names',
    ),
  ];
}

async function socketFindings(
  dump: Dump,
  { id, mode, target }: Server,
  user: Identity | undefined,
): Promise<Finding[]> {
  if (mode !== 'unix' || target === null) return [];
  const line = lineFor(dump, 'WasmServer', id) ?? firstUse(dump);
  const found = await stat(target).catch((error: NodeJS.ErrnoException) => error.code ?? '');
  if (found === 'ENOENT' || found === 'ENOTDIR') {
    const write = `systemctl start wasm-fcgi, or wasm-fcgi serve --listen unix:${target}`;
    return [finding(line, `nobody listens at ${target}: requests get 503`, write)];
  }
  if (typeof found === 'string') return [];
  if (!found.isSocket()) {
    return [finding(line, `${target} is not a socket: requests get 503`, 'name its socket')];
  }
  if ((found.mode & 0o002) !== 0) {
    const write = 'socket-mode = 0660 and socket-group in [server] of wasm-fcgi.ini';
    return [finding(line, `everybody may connect to ${target}`, write)];
  }
  const forbids = user && (await whatForbids(user, target, READ | WRITE));
  if (user === undefined || forbids === undefined) return [];
  const wrong = `${user.name}, whom httpd runs as, may not connect to ${target} (${forbids}): requests get 503`;
  return [finding(line, wrong, 'socket-group in [server] of wasm-fcgi.ini: a group of that user')];
}

/** mod_fcgid starts the responder as httpd's user, which then reads the key. */
async function fcgidKeys(
  dump: Dump,
  used: readonly Server[],
  user: Identity | undefined,
): Promise<Finding[]> {
  if (user === undefined) return [];
  const found = used.map(async ({ id, mode, keyFile }) => {
    const line = lineFor(dump, 'WasmKeyFile', id);
    if (mode !== 'fcgid' || keyFile === null || line === undefined) return [];
    const forbids = await whatForbids(user, keyFile, READ);
    if (forbids === undefined) return [];
    const wrong = `WasmKeyFile ${keyFile}: ${user.name}, who runs the responder, may not read it (${forbids})`;
    return [finding(line, wrong, `chgrp ${user.name} ${keyFile} && chmod 0640 ${keyFile}`)];
  });
  return (await Promise.all(found)).flat();
}

async function commandFindings(dump: Dump): Promise<Finding[]> {
  const line = linesOf(dump, 'WasmCommand').at(-1);
  const name = line?.words[0] ?? 'wasm-fcgi';
  const places = name.includes('/') ? [name] : COMMAND_PLACES.map((place) => join(place, name));
  const found = await Promise.all(places.map((place) => isThere(place, constants.X_OK)));
  if (found.includes(true)) return [];
  const where = name.includes('/') ? '' : ` in ${COMMAND_PLACES.join(', ')}`;
  return [
    finding(
      line ?? firstUse(dump),
      `httpd finds no program ${name}${where} to start as the responder`,
      'WasmCommand /path/to/wasm-fcgi serve',
    ),
  ];
}

function withoutAuthorization(dump: Dump): Finding[] {
  if (linesOf(dump, 'CGIPassAuth').length > 0) return [];
  const cgi = linesOf(dump, 'WasmEnableCGI').find(({ words }) => words[0]?.toLowerCase() === 'on');
  if (cgi === undefined) return [];
  return [
    hint(
      cgi,
      'programs get no Authorization header from httpd (CGIPassAuth is off)',
      'CGIPassAuth On in the same section, if a program checks passwords itself',
    ),
  ];
}
