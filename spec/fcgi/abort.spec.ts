// Requests that end before their answer does: told once, with the reason, and never as an end.

import { expect } from 'chai';
import type { Exchange } from '../../lib/fcgi/exchange.js';
import type { Client } from './client.js';
import { Responder, echoParams } from './responder.js';
import { KEEP, abort, begin, pairs, params, record, request, stdin } from './wire.js';

interface Watch {
  readonly reasons: string[];
  readonly aborted: Promise<string>;
}

function watch(exchange: Exchange): Watch {
  const reasons: string[] = [];
  const aborted = new Promise<string>((resolve) => {
    exchange.onAbort = (reason) => {
      reasons.push(reason);
      resolve(reason);
    };
  });
  return { reasons, aborted };
}

const noEnd = () => expect.fail('an aborted body has no end');

describe('fcgi abort', () => {
  let responder: Responder;
  let client: Client;

  beforeEach(async () => {
    responder = await Responder.start();
    client = await responder.client();
  });

  afterEach(async () => {
    await responder.stop();
  });

  describe('by ABORT_REQUEST', () => {
    it('tells the handler and answers END_REQUEST at once', async () => {
      client.send(begin(1, KEEP), params(1), stdin(1, 'half'));
      const exchange = await responder.exchange(0);
      exchange.readBody(() => {}, noEnd);
      const { aborted, reasons } = watch(exchange);
      client.send(abort(1));
      expect(await aborted).to.equal('the web server aborted the request');
      expect(await client.answer(1)).to.include({ stdout: '', protocolStatus: 0 });
      client.send(abort(1), stdin(1));
      client.send(request(1, { flags: KEEP }));
      (await responder.exchange(1)).end(0);
      await client.answer(1);
      expect(reasons).to.have.lengthOf(1);
    });

    it('may have content, which is skipped', async () => {
      client.send(begin(1, KEEP), params(1));
      const { aborted } = watch(await responder.exchange(0));
      client.send(record(2, 1, 'unexpected', { padding: 6 }), request(2, { flags: KEEP }));
      await aborted;
      await client.answer(1);
      (await responder.exchange(1)).end(0);
      await client.answer(2);
    });

    it('before the params are complete is answered, and no handler hears of it', async () => {
      client.send(begin(1, KEEP), record(4, 1, pairs([['A', 'b']])), abort(1));
      await client.answer(1);
      client.send(params(1), stdin(1), request(2, { flags: KEEP }));
      const exchange = await responder.exchange(0);
      expect(exchange.requestId).to.equal(2);
    });

    it('in the same write as the request reaches no handler', async () => {
      client.send(request(1, { flags: KEEP }), abort(1), request(2, { flags: KEEP }));
      await client.answer(1);
      expect((await responder.exchange(0)).requestId).to.equal(2);
    });

    it('makes writes, ends and destroys do nothing', async () => {
      client.send(request(1, { flags: KEEP }));
      const exchange = await responder.exchange(0);
      const { aborted } = watch(exchange);
      client.send(abort(1));
      await aborted;
      expect(exchange.open).to.equal(false);
      expect(exchange.write(Buffer.from('late'))).to.equal(true);
      exchange.end(5, Buffer.from('late'));
      exchange.destroy();
      expect(await client.answer(1)).to.include({ stdout: '', appStatus: 0 });
      client.send(request(1, { flags: KEEP }));
      (await responder.exchange(1)).end(0, Buffer.from('next'));
      expect((await client.answer(1)).stdout).to.equal('next');
    });

    it('closes the connection when it was not to be kept', async () => {
      client.send(request(1));
      await responder.exchange(0);
      client.send(abort(1));
      await client.answer(1);
      await client.ended();
    });

    it('of one request leaves the others of the connection alone', async () => {
      client.send(request(1, { flags: KEEP }), request(2, { flags: KEEP }));
      const second = await responder.exchange(1);
      client.send(abort(1));
      await client.answer(1);
      second.end(0, Buffer.from('here'));
      expect((await client.answer(2)).stdout).to.equal('here');
    });
  });

  describe('by the end of the connection', () => {
    it('is what FIN without the empty STDIN record means', async () => {
      client.send(begin(1), params(1), stdin(1, 'half'));
      const exchange = await responder.exchange(0);
      exchange.readBody(() => {}, noEnd);
      const { aborted } = watch(exchange);
      client.socket.end();
      expect(await aborted).to.match(/before the end of the request/);
      await client.ended();
      expect(client.replies).to.deep.equal([]);
    });

    it('hits only the incomplete requests of a half-closed connection', async () => {
      client.send(request(1), begin(2), params(2));
      const [whole, half] = [await responder.exchange(0), await responder.exchange(1)];
      const { aborted } = watch(half);
      client.socket.end();
      await aborted;
      whole.end(0, Buffer.from('whole'));
      expect((await client.answer(1)).stdout).to.equal('whole');
      await client.ended();
    });

    it('is not told to a request that another one has just ended', async () => {
      client.send(begin(1), params(1), begin(2), params(2));
      const [first, second] = [await responder.exchange(0), await responder.exchange(1)];
      first.onAbort = () => second.end(0);
      const { reasons } = watch(second);
      client.socket.end();
      await client.ended();
      expect(reasons).to.deep.equal([]);
    });

    it('within the params reaches no handler', async () => {
      client.send(begin(1), record(4, 1, pairs([['A', 'b']])));
      client.socket.end();
      await client.ended();
      expect(responder.exchanges).to.deep.equal([]);
    });

    it('within a header harms nobody', async () => {
      client.send(begin(1).subarray(0, 5));
      client.socket.end();
      await client.ended();
      expect(responder.events).to.deep.equal([]);
    });

    it('is told once when the client is gone while the answer is written', async () => {
      client.send(request(1, { flags: KEEP }));
      const exchange = await responder.exchange(0);
      const { aborted, reasons } = watch(exchange);
      client.close();
      while (exchange.open) {
        exchange.write(Buffer.alloc(10_000));
        await new Promise(setImmediate);
      }
      expect(await aborted).to.match(/^the web server closed the connection/);
      exchange.write(Buffer.alloc(10_000));
      exchange.end(0);
      const next = await responder.client();
      next.send(request(1));
      (await responder.exchange(1)).end(0);
      await next.answer(1);
      expect(reasons).to.have.lengthOf(1);
    });
  });

  describe('by destroy', () => {
    it('closes without END_REQUEST', async () => {
      client.send(request(1, { flags: KEEP }));
      const exchange = await responder.exchange(0);
      const { reasons } = watch(exchange);
      exchange.write(Buffer.from('half an answer'));
      exchange.destroy();
      expect(exchange.open).to.equal(false);
      await client.ended();
      expect(client.replies.filter(({ type }) => type === 3)).to.deep.equal([]);
      expect(client.replies.filter(({ content }) => content.length === 0)).to.deep.equal([]);
      expect(reasons).to.deep.equal([]);
    });

    it('aborts the other requests of the connection, and no other connection', async () => {
      const bystander = await responder.client();
      bystander.send(request(1, { flags: KEEP }));
      const safe = await responder.exchange(0);
      client.send(request(1, { flags: KEEP }), request(2, { flags: KEEP }));
      const { aborted } = watch(await responder.exchange(2));
      (await responder.exchange(1)).destroy();
      expect(await aborted).to.match(/another request/);
      safe.end(0, Buffer.from('safe'));
      expect((await bystander.answer(1)).stdout).to.equal('safe');
    });
  });

  it('by a handler that throws is logged and ends its connection only', async () => {
    const faulty = await Responder.start((exchange) => {
      if (exchange.params.has('FAULT')) throw new Error('a bug');
      echoParams(exchange);
    });
    try {
      const [good, bad] = [await faulty.client(), await faulty.client()];
      bad.send(request(1, { entries: { FAULT: '1' } }));
      await bad.ended();
      good.send(request(1, { entries: { A: 'b' } }));
      expect((await good.answer(1)).stdout).to.equal('A=b');
      const event = await faulty.event('fcgi.handler-fault');
      expect(event).to.deep.include({ level: 'error', fields: { connection: 2, reason: 'a bug' } });
    } finally {
      await faulty.stop();
    }
  });
});
