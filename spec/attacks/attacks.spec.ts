// Every attack program, under either name of the preopen, alone and while others change the tree:
// nothing gets through, nothing outside changes, no descriptor stays, and the server serves on.

import { Ground } from './ground.js';
import { buildExchange, Exchange } from './props.js';
import { BY_CALL, BY_NAME } from './rows.js';

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
