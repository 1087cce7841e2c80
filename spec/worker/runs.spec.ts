import { expect } from 'chai';
import { MessageChannel } from 'node:worker_threads';

import { createControlWords } from '../../lib/channel/control.js';
import { Mailbox, createMailboxMemory } from '../../lib/channel/mailbox.js';
import { serveEach } from '../../lib/worker/runs.js';

/** The event loop gets its turn after 1,000 runs in a row. */
const RUNS = 2_500;

describe('the runs of a thread', () => {
  it('are taken in the order in which they were asked, whatever nudges come in between', async () => {
    const { port1, port2 } = new MessageChannel();
    const mailbox = new Mailbox(createMailboxMemory());
    const served: number[] = [];
    const ask = (run: number): void => {
      if (run > RUNS) return;
      const env = { count: 0, text: '' };
      mailbox.ask({ run, slot: run % 2, grantSlot: 0, hasBody: false, env });
      port1.postMessage('nudge');
    };
    await new Promise<void>((resolve) => {
      const serve = ({ run }: { readonly run: number }): void => {
        served.push(run);
        ask(run + 2);
        if (served.length === RUNS) resolve();
      };
      serveEach(port2, createControlWords(), mailbox, serve, () => undefined);
      ask(1);
      ask(2);
    });
    port1.close();
    expect(served).to.deep.equal(Array.from({ length: RUNS }, (_, index) => index + 1));
  });
});
