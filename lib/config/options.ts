// The one table of the options of `serve`. Checks, help, ini and reference read from it.

import { LOG_LEVELS } from '../log.js';
import { CEILING_ROWS, LIMIT_ROWS, type LimitName } from './limitrows.js';
import type { OptionRow, OptionValue } from './option.js';
import { parseOption } from './option.js';

const GIB = 1_073_741_824;
const HOUR_MS = 3_600_000;

const ROWS = [
  // What the server is.
  {
    name: 'config',
    type: 'path',
    defaultNote: '/etc/wasm-fcgi/wasm-fcgi.ini, if it is there',
    description: 'The ini file to read. The command line wins over it.',
  },
  {
    name: 'listen',
    type: 'listen',
    section: 'server',
    repeatable: true,
    defaultNote: 'fd:0, if that is a socket',
    description:
      'Where to take connections: unix:/path, 127.0.0.1:9000, [::1]:9000, or fd:0 for a listening socket that the parent process opened. TCP on loopback addresses only.',
  },
  {
    name: 'socket-mode',
    type: 'mode',
    section: 'server',
    default: '0660',
    description: 'Permissions of the unix sockets that are made.',
  },
  {
    name: 'socket-group',
    type: 'text',
    section: 'server',
    description:
      'Group of the unix sockets that are made, by name or number: that of the web server, whose processes could not connect to a socket of root and its group.',
  },
  {
    name: 'user',
    type: 'text',
    section: 'server',
    description: 'User to run as, by name or number. Needed, and not root, when started as root.',
  },
  {
    name: 'group',
    type: 'text',
    section: 'server',
    defaultNote: 'the main group of the user',
    description: 'Group to run as, by name or number.',
  },
  {
    name: 'workers',
    type: 'integer',
    section: 'server',
    min: 1,
    max: 1024,
    defaultNote: 'twice the processor cores, at least 4',
    over: 'requests wait in the queue',
    description: 'Programs that run at the same time; each has a thread of its own.',
  },
  {
    name: 'queue',
    type: 'integer',
    section: 'server',
    default: '128',
    min: 0,
    max: 65_536,
    over: '503 with Retry-After',
    description: 'Requests that may wait for a worker.',
  },
  {
    name: 'queue-timeout',
    type: 'duration',
    section: 'server',
    default: '10s',
    min: 1,
    max: HOUR_MS,
    over: '503 with Retry-After',
    description: 'How long a request may wait for a worker.',
  },
  {
    name: 'connections',
    type: 'integer',
    section: 'server',
    default: '256',
    min: 1,
    max: 65_536,
    over: '503 with Retry-After',
    description: 'FastCGI connections that are served at a time.',
  },
  {
    name: 'spool',
    type: 'size',
    section: 'server',
    default: '1GiB',
    min: 0,
    description:
      'Disk for output that slow clients have not taken, so that their programs can end while others wait for a worker; a sixteenth for one answer. 0: none, programs wait for their clients.',
  },
  {
    name: 'spool-dir',
    type: 'path',
    section: 'server',
    default: '/var/tmp',
    description: 'Directory for that. Its files have no names and are gone with their request.',
  },
  {
    name: 'snapshot-dir',
    type: 'path',
    section: 'server',
    defaultNote: 'wasm-fcgi-snapshots-UID in spool-dir',
    description:
      'Directory where snapshots are kept; it is made if need be. It must belong to the user that the server runs as, and nobody else may write to it, so pools need one each.',
  },
  {
    name: 'snapshot-memory',
    type: 'size',
    section: 'server',
    default: '512MiB',
    min: 0,
    over: 'those not asked for in the last minute go; without room for it, a program runs as without',
    description:
      'Memory of the programs that WasmSnapshot has started, of all routes together. What each thread copies of it comes on top, at most 128 MiB for one.',
  },
  {
    name: 'preload',
    type: 'path',
    section: 'server',
    repeatable: true,
    description:
      'Module to load at the start. It is run once without arguments, environment, directories and body, and what it writes is dropped, so that an interpreter is compiled before its first request. mod_wasm names the modules of its configuration.',
  },
  {
    name: 'outgoing-connections',
    type: 'integer',
    section: 'server',
    default: '256',
    min: 0,
    max: 65_536,
    over: 'connection-limit-reached to the program',
    description:
      'Requests that all programs together may make to others at a time. Each has a connection of its own.',
  },
  {
    name: 'ca-file',
    type: 'path',
    section: 'server',
    description:
      'File with certificates (PEM) of authorities to trust in outgoing https, besides those that Node.js has.',
  },
  {
    name: 'drain-timeout',
    type: 'duration',
    section: 'server',
    default: '30s',
    min: 0,
    max: HOUR_MS,
    description: 'After SIGTERM: how long running requests may take to end.',
  },
  {
    name: 'pid-file',
    type: 'path',
    section: 'server',
    wholeServer: true,
    description: 'File to write the process id to.',
  },
  {
    name: 'log-level',
    type: 'choice',
    section: 'server',
    choices: LOG_LEVELS,
    default: 'info',
    description: 'The least important events that are logged.',
  },
  {
    name: 'error-details',
    type: 'flag',
    section: 'server',
    default: 'off',
    description:
      'Show the cause of an error to visitors too: code, reason, what the program wrote to its standard error. For development.',
  },
  // What one request may use up.
  ...LIMIT_ROWS,
  {
    name: 'module-size',
    type: 'size',
    section: 'limits',
    default: '64MiB',
    min: 8,
    max: GIB,
    over: '500',
    description: 'Size of a module file.',
  },
  {
    name: 'params-size',
    type: 'size',
    section: 'limits',
    default: '1MiB',
    min: 1_024,
    max: GIB,
    over: '431',
    description: 'Bytes of the FastCGI params of a request.',
  },
  {
    name: 'params-timeout',
    type: 'duration',
    section: 'limits',
    default: '10s',
    min: 1,
    max: HOUR_MS,
    over: '408',
    description: 'How long the params of a begun request may take to come.',
  },
  // Whom the server believes.
  {
    name: 'key-file',
    type: 'path',
    section: 'trust',
    description:
      'File with the key that the Apache module signs with (WasmKeyFile): at least 32 characters, not readable by everybody. Read at the start, not at a reload.',
  },
  {
    name: 'key-fd',
    type: 'integer',
    min: 3,
    max: 1_023,
    description: 'File descriptor to read the key from, to its end. Apache gives it by itself.',
  },
  {
    name: 'serving-fd',
    type: 'integer',
    min: 3,
    max: 1_023,
    description:
      'File descriptor to write a byte to, and to close, when no more connections are taken: time to start a successor on the same socket. Apache gives it by itself.',
  },
  {
    name: 'pool',
    type: 'text',
    description:
      'Name of the pool that this process serves. It then stands in every log line, no ini file is read unless named, and the process drains when its standard input ends. A server with [pool] sections gives it by itself.',
  },
  {
    name: 'allow-unsigned',
    type: 'flag',
    section: 'trust',
    default: 'off',
    description:
      'Believe params without a signature (nginx, lighttpd, FcgidWrapper), inside module-root, dir-root and dir-root-ro. Whoever can connect to the socket can then run what lies there.',
  },
  {
    name: 'module-root',
    type: 'path',
    section: 'trust',
    repeatable: true,
    description: 'Unsigned: directory whose modules may be run. None means none.',
  },
  {
    name: 'dir-root',
    type: 'path',
    section: 'trust',
    repeatable: true,
    description:
      'Unsigned: directory that, with all below, programs may be given to read and write.',
  },
  {
    name: 'dir-root-ro',
    type: 'path',
    section: 'trust',
    repeatable: true,
    description: 'Unsigned: directory that, with all below, programs may be given to read.',
  },
  {
    name: 'allow-host',
    type: 'host',
    section: 'trust',
    repeatable: true,
    description:
      'Unsigned params, and .htaccess files that WasmAllowOverride Hosts permits it: the most that their WasmAllowHost may allow. None means none for the former, and any public address for the latter.',
  },
  {
    name: 'allow-symlinks',
    type: 'flag',
    section: 'trust',
    default: 'off',
    description:
      'Let programs make symlinks, relative ones, where they may write. No program can leave its directories by one; a web server, backup or shell that follows it can.',
  },
  {
    name: 'allow-system-dirs',
    type: 'flag',
    section: 'trust',
    default: 'off',
    description:
      'Let programs be given /, /proc, /sys, /dev or /run, or what is below the last four. With / in reach there is no sandbox left but file permissions.',
  },
] as const satisfies readonly OptionRow[];

