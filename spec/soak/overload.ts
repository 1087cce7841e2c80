// More requests than the workers and the queue hold.

import { Load } from '../apache/load.js';
import { type Scenario, findingOf } from './scenario.js';
import { startSite } from './site.js';

const CLIENTS = 48;
const A_ROUND = 400;

export const overload: Scenario = {
  name: 'overload',
  promise: 'sheds what it cannot hold with 503 and Retry-After, and recovers at once',
  async run(budget) {
    const site = await startSite({ serve: ['--workers', '2', '--queue', '8'] });
    try {
      const good = { isRight: ({ text }: { text: string }) => text === 'good morning\n' };
      const calm = async (): Promise<Load> => {
        const load = new Load(site.httpd, '/nap', 2, good.isRight);
        await load.more(100);
        return load.stop();
      };
      let unwell = (await calm()).shed;
      const beforeMib = await site.memoryMib();
      const load = new Load(site.httpd, '/nap', CLIENTS, good.isRight);
      do await load.more(A_ROUND);
      while (budget.another());
      await load.stop();
      const after = await calm();
      unwell += after.shed + after.wrong.length;
      return await findingOf(load, {
        faults: `${load.shed} shed`,
        allowed: 0,
        beforeMib,
        afterMib: await site.memoryMib(),
        promises: [
          [load.shed > 0, 'something is shed'],
          [load.right > 0, 'something is served meanwhile'],
          [unwell === 0, `nothing is shed when there is room, but ${unwell} were`],
        ],
      });
    } finally {
      await site.stop();
    }
  },
};
