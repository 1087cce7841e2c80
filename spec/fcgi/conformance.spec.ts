// FastCGI 1.0 as a responder must speak it, seen from the web server's end of the socket.

import { expect } from 'chai';
import type { FcgiLimits } from '../../lib/fcgi/limits.js';
import type { RequestHandler } from '../../lib/fcgi/exchange.js';
import { Responder, echoBody, echoParams } from './responder.js';
import { KEEP, abort, begin, pairs, params, record, request, stdin, stream } from './wire.js';

const COMPLETE = 0;
const UNKNOWN_ROLE = 3;

describe('fcgi conformance', () => {
  let responder: Responder;

  async function start(handler?: RequestHandler, limits?: Partial<FcgiLimits>): Promise<void> {
    responder = await Responder.start(handler, limits);
  }

  afterEach(async () => {
    await responder.stop();
  });

  describe('a connection', () => {
    it('is closed after the answer when the web server did not ask to keep it', async () => {
      await start(echoParams);
      const client = await responder.client();
      client.send(request(1, { entries: { A: 'b' } }));
      expect((await client.answer(1)).stdout).to.equal('A=b');
      await client.ended();
    });

    it('serves one request after the other under KEEP_CONN', async () => {
      await start(echoParams);
      const client = await responder.client();
      for (const value of ['one', 'two', 'three']) {
        client.send(request(1, { flags: KEEP, entries: { VALUE: value } }));
        expect((await client.answer(1)).stdout).to.equal(`VALUE=${value}`);
      }
      expect(client.closed).to.equal(false);
    });

    it('reads only the KEEP_CONN bit of the flags', async () => {
      await start(echoParams);
      const client = await responder.client();
      client.send(request(1, { flags: 0xfe }));
      await client.answer(1);
      await client.ended();
    });

    it('carries two requests at a time, each with its own params, body and answer', async () => {
      await start((exchange) => {
        let body = `${exchange.params.get('NAME')}:`;
        exchange.readBody(
          (chunk) => (body += Buffer.from(chunk).toString('latin1')),
          () => exchange.end(exchange.requestId, Buffer.from(body)),
        );
      });
      const client = await responder.client();
      client.send(begin(1, KEEP), begin(258, KEEP), params(258, { NAME: 'b' }));
      client.send(params(1, { NAME: 'a' }), stdin(1, 'x'), stdin(258, 'y'), stdin(1, 'X'));
      client.send(stdin(258, 'Y'), stdin(258));
      expect(await client.answer(258)).to.include({ stdout: 'b:yY', appStatus: 258 });
      client.send(stdin(1));
      expect(await client.answer(1)).to.include({ stdout: 'a:xX', appStatus: 1 });
    });

    it('without KEEP_CONN is closed only when its other requests are answered too', async () => {
      await start();
      const client = await responder.client();
      client.send(request(1), request(2, { flags: KEEP }));
      const [first, second] = [await responder.exchange(0), await responder.exchange(1)];
      first.end(0, Buffer.from('first'));
      expect((await client.answer(1)).stdout).to.equal('first');
      second.end(0, Buffer.from('second'));
      expect((await client.answer(2)).stdout).to.equal('second');
      await client.ended();
    });

    it('may be half-closed after a whole request: the answer still comes', async () => {
      await start();
      const client = await responder.client();
      client.send(request(1, { flags: KEEP, body: 'body' }));
      client.socket.end();
      const exchange = await responder.exchange(0);
      expect(exchange.open).to.equal(true);
      exchange.end(0, Buffer.from('late'));
      expect((await client.answer(1)).stdout).to.equal('late');
      await client.ended();
    });
  });

  describe('a fault of the peer', () => {
    const faults: readonly (readonly [string, Buffer, RegExp])[] = [
      ['version byte 0', record(1, 1, Buffer.alloc(8), { version: 0 }), /version must be 1, not 0/],
      ['version byte 2', record(1, 1, Buffer.alloc(8), { version: 2 }), /version must be 1, not 2/],
      ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /not 71 .*HTTP/],
      ['BEGIN_REQUEST of 7 bytes', record(1, 1, Buffer.alloc(7)), /must have 8 bytes, not 7/],
      ['BEGIN_REQUEST of 0 bytes', record(1, 1), /must have 8 bytes, not 0/],
      ['BEGIN_REQUEST with an id in use', Buffer.concat([begin(7), begin(7)]), /id 7 is in use/],
      ['GET_VALUES that is no list of pairs', record(9, 0, '\u0005'), /GET_VALUES/],
    ];
    for (const [name, bytes, reason] of faults) {
      it(`ends its connection and no other: ${name}`, async () => {
        await start(echoParams);
        const other = await responder.client();
        other.send(begin(1, KEEP));
        const client = await responder.client();
        client.send(bytes);
        await client.ended();
        expect(client.replies).to.deep.equal([]);
        other.send(params(1, { A: 'b' }), stdin(1));
        expect((await other.answer(1)).stdout).to.equal('A=b');
        expect(responder.events).to.have.lengthOf(1);
        const [event] = responder.events;
        expect(event).to.include({ level: 'warn', event: 'fcgi.protocol-error' });
        expect(event?.fields?.['reason']).to.match(reason);
      });
    }

    it('is seen in the first byte, before the peer waits for us', async () => {
      await start();
      const client = await responder.client();
      client.send(Buffer.from('G'));
      await client.ended();
    });

    it('aborts the requests that are open on the connection', async () => {
      await start();
      const client = await responder.client();
      client.send(request(1));
      const exchange = await responder.exchange(0);
      const reason = new Promise<string>((resolve) => (exchange.onAbort = resolve));
      client.send(Buffer.from('nonsense'));
      expect(await reason).to.match(/protocol error/);
      expect(exchange.open).to.equal(false);
    });
  });

  describe('a management record', () => {
    it('of an unknown type is answered UNKNOWN_TYPE', async () => {
      await start(echoParams);
      const client = await responder.client();
      client.send(record(12, 0, 'content'), record(255, 0, '', { padding: 3 }));
      const first = await client.reply(({ type }) => type === 11);
      expect(first).to.deep.include({ id: 0, content: Buffer.from([12, 0, 0, 0, 0, 0, 0, 0]) });
      const second = await client.reply(({ content }) => content[0] === 255);
      expect(second.type).to.equal(11);
    });

    it('of an unknown type with a request id does not disturb the request', async () => {
      await start(echoParams);
      const client = await responder.client();
      client.send(begin(1, KEEP), record(77, 1, 'x'), params(1, { A: 'b' }), stdin(1));
      expect((await client.reply(({ type }) => type === 11)).content[0]).to.equal(77);
      expect((await client.answer(1)).stdout).to.equal('A=b');
    });

    for (const type of [1, 2, 3, 4, 5, 6, 7, 8]) {
      it(`of type ${type}, which needs a request id, is answered UNKNOWN_TYPE`, async () => {
        await start();
        const client = await responder.client();
        client.send(record(type, 0, Buffer.alloc(8)));
        expect((await client.reply(() => true)).content[0]).to.equal(type);
        expect(responder.exchanges).to.deep.equal([]);
      });
    }

    it('UNKNOWN_TYPE is not answered with its like', async () => {
      await start(echoParams);
      const client = await responder.client();
      client.send(record(11, 0, Buffer.alloc(8)), record(10, 0), request(1));
      await client.answer(1);
      expect(client.replies).to.deep.equal([]);
    });

    it('GET_VALUES is answered with what it names, unknown names left out', async () => {
      await start(undefined, { connections: 7, requestsPerConnection: 3 });
      const client = await responder.client();
      const names = ['FCGI_MPXS_CONNS', 'FCGI_MAX_REQS', 'FCGI_NONSENSE', 'FCGI_MAX_CONNS'];
      client.send(record(9, 0, pairs(names.map((name) => [name, '']))));
      const result = await client.reply(({ type }) => type === 10);
      const expected = { FCGI_MAX_CONNS: '7', FCGI_MAX_REQS: '21', FCGI_MPXS_CONNS: '1' };
      expect(result).to.deep.include({ id: 0, content: pairs(Object.entries(expected)) });
    });

    it('GET_VALUES says 0 for FCGI_MPXS_CONNS when multiplexing is off', async () => {
      await start(undefined, { requestsPerConnection: 1 });
      const client = await responder.client();
      client.send(record(9, 0, pairs([['FCGI_MPXS_CONNS', '']])));
      const { content } = await client.reply(({ type }) => type === 10);
      expect(content).to.deep.equal(pairs([['FCGI_MPXS_CONNS', '0']]));
    });

    it('GET_VALUES that asks nothing gets an empty result', async () => {
      await start();
      const client = await responder.client();
      client.send(record(9, 0));
      expect((await client.reply(({ type }) => type === 10)).content).to.have.lengthOf(0);
    });
  });

  describe('a role', () => {
    for (const [role, name] of [
      [0, 'number 0'],
      [2, 'authorizer'],
      [3, 'filter'],
      [257, 'number 257'],
    ] as const) {
      it(`other than responder is answered UNKNOWN_ROLE: ${name}`, async () => {
        await start(echoParams);
        const client = await responder.client();
        client.send(begin(1, KEEP, role), params(1, { A: 'b' }), stdin(1));
        const answer = { stdout: '', appStatus: 0, protocolStatus: UNKNOWN_ROLE };
        expect(await client.answer(1)).to.deep.equal(answer);
        client.send(request(1, { flags: KEEP }));
        expect((await client.answer(1)).protocolStatus).to.equal(COMPLETE);
        expect(responder.exchanges).to.have.lengthOf(1);
      });
    }
  });

  describe('params', () => {
    const value = 'v'.repeat(300);
    const bytes = pairs([
      ['SHORT', 's'],
      ['LONG', value],
      ['', 'nameless'],
      ['EMPTY', ''],
    ]);
    const text = ['=nameless', 'EMPTY=', `LONG=${value}`, 'SHORT=s'].join('\n');

    for (const recordBytes of [1, 2, 3, 7, 8, 150, 65_535]) {
      it(`may be cut into records of ${recordBytes} bytes`, async () => {
        await start(echoParams);
        const client = await responder.client();
        client.send(begin(1), stream(4, 1, bytes, recordBytes), stdin(1));
        expect((await client.answer(1)).stdout).to.equal(text);
      });
    }

    it('may come in writes of one byte', async () => {
      await start(echoParams);
      const client = await responder.client();
      await client.sendSingly(request(1, { entries: { NAME: 'value', OTHER: 'x'.repeat(130) } }));
      expect((await client.answer(1)).stdout).to.equal(`NAME=value\nOTHER=${'x'.repeat(130)}`);
    });

    it('may have a value of 100,000 bytes', async () => {
      await start(echoParams);
      const client = await responder.client();
      const long = 'y'.repeat(100_000);
      client.send(request(1, { entries: { LONG: long, NEXT: 'n' } }));
      expect((await client.answer(1)).stdout).to.equal(`LONG=${long}\nNEXT=n`);
    });

    it('may have a name of 100,000 bytes', async () => {
      await start(echoParams);
      const client = await responder.client();
      const long = 'n'.repeat(100_000);
      client.send(request(1, { entries: { [long]: 'v', NEXT: 'n' } }));
      expect((await client.answer(1)).stdout).to.equal(`NEXT=n\n${long}=v`);
    });

    it('may have a value of 100,000 bytes in records of one byte', async () => {
      await start(echoParams);
      const client = await responder.client();
      const long = pairs([['LONG', 'y'.repeat(100_000)]]);
      client.send(begin(1), stream(4, 1, long, 1), stdin(1));
      expect((await client.answer(1)).stdout).to.have.lengthOf(100_005);
    });

    it('keep every byte, UTF-8 or not', async () => {
      await start(echoParams);
      const client = await responder.client();
      const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
      client.send(request(1, { entries: { ALL: all, '\u00ff\u0080': '\u00c3' } }));
      expect((await client.answer(1)).stdout).to.equal(`ALL=${all}\n\u00ff\u0080=\u00c3`);
    });

    it('count the last of a repeated name', async () => {
      await start(echoParams);
      const client = await responder.client();
      const repeated = pairs([
        ['A', 'first'],
        ['A', 'last'],
      ]);
      client.send(begin(1), stream(4, 1, repeated), stdin(1));
      expect((await client.answer(1)).stdout).to.equal('A=last');
    });

    it('may be empty', async () => {
      await start(echoParams);
      const client = await responder.client();
      client.send(begin(1), record(4, 1), stdin(1));
      expect((await client.answer(1)).stdout).to.equal('');
      expect((await responder.exchange(0)).params.size).to.equal(0);
    });

    it('may be padded with up to 255 bytes, as every record', async () => {
      await start(echoBody);
      const client = await responder.client();
      const padding = { padding: 255 };
      client.send(record(1, 1, Buffer.from([0, 1, KEEP, 0, 0, 0, 0, 0]), padding));
      client.send(record(4, 1, pairs([['A', 'b']]), padding), record(4, 1, '', padding));
      client.send(record(5, 1, 'body', padding), record(5, 1, '', padding));
      expect((await client.answer(1)).stdout).to.equal('body');
      client.send(request(2, { body: 'next' }));
      expect((await client.answer(2)).stdout).to.equal('next');
    });

    const lies: readonly (readonly [string, string])[] = [
      ['a name longer than the stream', '\u0005\u0001abc'],
      ['a value longer than the stream', '\u0001\u0005abc'],
      ['a name length without a value length', '\u0005'],
      ['half a long length', '\u0080\u0000'],
      ['a long value length cut off', '\u0001\u0080\u0000\u0000'],
      ['a good pair and then half of one', '\u0001\u0001ab\u0001'],
    ];
    for (const [name, content] of lies) {
      it(`with lying lengths are refused with 400 and nobody is harmed: ${name}`, async () => {
        await start(echoParams);
        const client = await responder.client();
        client.send(begin(1, KEEP), record(4, 1, content), record(4, 1), stdin(1, 'x'), stdin(1));
        const answer = await client.answer(1);
        expect(answer.stdout).to.match(/^Status: 400 Bad Request\r\n(.+\r\n)+\r\n/);
        client.send(request(1, { flags: KEEP, entries: { A: 'b' } }));
        expect((await client.answer(1)).stdout).to.equal('A=b');
        expect(responder.exchanges).to.have.lengthOf(1);
      });
    }

    it('after their end are ignored', async () => {
      await start(echoParams);
      const client = await responder.client();
      client.send(begin(1), params(1, { A: 'b' }), params(1, { A: 'c', B: 'd' }), stdin(1));
      expect((await client.answer(1)).stdout).to.equal('A=b');
    });
  });

  describe('an answer', () => {
    for (const status of [0, 1, 255, 256, 0x7fffffff, 0xffffffff]) {
      it(`carries appStatus ${status}`, async () => {
        await start((exchange) => exchange.end(status));
        const client = await responder.client();
        client.send(request(1));
        const answer = { stdout: '', appStatus: status, protocolStatus: COMPLETE };
        expect(await client.answer(1)).to.deep.equal(answer);
      });
    }

    it('that is short leaves in one piece: head, end of STDOUT, END_REQUEST', async () => {
      await start((exchange) => exchange.end(0, Buffer.from('short')));
      const client = await responder.client();
      let pieces = 0;
      client.socket.on('data', () => (pieces += 1));
      client.send(request(1, { flags: KEEP }));
      await client.answer(1);
      expect(pieces).to.equal(1);
    });

    it('closes STDOUT with one empty record, also when nothing was written', async () => {
      await start((exchange) => exchange.end(0));
      const client = await responder.client();
      client.send(request(1));
      await client.reply(({ type }) => type === 3);
      expect(client.replies.map(({ type, content }) => [type, content.length])).to.deep.equal([
        [6, 0],
        [3, 8],
      ]);
    });

    it('is not ended by an empty write', async () => {
      await start((exchange) => {
        exchange.write(Buffer.alloc(0));
        exchange.write(Buffer.from('a'));
        exchange.end(0, Buffer.alloc(0));
      });
      const client = await responder.client();
      client.send(request(1));
      await client.reply(({ type }) => type === 3);
      expect(client.replies.map(({ content }) => content.length)).to.deep.equal([1, 0, 8]);
    });

    for (const length of [1, 16_384, 16_385, 65_528, 65_529, 65_535, 65_536, 200_000]) {
      it(`of ${length} bytes arrives whole, by write and by end`, async () => {
        const chunk = Buffer.alloc(length, 'abcdefg');
        await start((exchange) => {
          exchange.write(Buffer.from(chunk));
          exchange.end(0, Buffer.from(chunk));
        });
        const client = await responder.client();
        client.send(request(1));
        expect((await client.answer(1)).stdout === chunk.toString().repeat(2)).to.equal(true);
      });
    }

    it('before the end of the body is whole, and the rest of the body is ignored', async () => {
      await start((exchange) => exchange.end(3, Buffer.from('early')));
      const client = await responder.client();
      client.send(begin(1, KEEP), params(1), stdin(1, 'some'));
      expect(await client.answer(1)).to.include({ stdout: 'early', appStatus: 3 });
      client.send(stdin(1, 'more'), stdin(1), request(1, { flags: KEEP, body: 'x' }));
      expect(await client.answer(1)).to.include({ stdout: 'early', appStatus: 3 });
    });

    it('before the end of the body does not reset a connection that is not kept', async () => {
      await start((exchange) => exchange.end(0, Buffer.from('early')));
      const client = await responder.client();
      client.send(begin(1), params(1), stdin(1, 'some'));
      await client.answer(1);
      await client.ended();
      const fault = await new Promise((resolve) => {
        client.socket.write(stdin(1, Buffer.alloc(60_000)), resolve);
      });
      expect(fault ?? undefined).to.equal(undefined);
    });
  });

  describe('records that fit nothing', () => {
    it('of unknown ids are ignored', async () => {
      await start(echoParams);
      const client = await responder.client();
      client.send(params(9, { A: 'b' }), stdin(9, 'x'), stdin(9), abort(9));
      client.send(record(3, 9), record(6, 9, 'x'), record(7, 9, 'x'), record(8, 9, 'x'));
      client.send(request(1, { entries: { A: 'c' } }));
      expect((await client.answer(1)).stdout).to.equal('A=c');
      expect(client.replies).to.deep.equal([]);
      expect(responder.exchanges).to.have.lengthOf(1);
    });

    it('but name an open request are ignored too: DATA, STDOUT, END_REQUEST', async () => {
      await start(echoBody);
      const client = await responder.client();
      client.send(begin(1), record(8, 1, 'data'), params(1), record(6, 1, 'x'));
      client.send(record(3, 1, Buffer.alloc(8)), stdin(1, 'body'), stdin(1));
      expect((await client.answer(1)).stdout).to.equal('body');
    });
  });
});
