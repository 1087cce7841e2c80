// Clients that take their time, and clients that go away.

import { Load } from '../apache/load.js';
import { type Scenario, findingOf } from './scenario.js';
import { SlowClient } from './slow-client.js';
import { startSite } from './site.js';

export const aborts: Scenario = {
  name: 'client aborts',
  promise: 'ends the program of a client that went away, and its worker serves the next',
  async run(budget) {
    const site = await startSite({ serve: ['--workers', '2'] });
    try {
      const load = new Load(site.httpd, '/hello');
      await load.more(200);
      const beforeMib = await site.memoryMib();
      let aborted = 0;
      do {
        const client = await SlowClient.ask(site.httpd.port, 'GET /endless');
        await load.more(20);
        client.hangUp();
        aborted += 1;
      } while (aborted < 10 || budget.another());
      await load.more(200);
      return await findingOf(load, {
        faults: `${aborted} aborts`,
        allowed: 0,
        beforeMib,
        afterMib: await site.memoryMib(),
        promises: [[load.shed === 0, `nobody else is turned away, but ${load.shed} were`]],
      });
    } finally {
      await site.stop();
    }
  },
};
