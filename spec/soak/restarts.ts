// Processes that end or begin anew in the midst of it.

import { randomInt } from 'node:crypto';

import { Load } from '../apache/load.js';
import { keyFile, startResponder } from '../apache/wirings.js';
import { type Budget, type Finding, type Scenario, findingOf } from './scenario.js';
import { type Site, memoryOf, startSite } from './site.js';

/** httpd gives up a responder that ended within ten seconds five times in a row. */
const BETWEEN_KILLS_MS = 11_000;

interface Restarts {
  /** Once a round. Resolves when things have settled. */
  fault(site: Site, round: number): Promise<void>;
  readonly kind: string;
  readonly betweenMs?: number;
  /** Requests that one fault may cost. */
  readonly allowed: number;
}

async function restarting(budget: Budget, restarts: Restarts): Promise<Finding> {
  const site = await startSite();
  try {
    const load = new Load(site.httpd, '/hello');
    await load.more(200);
    const beforeMib = await site.memoryMib();
    let rounds = 0;
    do {
      if (rounds > 0) await budget.pause(restarts.betweenMs ?? 0);
      await load.more(randomInt(50, 150));
      rounds += 1;
      await restarts.fault(site, rounds);
      await load.more(100);
    } while (budget.another());
    const allowed = rounds * restarts.allowed;
    const faults = `${rounds} ${restarts.kind}`;
    const afterMib = await site.memoryMib();
    return await findingOf(load, {
      faults,
      allowed,
      beforeMib,
      afterMib,
      promises: [[load.shed === 0, `nothing is shed, but ${load.shed} were`]],
    });
  } finally {
    await site.stop();
  }
}

export const kills: Scenario = {
  name: 'responder killed',
  promise: 'loses what was in flight when the responder is killed, and nothing else',
  run: (budget) =>
    restarting(budget, {
      kind: 'kill -9',
      betweenMs: BETWEEN_KILLS_MS,
      allowed: 8,
      async fault(site, round) {
        process.kill(await site.responder(), 'SIGKILL');
        await site.httpd.logged(
          new RegExp(`(?:responder ended [^]*?starting it again[^]*?){${round}}`),
        );
      },
    }),
};

export const graceful: Scenario = {
  name: 'graceful restarts',
  promise: 'loses nothing when httpd restarts gracefully',
  run: (budget) =>
    restarting(budget, {
      kind: 'restarts',
      allowed: 0,
      fault: ({ httpd }) => httpd.graceful(),
    }),
};

const MEMBERS = ['one', 'two'];

export const balancer: Scenario = {
  name: 'balancer',
  promise: 'loses nothing when one of two responders behind a balancer is killed',
  async run(budget) {
    let command: readonly string[] = [];
    const site = await startSite({
      modules: ['slotmem_shm', 'proxy_balancer', 'lbmethod_byrequests'],
      config: async (bed, serve) => {
        command = serve;
        const members = MEMBERS.map(
          (name) =>
            `BalancerMember "unix:${bed.at(name, 's')}|fcgi://${name}" enablereuse=on flushpackets=on retry=1`,
        );
        return `<Proxy "balancer://wasm">\n${members.join('\n')}\nProxySet maxattempts=2\n</Proxy>
          WasmServer balancer://wasm
          WasmKeyFile "${await keyFile(bed.dir)}"`;
      },
    });
    const start = (name: string) => startResponder(command, site.bed.at(name, 's'));
    const members = await Promise.all(MEMBERS.map(start));
    try {
      const load = new Load(site.httpd, '/hello');
      await load.more(200);
      const memory = async (): Promise<number> =>
        (await memoryOf(members[0]?.pid ?? 0)) + (await memoryOf(members[1]?.pid ?? 0));
      const beforeMib = await memory();
      let rounds = 0;
      do {
        const victim = rounds % members.length;
        rounds += 1;
        await load.more(randomInt(50, 150));
        process.kill(members[victim]?.pid ?? 0, 'SIGKILL');
        await load.more(200);
        members[victim] = await start(MEMBERS[victim] ?? '');
        // The balancer looks at a member that failed again after its `retry`.
        await budget.pause(2000);
      } while (budget.another());
      return await findingOf(load, {
        faults: `${rounds} kill -9`,
        allowed: 0,
        beforeMib,
        afterMib: await memory(),
        promises: [[load.shed === 0, `nothing is shed, but ${load.shed} were`]],
      });
    } finally {
      await Promise.all(members.map((member) => member.stop()));
      await site.stop();
    }
  },
};
