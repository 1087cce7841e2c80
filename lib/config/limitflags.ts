// The limits of one run from a command line: the rows of the option table that concern a program.

import { ConfigError } from '../errors.js';
import type { Limits } from '../run.js';
import { type FlagOption, commandLineOptions, parseFlags } from './flags.js';
import { LIMIT_ROWS } from './limitrows.js';
import { limitsOf } from './limits.js';
import { settingsOf } from './options.js';

const NAMES: ReadonlySet<string> = new Set([...LIMIT_ROWS.map(({ name }) => name), 'module-size']);

export interface RunLimits {
  readonly limits: Limits;
  /** Size of a module file, bytes. */
  readonly moduleBytes: number;
}

/** The options for `yargs.options()`: those of `serve`, with the same defaults. */
export function limitOptions(): Record<string, FlagOption> {
  return Object.fromEntries(
    Object.entries(commandLineOptions()).filter(([name]) => NAMES.has(name)),
  );
}

/** @throws ConfigError with every fault */
export function limitsFromFlags(flags: Readonly<Record<string, unknown>>): RunLimits {
  const wanted = Object.entries(flags).filter(([name]) => NAMES.has(name));
  const { values, faults } = parseFlags(Object.fromEntries(wanted));
  if (faults.length > 0) throw new ConfigError(faults);
  const settings = settingsOf(values);
  return { limits: limitsOf(settings), moduleBytes: settings['module-size'] };
}
