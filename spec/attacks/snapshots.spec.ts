// The attack programs from snapshots: each has read its request, and attacks then, on memory and
// descriptors that were made as they stood there. The same is held as when they start afresh.

import { expect } from 'chai';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ground, type Row, countOf } from './ground.js';
import { buildExchange, Exchange } from './props.js';
import { BY_CALL, BY_NAME } from './rows.js';

/** It attacks from its start function: there is no snapshot of such a program. */
const { early, ...others } = BY_CALL;

describe('attacks from a snapshot', () => {
  let spool: string;
  let ground: Ground;
  let exchange: string;

  before(async () => {
    spool = mkdtempSync(join(tmpdir(), 'spool-'));
    chmodSync(spool, 0o777);
    ground = await Ground.start('/sandbox', { '--memory': '64MiB', '--spool-dir': spool });
    exchange = buildExchange(ground.bed.program.directory);
  });
  beforeEach(() => ground.plant());
  after(async () => {
    await ground.clear();
    rmSync(spool, { recursive: true });
  });

  for (const [program, cold] of Object.entries({ ...BY_NAME, ...others })) {
    const row: Row = { ...cold, isWarm: true };
    it(`${program}: held alone and by two at once`, async () => {
      await ground.warm(program, row);
      const alone = await ground.run(program, row);
      const boots = [alone, await ground.run(program, row)].map((one) => countOf(one, 'booted'));
      expect(new Set(boots), 'one boot').to.have.lengthOf(1);
      await Promise.all([ground.run(program, row), ground.run(program, row)]);
      await ground.bed.held();
    });
  }

  for (const [program, cold] of Object.entries(BY_NAME)) {
    const row: Row = { ...cold, isWarm: true };
    it(`${program}: held while a native program exchanges a directory and a symlink`, async () => {
      await ground.warm(program, row);
      const other = await Exchange.start(exchange, ground.bed.inside);
      try {
        for (let i = 0; i < 2; i += 1) await ground.run(program, row);
      } finally {
        await other.stop();
      }
      await ground.bed.held();
    });
  }

  it('early: has none', async () => {
    await ground.run('early', { ...early, isWarm: true });
    await ground.bed.program.logged('reason="the module has state besides its memory');
    await ground.run('early', { ...early, isWarm: true });
    await ground.bed.held();
  });
});
