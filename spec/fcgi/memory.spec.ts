// What a connection remembers of the requests it has served: nothing.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import type { Exchange } from '../../lib/fcgi/exchange.js';
import { listen } from '../../lib/fcgi/listener.js';
import { Client } from './client.js';
import { KEEP, request } from './wire.js';

describe('fcgi memory', () => {
  it('keeps no request of a kept connection after its end', async () => {
    const requests: WeakRef<Exchange>[] = [];
    const listener = await listen({ kind: 'tcp', host: '127.0.0.1', port: 0 }, (exchange) => {
      requests.push(new WeakRef(exchange));
      exchange.readBody(
        () => {},
        () => exchange.end(0),
      );
    });
    const client = await Client.connect(listener.address);
    for (let round = 0; round < 20; round += 1) {
      client.send(request(1, { flags: KEEP, body: 'x' }));
      await client.answer(1);
    }
    collectGarbage();
    const alive = requests.filter((reference) => reference.deref() !== undefined);
    expect(alive.length).to.be.below(3); // the stack may still point to the last
    client.close();
    await listener.close(AbortSignal.abort());
  });
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect();
}
