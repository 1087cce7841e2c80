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
      description: 'Directory to give the program, by the same name',
    },
    'map-dir': {
      type: 'string',
      array: true,
      nargs: 2,
      description: 'GUEST HOST: directory to give, by another name',
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

/** The directories of --dir and --map-dir, in fd order. */
export function preopensOf(
  dirs: readonly string[],
  pairs: readonly string[],
  rights: Pick<Preopen, 'readOnly' | 'symlinks'>,
): Preopen[] {
  const mapped = pairs.flatMap((guest, index) => {
    const host = pairs[index + 1];
    return index % 2 === 0 && host !== undefined ? [[guest, host] as const] : [];
  });
  return [...dirs.map((dir) => [dir, dir] as const), ...mapped].map(([guest, host]) => ({
    guest: byteString(guest),
    host: byteString(resolve(host)),
    ...rights,
  }));
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
