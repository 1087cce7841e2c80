// The request body: whole, in order, and never more of it than is bounded.

import { expect } from 'chai';
import type { Exchange } from '../../lib/fcgi/exchange.js';
import type { Client } from './client.js';
import { Responder } from './responder.js';
import { KEEP, begin, params, record, request, stdin } from './wire.js';

interface IdleReader {
  readonly name: string;
  readonly megabytes: number;
  readonly prepare: (exchange: Exchange) => Read;
}

type Read = (onChunk: (chunk: Uint8Array) => void, onEnd: () => void) => void;

/** Readers that do not read, each with the way to make it read. */
const IDLE_READERS: readonly IdleReader[] = [
  {
    name: 'no reader yet',
    megabytes: 20,
    prepare: (exchange) => (onChunk, onEnd) => exchange.readBody(onChunk, onEnd),
  },
  {
    name: 'a reader that paused',
    megabytes: 200,
    prepare: (exchange) => {
      let take: ((chunk: Uint8Array) => void) | undefined;
      let finish: (() => void) | undefined;
      exchange.readBody(
        (chunk) => (take === undefined ? expect.fail('a chunk in a pause') : take(chunk)),
        () => finish?.(),
      );
      exchange.pauseBody();
      return (onChunk, onEnd) => {
        take = onChunk;
        finish = onEnd;
        exchange.resumeBody();
      };
    },
  },
];

/** What a reader got, and a wait for its end. */
function collect(exchange: Exchange): { chunks: Uint8Array[]; end: Promise<string> } {
  const chunks: Uint8Array[] = [];
  const end = new Promise<string>((resolve) => {
    exchange.readBody(
      (chunk) => chunks.push(new Uint8Array(chunk)),
      () => resolve(Buffer.concat(chunks).toString('latin1')),
    );
  });
  return { chunks, end };
}

