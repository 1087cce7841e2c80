// What the system may run out of, and what it may change.

import { existsSync, readdirSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';

import { ask } from '../apache/bed.js';
import { Load } from '../apache/load.js';
import { type Scenario, findingOf } from './scenario.js';
import { limit, startSite } from './site.js';

/** Descriptors that the responder may open besides those it has. */
const SPARE = 4;

export const descriptors: Scenario = {
  name: 'no descriptors',
  promise: 'lives on without descriptors, answers 5xx at worst, and serves when it has some again',
  async run(budget) {
    const site = await startSite();
    try {
      const warm = new Load(site.httpd, '/hello', 2);
      await warm.more(50);
      await warm.stop();
      const pid = await site.responder();
      const beforeMib = await site.memoryMib();
      let refused = 0;
      let rounds = 0;
      // Whatever is answered is right as long as it is answered.
      const load = new Load(
        site.httpd,
        '/hello',
        2,
        ({ status }) => status === 200 || status >= 500,
      );
      do {
        rounds += 1;
        const open = (await readdir(`/proc/${pid}/fd`)).length;
        await limit(pid, `--nofile=${open + SPARE}:`);
        const many = Array.from({ length: 64 }, (_, i) =>
          ask(site.httpd, i % 2 ? '/nap' : '/fill'),
        );
        for (const { status } of await Promise.all(many)) if (status !== 200) refused += 1;
        await limit(pid, '--nofile=1024:');
        await load.more(50);
      } while (budget.another());
      await load.stop();
      const calm = new Load(site.httpd, '/fill', 2, ({ text }) => text === '00');
      await calm.more(20);
      await calm.stop();
      return await findingOf(load, {
        faults: `${rounds} times, ${refused} answered 5xx`,
        allowed: 0,
        beforeMib,
        afterMib: await site.memoryMib(),
        promises: [
          [(await site.responder()) === pid, 'the responder lives on'],
          [calm.wrong.length + calm.shed === 0, `all is well afterwards, but ${calm.wrong[0]}`],
        ],
      });
    } finally {
      await site.stop();
    }
  },
};

const FAKETIME = readdirSync('/usr/lib')
  .map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`)
  .find((file) => existsSync(file));
const OFFSETS = ['-3h', '+400d', '-20y', '+1h', '+0'];

export const clock: Scenario = {
  name: 'clock jumps',
  promise: 'keeps its deadlines and loses nothing when the clock of the system jumps',
  async run(budget) {
    if (FAKETIME === undefined) throw new Error("Debian's package faketime is needed");
    const site = await startSite({
      by: (bed) => [
        '/usr/bin/env',
        `LD_PRELOAD=${FAKETIME}`,
        `FAKETIME_TIMESTAMP_FILE=${bed.at('clock')}`,
        'FAKETIME_NO_CACHE=1',
        // As in the kernel, where nothing sets that one.
        'FAKETIME_DONT_FAKE_MONOTONIC=1',
      ],
    });
    try {
      const load = new Load(site.httpd, '/hello');
      await load.more(100);
      const beforeMib = await site.memoryMib();
      let jumps = 0;
      let unended = 0;
      do {
        for (const offset of OFFSETS) {
          await writeFile(site.bed.at('clock'), `${offset}\n`);
          jumps += 1;
          await load.more(20);
          if ((await ask(site.httpd, '/loop')).status !== 504) unended += 1;
          if ((await ask(site.httpd, '/nap')).text !== 'good morning\n') unended += 1;
        }
      } while (budget.another());
      return await findingOf(load, {
        faults: `${jumps} jumps`,
        allowed: 0,
        beforeMib,
        afterMib: await site.memoryMib(),
        promises: [
          [unended === 0, `loops end and naps do not, but ${unended} were otherwise`],
          [load.shed === 0, `nothing is shed, but ${load.shed} were`],
        ],
      });
    } finally {
      await site.stop();
    }
  },
};
