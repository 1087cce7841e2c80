// `wasm-fcgi snapshot`: takes the snapshot of a program ahead of time, or says why it can have none.

import { basename, resolve } from 'node:path';

import yargs, { type Argv } from 'yargs';

import { limitsFromFlags } from '../lib/config/limitflags.js';
import { snapshotDirectoryOf } from '../lib/config/paths.js';
import { ConfigError, RequestError } from '../lib/errors.js';
import { readModuleFile } from '../lib/module/file.js';
import { buildSnapshot } from '../lib/snapshot/builder.js';
import type { Built, Refused } from '../lib/snapshot/contract.js';
import { watchedStates } from '../lib/snapshot/watched.js';
import { byteString } from './bytes.js';
import { grantOptions, preopensOf, variable } from './grant.js';
import { harmless, styler, withProgress } from './terminal.js';

/** As env(1) has them: there is such a file and it is not fit, there is none. */
const EXIT = { refused: 1, notFound: 127 };

/** The options of `snapshot`; they end at MODULE, all that follows is the program's. */
export function snapshotOptions(args: Argv) {
  const { 'allow-host': _hosts, ...granted } = grantOptions();
  return args
    .usage(
      '$0 snapshot [options] MODULE [args…]\n\nTakes the snapshot that WasmSnapshot On would take, tells what it saves, and keeps it for the server.',
    )
    .parserConfiguration({
      'halt-at-non-option': true,
      'camel-case-expansion': false,
      'parse-positional-numbers': false,
    })
    .options({
      ...granted,
      watch: {
        type: 'string',
        array: true,
        nargs: 1,
        description: 'WasmSnapshotWatch: file or directory whose change makes it out of date',
      },
      'spool-dir': {
        type: 'string',
        default: '/var/tmp',
        description: 'As of the server, which looks for it there',
      },
      'snapshot-dir': {
        type: 'string',
        description: 'As of the server, where that has one',
      },
      symlinks: {
        type: 'boolean',
        default: false,
        description: 'For a server with allow-symlinks',
      },
      json: { type: 'boolean', default: false, description: 'Print the result as JSON' },
    })
    .example(
      '$0 snapshot --map-dir /app .:ro --map-dir /data /srv/data python.wasm /app/page.py',
      'WasmMapDirReadOnly /app, WasmMapDir /data',
    )
    .example(
      'runuser -u www-data -- $0 snapshot php-cgi.wasm',
      'For a server that runs as this user',
    )
    .strictOptions()
    .version(false)
    .wrap(100);
}

/**
 * Takes the snapshot of one program.
 * @param words the command line after `snapshot`
 * @returns the exit code
 * @throws ConfigError for a wrong command line; Error when it failed for no fault of the program
 */
export async function snapshot(words: readonly string[]): Promise<number> {
  const flags = await snapshotOptions(yargs([...words]).scriptName('wasm-fcgi'))
    .fail((message, error) => {
      throw error ?? new ConfigError([`snapshot: ${message} Try snapshot --help.`]);
    })
    .parseAsync();
  const [file, ...args] = flags._.map(String);
  if (file === undefined) throw new ConfigError(['snapshot: name the module']);
  const { limits, moduleBytes } = limitsFromFlags(flags);
  const module = byteString(resolve(file));
  try {
    const { sha256 } = await readModuleFile(module, undefined, moduleBytes);
    const watch = (flags.watch ?? []).map((path) => byteString(resolve(path)));
    const program = {
      module,
      below: undefined,
      sha256,
      args: [basename(file), ...args].map(byteString),
      env: (flags.env ?? []).map((text) => variable(text).join('=')),
      preopens: preopensOf(flags.dir ?? [], flags['map-dir'] ?? [], {
        readOnly: flags.ro,
        symlinks: flags.symlinks,
      }),
      entryPoint: flags['entry-point'],
      limits,
      watched: watchedStates(watch.map((path) => ({ path }))),
    };
    const { 'spool-dir': spool, 'snapshot-dir': own } = flags;
    const directory = snapshotDirectoryOf({
      spoolDirectory: resolve(spool),
      snapshotDirectory: own === undefined ? undefined : resolve(own),
    });
    const result = await withProgress(`taking the snapshot of ${file}`, () =>
      buildSnapshot({ program, directory, moduleBytes }),
    );
    tell(file, result, flags.json);
    return 'reason' in result ? EXIT.refused : 0;
  } catch (thrown) {
    if (!(thrown instanceof RequestError)) throw thrown;
    process.stderr.write(`wasm-fcgi: ${thrown.message}\n`);
    return thrown.code === 'MODULE_NOT_FOUND' ? EXIT.notFound : EXIT.refused;
  }
}

function tell(file: string, result: Built | Refused, asJson: boolean): void {
  if (asJson) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else if ('reason' in result) {
    const { reason, change } = result;
    const style = styler(process.stderr);
    process.stderr.write(
      `wasm-fcgi: ${style('red', `${harmless(file)} can have no snapshot`)}: ${harmless(reason)}\n` +
        `What to do: ${harmless(change)}\n`,
    );
  } else {
    const { bootMs, requestMs, megabytes, cachedAs } = result;
    const style = styler(process.stdout);
    process.stdout.write(
      `${style('bold', harmless(file))}: ${style('green', 'a snapshot is ready')}\n` +
        `  before   ${bootMs.toFixed(1)} ms until the program reads its request\n` +
        `  now      ${requestMs.toFixed(1)} ms\n` +
        `  memory   ${megabytes.toFixed(1)} MB, once, and as much again for each thread that serves it\n` +
        `  kept in  ${cachedAs}\n`,
    );
  }
}