describe('fcgi request body', () => {
  let responder: Responder;
  let client: Client;

  beforeEach(async () => {
    responder = await Responder.start();
    client = await responder.client();
  });

  afterEach(async () => {
    await responder.stop();
  });

  /** Round trips on another connection: time for everything that was sent to be read. */
  async function settle(): Promise<void> {
    const other = await responder.client();
    for (let round = 0; round < 20; round += 1) {
      const count = responder.exchanges.length;
      other.send(request(1, { flags: KEEP }));
      (await responder.exchange(count)).end(0);
      await other.answer(1);
    }
    other.close();
  }

  it('ends after the empty STDIN record, also when there was no other', async () => {
    client.send(request(1));
    const { chunks, end } = collect(await responder.exchange(0));
    expect(await end).to.equal('');
    expect(chunks).to.deep.equal([]);
  });

  it('does not end before', async () => {
    client.send(begin(1), params(1), stdin(1, 'all of it'));
    let ended = false;
    const exchange = await responder.exchange(0);
    exchange.readBody(
      () => {},
      () => (ended = true),
    );
    await settle();
    expect(ended).to.equal(false);
    client.send(stdin(1));
    await settle();
    expect(ended).to.equal(true);
  });

  it('waits for a reader that comes late', async () => {
    client.send(request(1, { body: 'patience' }));
    const exchange = await responder.exchange(0);
    await settle();
    expect(await collect(exchange).end).to.equal('patience');
  });

  it('is kept apart from others while it waits for its reader', async () => {
    client.send(begin(1), params(1), begin(2), params(2));
    const [first, second] = [await responder.exchange(0), await responder.exchange(1)];
    const other = collect(second);
    client.send(stdin(1, 'fi'), stdin(1, 'rst'));
    await settle();
    client.send(stdin(2, 'sec'), stdin(2, 'ond'), stdin(1), stdin(2));
    expect(await other.end).to.equal('second');
    expect(await collect(first).end).to.equal('first');
  });

  it('joins the records that came in one read of the socket', async () => {
    const records = Array.from('abcdefgh', (letter) => stdin(1, letter));
    client.send(begin(1), params(1), ...records, stdin(1));
    const { chunks, end } = collect(await responder.exchange(0));
    expect(await end).to.equal('abcdefgh');
    expect(chunks).to.have.lengthOf(1);
  });

  it('keeps its order over pauses', async () => {
    client.send(begin(1), params(1));
    const exchange = await responder.exchange(0);
    const seen: string[] = [];
    const end = new Promise<void>((resolve) => {
      exchange.readBody((chunk) => {
        seen.push(Buffer.from(chunk).toString());
        exchange.pauseBody();
      }, resolve);
    });
    for (const word of ['one ', 'two ', 'three ']) {
      client.send(stdin(1, word));
      await settle();
    }
    client.send(stdin(1));
    await settle();
    expect(seen).to.deep.equal(['one ']);
    exchange.resumeBody();
    expect(seen).to.deep.equal(['one ', 'two ']);
    exchange.resumeBody();
    expect(seen).to.deep.equal(['one ', 'two ', 'three ']);
    exchange.resumeBody();
    await end;
  });

  it('may be paused and resumed within a chunk', async () => {
    client.send(begin(1), params(1), stdin(1, 'a'));
    const exchange = await responder.exchange(0);
    client.send(stdin(1, 'b'));
    await settle();
    let seen = '';
    const end = new Promise<void>((resolve) => {
      exchange.readBody((chunk) => {
        exchange.pauseBody();
        exchange.resumeBody();
        seen += Buffer.from(chunk).toString();
      }, resolve);
    });
    client.send(stdin(1, 'c'), stdin(1));
    await end;
    expect(seen).to.equal('abc');
  });

  it('stops when its reader ends the request within a chunk', async () => {
    client.send(begin(1), params(1), stdin(1, 'a'));
    const exchange = await responder.exchange(0);
    await settle();
    client.send(stdin(1, 'b'), stdin(1));
    await settle();
    let chunkCount = 0;
    exchange.readBody(
      () => {
        chunkCount += 1;
        exchange.end(0);
      },
      () => expect.fail('the end came after END_REQUEST'),
    );
    await client.answer(1);
    expect(chunkCount).to.equal(1);
  });

  it('ignores what comes after its end', async () => {
    client.send(begin(1), params(1), stdin(1, 'a'), stdin(1), stdin(1, 'b'), stdin(1));
    expect(await collect(await responder.exchange(0)).end).to.equal('a');
  });

  for (const { name, megabytes, prepare } of IDLE_READERS) {
    it(`of ${megabytes} MB stays with the web server while there is ${name}`, async () => {
      const totalBytes = megabytes * 1_000_000;
      client.send(begin(1), params(1));
      const exchange = await responder.exchange(0);
      const read = prepare(exchange);
      const rssBefore = process.memoryUsage().rss;
      const sent = push(client, totalBytes);
      await settle();
      const bytesAtRest = sent.bytes();
      await settle();
      expect(sent.bytes()).to.equal(bytesAtRest);
      expect(bytesAtRest).to.be.below(2_000_000);
      expect(process.memoryUsage().rss - rssBefore).to.be.below(50_000_000);

      let received = 0;
      const count = (chunk: Uint8Array) => (received += chunk.length);
      const end = new Promise<void>((resolve) => read(count, resolve));
      await sent.all;
      client.send(stdin(1));
      await end;
      expect(received).to.equal(totalBytes);
    });
  }

  it('that paused the socket is forgotten at the end: the kept connection goes on', async () => {
    client.send(begin(1, KEEP), params(1));
    const exchange = await responder.exchange(0);
    const sent = push(client, 2_000_000);
    await settle();
    expect(sent.bytes()).to.be.below(2_000_000);
    exchange.end(0, Buffer.from('enough'));
    expect((await client.answer(1)).stdout).to.equal('enough');
    await sent.all;
    client.send(stdin(1), request(1, { flags: KEEP, body: 'next' }));
    expect(await collect(await responder.exchange(responder.exchanges.length)).end).to.equal(
      'next',
    );
  });

  it('of one request pauses the other requests of the connection too', async () => {
    client.send(begin(1, KEEP), params(1), begin(2, KEEP), params(2));
    const [first, second] = [await responder.exchange(0), await responder.exchange(1)];
    const other = collect(second);
    const sent = push(client, 1_000_000);
    await settle();
    client.send(stdin(2, 'late'), stdin(2));
    await settle();
    expect(other.chunks).to.deep.equal([]);
    first.end(0);
    await sent.all;
    expect(await other.end).to.equal('late');
  });
});

/** Sends STDIN records of 8,000 bytes for request 1, as fast as the socket takes them. */
function push(client: Client, totalBytes: number): { all: Promise<void>; bytes: () => number } {
  const piece = Buffer.concat(Array.from({ length: 10 }, () => record(5, 1, Buffer.alloc(8_000))));
  let sentBytes = 0;
  const all = (async () => {
    while (sentBytes < totalBytes) {
      await new Promise((resolve) => client.socket.write(piece, resolve));
      sentBytes += 80_000;
    }
  })();
  return { all, bytes: () => sentBytes };
}
