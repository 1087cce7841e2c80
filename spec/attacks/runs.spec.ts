// What one run leaves for the next on the same thread, and waits for a body that does not come.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { Client } from '../fcgi/client.js';
import { begin, params } from '../fcgi/wire.js';
import { statusOf } from './bed.js';
import { Ground } from './ground.js';

describe('the attack programs', () => {
  it('are there as they are built from the source beside them', () => {
    const files = readdirSync('spec/attacks/guests');
    const names = files.map((file) => file.replace(/(-unstable)?\.(c|h|wat|wasm)$/, ''));
    for (const name of new Set(names)) {
      if (name === 'attack') continue;
      expect(files, name).to.include(`${name}.wasm`);
      expect(files.includes(`${name}.c`) || files.includes(`${name}.wat`), name).to.equal(true);
    }
    // What is built from C needs a compiler that the suite does not ask for.
    const check = ['spec/attacks/build.mjs', '--check', 'swallow'];
    const said = execFileSync(process.execPath, check, { encoding: 'utf8' });
    expect(said).to.match(/^swallow: .* as committed\n$/);
  });
});

describe('attacks on the runs that follow', () => {
  let ground: Ground;

  before(async () => {
    ground = await Ground.start('/', { '--workers': '1', '--memory': '64MiB' });
    await ground.plant();
  });
  after(() => ground.clear());

  it('find nothing in memory or among the fds that another run has left', async () => {
    for (let i = 0; i < 5; i++) {
      await ground.run('remnants', { how: 'leave', tries: 0 });
      await ground.run('remnants', { how: 'look', tries: 200 });
    }
    await ground.run('remnants', { how: 'leave and trap', status: 500 });
    await ground.run('remnants', { how: 'look', tries: 200 });
    await ground.bed.held();
  });

  it('grow to the cap 50 times, and each next one gets as much', async () => {
    for (let i = 0; i < 50; i++) await ground.run('grow', { tries: 300 });
    await ground.bed.held();
  });

  for (const how of ['input', 'inputs', 'read']) {
    it(`end at the deadline when they wait for a body that does not come: ${how}`, async () => {
      const options = ground.optionsOf({ how, limitMs: 300 });
      const client = await Client.connect(`unix:${ground.bed.program.socket}`);
      try {
        client.send(begin(1), params(1, await ground.bed.paramsOf('wait', options)));
        expect(statusOf(await client.answer(1))).to.equal(504);
      } finally {
        client.close();
      }
      await ground.bed.held();
    });
  }
});
