// Which function of a component a run begins with.

import type { Func } from './canon.js';
import type { World } from './definition.js';
import type { Linked } from './link.js';

const COMMAND = 'wasi:cli/run#run';
const HANDLER = 'wasi:http/incoming-handler#handle';

/**
 * The function, or why there is none.
 * @param wanted `_start`, which no component has, stands for what its world is run by
 */
export function entryPointOf(
  { exports }: Pick<Linked, 'exports'>,
  world: World,
  wanted: string,
): Func | string {
  const name = wanted !== '_start' ? wanted : world === 'handler' ? HANDLER : COMMAND;
  const func = exports.get(name);
  if (func === undefined) {
    const names = [...exports].flatMap(([one, { type }]) => (type.params.length === 0 ? one : []));
    const offer = names.length === 0 ? '' : `; it could start at ${names.slice(0, 5).join(', ')}`;
    return `it does not export the entry point ${name}${offer}`;
  }
  const takes = func.type.params.length;
  if (name === HANDLER || takes === 0) return func;
  return `its entry point ${name} takes ${takes} parameters, expected none`;
}
