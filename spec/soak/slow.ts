// Clients that take their time, and clients that go away.

import { Load } from '../apache/load.js';
import { type Scenario, findingOf } from './scenario.js';
import { SlowClient } from './slow-client.js';
import { type Site, startSite } from './site.js';

const SLOW = 256;
const SIPS = 5;
const BETWEEN_SIPS = 60;
const LARGE_BYTES = 4_194_304;
const BODY_BYTES = 4096;
/** What the answers of all slow clients together may take, and what V8 keeps for later. */
const MOST_MIB = 384;

interface Kind {
  /** Begins one slow request. */
  ask(site: Site): Promise<SlowClient>;
  /** Goes on a little. */
  step(client: SlowClient): void;
  /** Does what is left to do before the answer can be read to its end. */
  finish(client: SlowClient): void;
  readonly bodyBytes: number;
}

const reader: Kind = {
  ask: ({ httpd }) => SlowClient.ask(httpd.port, 'GET /large'),
  step: (client) => client.sip(),
  finish: () => {},
  bodyBytes: LARGE_BYTES,
};

const writer: Kind = {
  ask: ({ httpd }) => SlowClient.ask(httpd.port, 'POST /echo', BODY_BYTES),
  step: (client) => client.write('x'),
  finish: (client) => client.write('x'.repeat(BODY_BYTES - SIPS)),
  bodyBytes: BODY_BYTES,
};

function slow(name: string, kind: Kind): Scenario {
  return {
    name,
    promise: `serves others while ${SLOW} ${name} take their time, then gives them all their due`,
    async run(budget) {
      const site = await startSite({ serve: ['--connections', '600', '--queue', '400'] });
      try {
        const load = new Load(site.httpd, '/hello');
        await load.more(200);
        const beforeMib = await site.memoryMib();
        let rounds = 0;
        let mostMib = 0;
        let unserved = 0;
        do {
          rounds += 1;
          const clients = await Promise.all(Array.from({ length: SLOW }, () => kind.ask(site)));
          for (let sip = 0; sip < SIPS; sip += 1) {
            await load.more(BETWEEN_SIPS);
            for (const client of clients) kind.step(client);
            mostMib = Math.max(mostMib, await site.memoryMib());
          }
          for (const client of clients) kind.finish(client);
          for (const { status, bodyBytes } of await Promise.all(clients.map((c) => c.drain())))
            if (status !== 200 || bodyBytes !== kind.bodyBytes) unserved += 1;
        } while (budget.another());
        return await findingOf(load, {
          faults: `${rounds * SLOW} ${name}`,
          allowed: 0,
          beforeMib,
          afterMib: await site.memoryMib(),
          promises: [
            [load.shed === 0, `nobody else is turned away, but ${load.shed} were`],
            [unserved === 0, `the slow ones get all of their answer, but ${unserved} did not`],
            [mostMib - beforeMib < MOST_MIB, `memory stays flat, but was ${mostMib} MiB`],
          ],
        });
      } finally {
        await site.stop();
      }
    },
  };
}

export const slowReaders = slow('slow readers', reader);
export const slowWriters = slow('slow writers', writer);

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
