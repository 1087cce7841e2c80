// What `run` and `dev` give a program by their options: directories, variables, an entry point, limits.

import { resolve } from 'node:path';

import { HOST_FORMS, parseHostRule } from '../lib/config/hosts.js';
import { limitOptions } from '../lib/config/limitflags.js';
import { ConfigError } from '../lib/errors.js';
import type { HostRule, Preopen } from '../lib/run.js';
import { byteString } from './bytes.js';

/** The options for `yargs.options()`. */
export function grantOptions() {
  return {
    dir: {
      type: 'string',
      array: true,
      nargs: 1,
      description:
        'Directory to give the program, by the same name; DIR:ro for one that it may only read',
    },
    'map-dir': {
      type: 'string',
      array: true,
      nargs: 2,
      description: 'GUEST HOST: directory to give, by another name; HOST:ro as above',
    },
    ro: { type: 'boolean', default: false, description: 'Give all directories read-only' },
    env: { type: 'string', array: true, nargs: 1, description: 'K=V: environment variable' },
    'allow-host': {
      type: 'string',
      array: true,
      nargs: 1,
      description: 'WasmAllowHost: whom the program may ask, as https://api.example.org',
    },
    'entry-point': {
      type: 'string',
      default: '_start',
      description: 'Exported function to call',
    },
    ...limitOptions(),
  } as const;
}

const READ_ONLY = ':ro';

/** The directories of --dir and --map-dir, in fd order; what is Off in `rights` is left out, as the server does. */
export function preopensOf(
  dirs: readonly string[],
  pairs: readonly string[],
  rights: Partial<Pick<Preopen, 'readOnly' | 'symlinks'>>,
): Preopen[] {
  const mapped = pairs.flatMap((guest, index) => {
    const host = pairs[index + 1];
    return index % 2 === 0 && host !== undefined ? [preopenOf(host, rights, guest)] : [];
  });
  return [...dirs.map((dir) => preopenOf(dir, rights)), ...mapped];
}

/** @param guest its name there; by default as it is given */
function preopenOf(
  given: string,
  { readOnly = false, symlinks = false }: Partial<Pick<Preopen, 'readOnly' | 'symlinks'>>,
  guest?: string,
): Preopen {
  const isReadOnly = given.endsWith(READ_ONLY);
  const host = isReadOnly ? given.slice(0, -READ_ONLY.length) : given;
  return {
    guest: byteString(guest ?? host),
    host: byteString(resolve(host)),
    readOnly: readOnly || isReadOnly,
    ...(symlinks ? { symlinks } : {}),
  };
}

/** @throws ConfigError when one is nothing that WasmAllowHost takes */
export function hostRules(texts: readonly string[]): HostRule[] {
  return texts.map((text) => {
    const rule = parseHostRule(text);
    if (rule !== undefined) return rule;
    throw new ConfigError([`--allow-host must be ${HOST_FORMS}, not ${JSON.stringify(text)}`]);
  });
}

/** @throws ConfigError when it is not NAME=VALUE */
export function variable(text: string): readonly [name: string, value: string] {
  const [, name, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [byteString(name), byteString(value)];
  throw new ConfigError([`--env must be NAME=VALUE, not ${JSON.stringify(text)}`]);
}
