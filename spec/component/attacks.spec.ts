// Attack programs of preview1 in the adapter that makes them components: the host of WASI 0.2 holds them.

import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { Ground, type Row } from '../attacks/ground.js';
import { Exchange, buildExchange } from '../attacks/props.js';

const ADAPTED = 'spec/component/adapted';
const WAIT = { status: 504, limitMs: 100 };

const BY_NAME: Readonly<Record<string, Row>> = {
  names: { tries: 2000 },
  links: { tries: 2000 },
  special: { tries: 2000 },
  libc: { tries: 1000 },
  readdir: { tries: 1000 },
  readonly: { tries: 2000, readOnly: true, second: 'same' },
  stale: { tries: 400, second: 'other' },
};

const BY_CALL: Readonly<Record<string, Row>> = {
  times: { tries: 150 },
  'wait hour': { how: 'hour', ...WAIT },
  'wait longest': { how: 'longest', ...WAIT },
  'wait many': { how: 'many', ...WAIT },
  'wait absolute': { how: 'absolute', ...WAIT },
};

function guestOf(program: string): Uint8Array {
  return readFileSync(`${ADAPTED}/${program.split(' ')[0] ?? ''}.wasm`);
}

describe('attacks by components', () => {
  let ground: Ground;
  let exchange: string;

  before(async () => {
    ground = await Ground.start('/', { '--memory': '64MiB' });
    exchange = buildExchange(ground.bed.program.directory);
  });
  beforeEach(() => ground.plant());
  after(() => ground.clear());

  it('are all run', () => {
    const programs = Object.keys({ ...BY_NAME, ...BY_CALL }).map((name) => name.split(' ')[0]);
    const files = readdirSync(ADAPTED).map((file) => file.replace('.wasm', ''));
    expect(files).to.have.members([...new Set(programs)]);
  });

  for (const [program, row] of Object.entries({ ...BY_NAME, ...BY_CALL })) {
    it(`${program}: held`, async () => {
      await ground.run(program, row, guestOf(program));
      await ground.bed.held();
    });
  }

  for (const [program, row] of Object.entries(BY_NAME)) {
    it(`${program}: held while a native program exchanges a directory and a symlink`, async () => {
      const other = await Exchange.start(exchange, ground.bed.inside);
      try {
        await ground.run(program, row, guestOf(program));
      } finally {
        await other.stop();
      }
      await ground.bed.held();
    });
  }
});
