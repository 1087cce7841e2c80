// How each attack program is run, and what its answer must be.

import type { Row } from './ground.js';

const WAIT = { status: 504, limitMs: 100 };

/** Programs that go by names: also while a native program changes the tree. */
export const BY_NAME: Readonly<Record<string, Row>> = {
  names: { tries: 2000 },
  'names-unstable': { tries: 2000 },
  bytes: { tries: 2000 },
  links: { tries: 2000 },
  'links-unstable': { tries: 2000 },
  symlinks: { tries: 300 },
  moved: { tries: 500 },
  special: { tries: 2000 },
  libc: { tries: 1000 },
  hardlinks: { tries: 20, second: 'other' },
  readdir: { tries: 1000 },
  readonly: { tries: 2000, readOnly: true, second: 'same' },
  stale: { tries: 400, second: 'other' },
  opened: { tries: 200, second: 'other' },
};

/** Programs whose target is the host: alone, and two of them at once. */
export const BY_CALL: Readonly<Record<string, Row>> = {
  stdio: { tries: 400 },
  vectors: { tries: 60 },
  raise: { tries: 260 },
  pointers: { tries: 200 },
  rights: { tries: 50, second: 'other' },
  exhaust: { tries: 400 },
  times: { tries: 150 },
  grow: { tries: 300 },
  // Code 3 and no output.
  'left exit': { how: 'exit', status: 502 },
  'left trap': { how: 'trap', status: 500 },
  'left stack': { how: 'stack', status: 500 },
  'left loop': { how: 'loop', ...WAIT },
  'left walk': { how: 'walk', ...WAIT },
  'left wait': { how: 'wait', ...WAIT },
  'wait hour': { how: 'hour', ...WAIT },
  'wait longest': { how: 'longest', ...WAIT },
  'wait many': { how: 'many', ...WAIT },
  'wait absolute': { how: 'absolute', ...WAIT },
  'wait short': { how: 'short', ...WAIT },
  swallow: WAIT,
  early: { tries: 3 },
};
