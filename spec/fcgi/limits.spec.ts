// Every bound of the wire: at it, under it, over it.

import { expect } from 'chai';
import type { RequestHandler } from '../../lib/fcgi/exchange.js';
import type { FcgiLimits } from '../../lib/fcgi/limits.js';
import { Responder, echoParams } from './responder.js';
import { KEEP, begin, pairs, params, record, request, stdin, stream } from './wire.js';

const OVERLOADED = 2;
const CANT_MPX_CONN = 1;
const UNAVAILABLE = /^Status: 503 Service Unavailable\r\nRetry-After: 1\r\n(.+\r\n)+\r\n/;

/** One pair of `total` bytes: 1 + 4 bytes of lengths and a name of 1. */
const pairOf = (total: number) => pairs([['A', 'v'.repeat(total - 6)]]);

const kept = (id: number) => request(id, { flags: KEEP });

describe('fcgi limits', () => {
  let responder: Responder;

  async function start(handler?: RequestHandler, limits?: Partial<FcgiLimits>): Promise<void> {
    responder = await Responder.start(handler, limits);
  }

  afterEach(async () => {
    await responder.stop();
  });

  describe('paramsBytes', () => {
    const limit = 1_000;

    for (const [total, status] of [
      [limit - 1, 0],
      [limit, 0],
      [limit + 1, 431],
    ] as const) {
      for (const recordBytes of [65_535, 100, 1]) {
        const verb = status === 0 ? 'accepts' : 'refuses with 431';
        it(`of ${limit} ${verb} ${total} bytes in records of ${recordBytes}`, async () => {
          await start(echoParams, { paramsBytes: limit });
          const client = await responder.client();
          client.send(begin(1, KEEP), stream(4, 1, pairOf(total), recordBytes), stdin(1));
          const { stdout } = await client.answer(1);
          if (status === 0) expect(stdout).to.equal(`A=${'v'.repeat(total - 6)}`);
          else expect(stdout).to.match(/^Status: 431 Request Header Fields Too Large\r\n/);
          client.send(request(1, { flags: KEEP, entries: { A: 'b' } }));
          expect((await client.answer(1)).stdout).to.equal('A=b');
        });
      }
    }

    it('counts all pairs together', async () => {
      await start(echoParams, { paramsBytes: limit });
      const client = await responder.client();
      const many = Array.from({ length: 101 }, (_, i) => pairs([[`N${i}`.padEnd(4, 'x'), 'four']]));
      client.send(begin(1), stream(4, 1, Buffer.concat(many), 10), stdin(1));
      expect((await client.answer(1)).stdout).to.match(/^Status: 431/);
    });

    it('refuses an announced length before the bytes come', async () => {
      await start(echoParams, { paramsBytes: limit });
      const client = await responder.client();
      client.send(begin(1), record(4, 1, '\u0001\u00ff\u00ff\u00ff\u00ffA'));
      expect((await client.answer(1)).stdout).to.match(/^Status: 431/);
      const { fields } = await responder.event('fcgi.refused');
      expect(fields).to.include({ connection: 1, request: 1, status: 431 });
    });

    it('is 1 MiB when not given', async () => {
      await start(echoParams);
      const client = await responder.client();
      const over = 1_048_577;
      client.send(begin(1, KEEP), stream(4, 1, pairOf(over - 1)), stdin(1));
      expect((await client.answer(1)).stdout).to.have.lengthOf(over - 1 - 6 + 2);
      client.send(begin(1), stream(4, 1, pairOf(over)), stdin(1));
      expect((await client.answer(1)).stdout).to.match(/^Status: 431/);
    });
  });

  describe('paramsMs', () => {
    it('refuses params that are not complete in time with 408, then goes on', async () => {
      await start(echoParams, { paramsMs: 40 });
      const client = await responder.client();
      client.send(begin(1, KEEP), record(4, 1, pairs([['A', 'b']])));
      expect((await client.answer(1)).stdout).to.match(/^Status: 408 Request Timeout\r\n/);
      client.send(record(4, 1), stdin(1), request(2, { flags: KEEP, entries: { C: 'd' } }));
      expect((await client.answer(2)).stdout).to.equal('C=d');
    });

    it('counts for each request of a connection by itself', async () => {
      await start(undefined, { paramsMs: 40 });
      const client = await responder.client();
      client.send(request(1, { flags: KEEP }), begin(2, KEEP));
      await client.answer(2);
      const exchange = await responder.exchange(0);
      expect(exchange.open).to.equal(true);
      exchange.end(0, Buffer.from('slow program'));
      expect((await client.answer(1)).stdout).to.equal('slow program');
    });

    it('does not count for the body', async () => {
      await start(undefined, { paramsMs: 40 });
      const client = await responder.client();
      client.send(begin(1, KEEP), params(1), begin(2, KEEP));
      await client.answer(2);
      expect((await responder.exchange(0)).open).to.equal(true);
    });
  });

  describe('requestsPerConnection', () => {
    it('answers 503 and OVERLOADED to one request more', async () => {
      await start(undefined, { requestsPerConnection: 2 });
      const client = await responder.client();
      client.send(kept(1), kept(2), kept(3));
      const refused = await client.answer(3);
      expect(refused.protocolStatus).to.equal(OVERLOADED);
      expect(refused.stdout).to.match(UNAVAILABLE);
      (await responder.exchange(0)).end(0);
      await client.answer(1);
      client.send(kept(3));
      (await responder.exchange(2)).end(0, Buffer.from('now'));
      expect((await client.answer(3)).stdout).to.equal('now');
    });

    it('of 1 answers CANT_MPX_CONN to the second request', async () => {
      await start(undefined, { requestsPerConnection: 1 });
      const client = await responder.client();
      client.send(request(1, { flags: KEEP }), request(2, { flags: KEEP }));
      expect((await client.answer(2)).protocolStatus).to.equal(CANT_MPX_CONN);
      (await responder.exchange(0)).end(0);
      expect((await client.answer(1)).protocolStatus).to.equal(0);
    });
  });

  describe('connections', () => {
    it('answers 503 to the request of one connection more while all are busy', async () => {
      await start(undefined, { connections: 2 });
      const busy = [await responder.client(), await responder.client()];
      for (const client of busy) client.send(request(1, { flags: KEEP }));
      await responder.exchange(1);
      const excess = await responder.client();
      excess.send(request(1, { flags: KEEP, body: 'x'.repeat(1_000) }));
      const refused = await excess.answer(1);
      expect(refused.protocolStatus).to.equal(OVERLOADED);
      expect(refused.stdout).to.match(UNAVAILABLE);
      await excess.ended();
      for (const exchange of responder.exchanges) exchange.end(0, Buffer.from('served'));
      for (const client of busy) expect((await client.answer(1)).stdout).to.equal('served');
    });

    it('serves one that waited above the limit when there is room by the time it asks', async () => {
      await start(echoParams, { connections: 1 });
      const busy = await responder.client();
      busy.send(begin(1));
      const excess = await responder.client();
      busy.send(params(1), stdin(1));
      await busy.answer(1);
      busy.close();
      await busy.ended();
      excess.send(request(1, { entries: { A: 'b' } }));
      expect((await excess.answer(1)).stdout).to.equal('A=b');
    });

    it('closes the kept connection that was idle longest to make room', async () => {
      await start(echoParams, { connections: 2 });
      const [first, second] = [await responder.client(), await responder.client()];
      for (const client of [first, second, first]) {
        client.send(request(1, { flags: KEEP }));
        await client.answer(1);
      }
      const third = await responder.client();
      third.send(request(1, { flags: KEEP, entries: { A: 'b' } }));
      expect((await third.answer(1)).stdout).to.equal('A=b');
      await second.ended();
      expect(first.closed).to.equal(false);
    });

    it('does not close a connection whose first request is on its way', async () => {
      await start(echoParams, { connections: 1 });
      const first = await responder.client();
      const second = await responder.client();
      second.send(request(1));
      expect((await second.answer(1)).stdout).to.match(UNAVAILABLE);
      first.send(request(1, { entries: { A: 'b' } }));
      expect((await first.answer(1)).stdout).to.equal('A=b');
    });

    it('lets one that never sent a request give way after paramsMs', async () => {
      await start(echoParams, { connections: 1, paramsMs: 20 });
      const silent = await responder.client();
      while (!silent.closed) {
        const next = await responder.client();
        next.send(request(1, { entries: { A: 'b' } }));
        await next.answer(1);
        next.close();
      }
    });

    it('are dropped beyond twice the number', async () => {
      await start(undefined, { connections: 1 });
      const busy = await responder.client();
      busy.send(request(1));
      await responder.exchange(0);
      await responder.client();
      const dropped = await responder.client();
      await dropped.ended();
      expect((await responder.event('fcgi.dropped')).level).to.equal('error');
    });
  });

  describe('highWaterBytes', () => {
    for (const highWaterBytes of [1_000, 262_144]) {
      it(`of ${highWaterBytes} makes write answer false, and onDrain comes when all is sent`, async () => {
        await start(undefined, { highWaterBytes });
        const client = await responder.client();
        client.socket.pause();
        client.send(request(1));
        const exchange = await responder.exchange(0);
        let written = 0;
        do written += 500;
        while (exchange.write(Buffer.alloc(500, 'x')));
        expect(written).to.be.above(highWaterBytes);
        let drains = 0;
        const drained = new Promise<void>((resolve) => {
          exchange.onDrain = () => {
            drains += 1;
            resolve();
          };
        });
        client.socket.resume();
        await drained;
        expect(exchange.write(Buffer.alloc(500, 'x'))).to.equal(true);
        exchange.end(0);
        expect((await client.answer(1)).stdout).to.have.lengthOf(written + 500);
        expect(drains).to.equal(1);
      });
    }

    it('stops reading from a peer that asks and asks but reads no answer', async () => {
      await start(undefined, { highWaterBytes: 100_000 });
      const client = await responder.client();
      client.socket.pause();
      const unknown = Buffer.concat(Array.from({ length: 5_000 }, () => record(99, 0)));
      const rssBefore = process.memoryUsage().rss;
      for (let sent = 0; sent < 20_000_000; sent += unknown.length) client.socket.write(unknown);
      const other = await responder.client();
      for (let round = 0; round < 20; round += 1) {
        other.send(request(1, { flags: KEEP }));
        (await responder.exchange(round)).end(0);
        await other.answer(1);
      }
      expect(client.socket.writableLength).to.be.above(18_000_000);
      expect(process.memoryUsage().rss - rssBefore).to.be.below(60_000_000);
    });
  });

  describe('sendMs', () => {
    it('ends a connection whose peer reads nothing of the answer', async () => {
      await start(undefined, { sendMs: 50 });
      const client = await responder.client();
      client.socket.pause();
      client.send(request(1));
      const exchange = await responder.exchange(0);
      const aborted = new Promise<string>((resolve) => (exchange.onAbort = resolve));
      exchange.write(Buffer.alloc(3_000_000));
      expect(await aborted).to.match(/read nothing of the answer for 50 ms/);
    });

    it('does not count while there is nothing to send', async () => {
      await start(undefined, { sendMs: 10, paramsMs: 60 });
      const client = await responder.client();
      client.send(request(1, { flags: KEEP }), begin(2, KEEP));
      await client.answer(2); // refused after paramsMs
      (await responder.exchange(0)).end(0, Buffer.from('slow program'));
      expect((await client.answer(1)).stdout).to.equal('slow program');
    });
  });

  describe('lingerMs', () => {
    it('closes a connection whose peer never sees its body out', async () => {
      await start((exchange) => exchange.end(0), { lingerMs: 20 });
      const client = await responder.client();
      client.send(begin(1), params(1), stdin(1, 'half'));
      await client.answer(1);
      await client.ended();
      while (client.socket.writable) {
        client.socket.write(stdin(1, 'more'));
        await new Promise(setImmediate);
      }
    });
  });
});
