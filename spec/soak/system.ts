// What the system may run out of, and what it may change.

import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { ask } from '../apache/bed.js';
import { Load } from '../apache/load.js';
import { type Scenario, findingOf } from './scenario.js';
import { limit, run, startSite } from './site.js';

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

const SOURCE = path.join(import.meta.dirname, '../../../spec/soak/clock.c');
const DAY_S = 86_400;
/** Seconds: an NTP step back, a year ahead, a lost battery, and right again. */
const OFFSETS = [-10_800, 400 * DAY_S, -20 * 365 * DAY_S, 3600, 0];

/** Sets the wall clock of programs that have clock.c preloaded. The file keeps its place: it is mapped. */
async function setClock(file: string, offsetS: number): Promise<void> {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(offsetS));
  await writeFile(file, bytes, { flag: 'r+' });
}

export const clock: Scenario = {
  name: 'clock jumps',
  promise: 'keeps its deadlines and loses nothing when the clock of the system jumps',
  async run(budget) {
    const site = await startSite({
      by: async (bed) => {
        const preload = bed.at('clock.so');
        await run('gcc', '-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', preload, SOURCE);
        const offset = await bed.write('clock', Buffer.alloc(8));
        return ['/usr/bin/env', `LD_PRELOAD=${preload}`, `CLOCK_OFFSET=${offset}`];
      },
    });
    try {
      const load = new Load(site.httpd, '/hello');
      await load.more(100);
      const beforeMib = await site.memoryMib();
      let jumps = 0;
      let unended = 0;
      do {
        for (const offset of OFFSETS) {
          await setClock(site.bed.at('clock'), offset);
          jumps += 1;
          await load.more(20);
          if ((await ask(site.httpd, '/loop')).status !== 504) unended += 1;
          if ((await ask(site.httpd, '/nap')).text !== 'good morning\n') unended += 1;
        }
      } while (budget.another());
      const year = new Date(Date.now() - 20 * 365 * DAY_S * 1000).getFullYear();
      const log = await readFile(site.httpd.errorLog, 'utf8');
      return await findingOf(load, {
        faults: `${jumps} jumps`,
        allowed: 0,
        beforeMib,
        afterMib: await site.memoryMib(),
        promises: [
          [log.includes(`\n${year}-`), 'the clock of the responder jumps'],
          [unended === 0, `loops end and naps do not, but ${unended} were otherwise`],
          [load.shed === 0, `nothing is shed, but ${load.shed} were`],
        ],
      });
    } finally {
      await site.stop();
    }
  },
};
