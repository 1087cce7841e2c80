// Every attack program, under either name of the preopen, alone and while others change the tree:
// nothing gets through, nothing outside changes, no descriptor stays, and the server serves on.

import { Ground, type Row } from './ground.js';
import { buildExchange, Exchange } from './props.js';

const WAIT = { status: 504, limitMs: 100 };

/** Programs that go by names: also while a native program changes the tree. */
const BY_NAME: Readonly<Record<string, Row>> = {
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
};

/** Programs whose target is the host: alone, and two of them at once. */
const BY_CALL: Readonly<Record<string, Row>> = {
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

for (const guest of ['/', '/sandbox']) {
  describe(`attacks on a preopen named ${guest}`, () => {
    let ground: Ground;
    let exchange: string;

    before(async () => {
      ground = await Ground.start(guest, { '--memory': '64MiB' });
      exchange = buildExchange(ground.bed.program.directory);
    });
    beforeEach(() => ground.plant());
    after(() => ground.clear());

    for (const [program, row] of Object.entries({ ...BY_NAME, ...BY_CALL })) {
      it(`${program}: held alone`, async () => {
        await ground.run(program, row);
        await ground.bed.held();
      });
      it(`${program}: held by two at once`, async () => {
        await Promise.all([ground.run(program, row), ground.run(program, row)]);
        await ground.bed.held();
      });
    }

    for (const [program, row] of Object.entries(BY_NAME)) {
      it(`${program}: held while a native program exchanges a directory and a symlink`, async () => {
        const other = await Exchange.start(exchange, ground.bed.inside);
        try {
          await ground.run(program, row);
        } finally {
          await other.stop();
        }
        await ground.bed.held();
      });
    }
  });
}