type Row = (typeof ROWS)[number];
type Scalar<R extends Row> = R['type'] extends 'integer' | 'duration' | 'size' | 'mode'
  ? number
  : R['type'] extends 'flag'
    ? boolean
    : R extends { choices: readonly (infer Choice)[] }
      ? Choice
      : string;
type ValueOf<R extends Row> = R extends { repeatable: true }
  ? readonly Scalar<R>[]
  : R extends { default: string }
    ? Scalar<R>
    : Scalar<R> | undefined;

/** Every option by name with its value, in the units of the row: ms, bytes. */
export type Settings = { readonly [R in Row as R['name']]: ValueOf<R> } & {
  readonly [N in LimitName as `max-${N}`]: number;
};

/** The table. A row that nobody could look up, or whose default is wrong, ends the program at once. */
export const OPTIONS: readonly OptionRow[] = checkedTable([...ROWS, ...CEILING_ROWS]);

/** @throws Error for a row without description, with a bad default, or with a name that was taken */
export function checkedTable(rows: readonly OptionRow[]): readonly OptionRow[] {
  const names = new Set<string>();
  for (const row of rows) {
    if (row.description.trim() === '') throw new Error(`option ${row.name} has no description`);
    if (names.has(row.name)) throw new Error(`option ${row.name} is there twice`);
    if (row.default !== undefined && !('value' in parseOption(row, row.default))) {
      throw new Error(`option ${row.name} cannot default to ${row.default}`);
    }
    names.add(row.name);
  }
  return rows;
}

/**
 * All settings: given values, else defaults. The values must have been parsed by `parseOption`.
 * The one place where names from outside meet the type.
 */
export function settingsOf(given: ReadonlyMap<string, readonly OptionValue[]>): Settings {
  const entries = OPTIONS.map((row): [string, unknown] => {
    const values = given.get(row.name) ?? defaultOf(row);
    return [row.name, row.repeatable === true ? values : values.at(-1)];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made of every row of the table
  return Object.freeze(Object.fromEntries(entries)) as Settings;
}

function defaultOf(row: OptionRow): OptionValue[] {
  const parsed = row.default === undefined ? undefined : parseOption(row, row.default);
  return parsed !== undefined && 'value' in parsed ? [parsed.value] : [];
}
