// FastCGI records and params: the bytes of a connection mean the same wherever they are cut.

import { expect } from 'chai';
import * as fc from 'fast-check';
import { RequestError } from '../../lib/errors.js';
import { RecordDecoder } from '../../lib/fcgi/decoder.js';
import type { Exchange } from '../../lib/fcgi/exchange.js';
import { DEFAULT_FCGI_LIMITS } from '../../lib/fcgi/limits.js';
import { OpenRequests } from '../../lib/fcgi/requests.js';
import { ParamsDecoder } from '../../lib/fcgi/params.js';
import { begin, pairs, record } from '../fcgi/wire.js';
import type { Property } from './property.js';

interface Plan {
  readonly params: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  /** Lengths of the records of each stream, used in turn. */
  readonly recordBytes: readonly number[];
  readonly padding: number;
}

interface Decoded {
  readonly params: [string, string][];
  body: string;
  ended: boolean;
}

const byteString = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const plan: fc.Arbitrary<Plan> = fc.record({
  params: fc.array(fc.tuple(byteString(140), byteString(300)), { maxLength: 8 }),
  body: fc.uint8Array({ maxLength: 500 }),
  recordBytes: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
  padding: fc.nat(255),
});

/** The records of one request, in order. */
function recordsOf(id: number, { params, body, recordBytes, padding }: Plan): Buffer[] {
  const records = [begin(id, 1)];
  for (const [type, bytes] of [
    [4, pairs(params)],
    [5, Buffer.from(body)],
  ] as const) {
    let at = 0;
    for (let index = 0; at < bytes.length; index += 1) {
      const length = recordBytes[index % recordBytes.length] ?? 1;
      records.push(record(type, id, bytes.subarray(at, at + length), { padding }));
      at += length;
    }
    records.push(record(type, id, '', { padding }));
  }
  return records;
}

/** Mixes the records of all requests; the order within a request stays. */
function interleave(queues: Buffer[][], choices: readonly number[]): Buffer {
  const mixed: Buffer[] = [];
  const left = queues.map((queue) => [...queue]);
  for (let turn = 0; left.some((queue) => queue.length > 0); turn += 1) {
    const open = left.filter((queue) => queue.length > 0);
    const next = open[(choices[turn % choices.length] ?? 0) % open.length]?.shift();
    if (next !== undefined) mixed.push(next);
  }
  return Buffer.concat(mixed);
}

function decode(chunks: readonly Buffer[]): Map<number, Decoded> {
  const decoded = new Map<number, Decoded>();
  const requests = new OpenRequests({
    limits: DEFAULT_FCGI_LIMITS,
    log: () => {},
    admit: () => true,
    send: () => expect.fail('nothing here is answered'),
    sendStdout: () => true,
    finish: () => {},
    finished: () => {},
    giveUp: () => {},
    balance: () => {},
    answered: () => {},
  });
  const decoder = new RecordDecoder((...piece) => requests.take(...piece));
  const read = (exchange: Exchange) => {
    const seen: Decoded = { params: [...exchange.params], body: '', ended: false };
    decoded.set(exchange.requestId, seen);
    exchange.readBody(
      (chunk) => (seen.body += Buffer.from(chunk).toString('latin1')),
      () => (seen.ended = true),
    );
  };
  for (const chunk of chunks) {
    decoder.push(chunk);
    requests.serve(read);
    chunk.fill(0xff); // nothing may look at the bytes any more
  }
  return decoded;
}

/** Cuts at the given places, taken modulo the length. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...ends].map((start, index) => Buffer.from(bytes.subarray(start, ends[index])));
}

/** The params that a stream of these bytes holds, or the code of its refusal. */
function paramsOf(chunks: readonly Buffer[], limitBytes: number): [string, string][] | string {
  const decoder = new ParamsDecoder(limitBytes);
  try {
    for (const chunk of chunks) decoder.push(chunk, 0, chunk.length);
    return [...decoder.finish()];
  } catch (thrown) {
    if (thrown instanceof RequestError) return thrown.code;
    throw thrown;
  }
}

export const records: readonly Property[] = [
  {
    holds: 'finds the same requests wherever records, streams and reads are cut',
    runs: 300,
    property: () =>
      fc.property(
        fc.array(plan, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(10), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(20_000), { maxLength: 40 }),
        (plans, choices, places) => {
          const bytes = interleave(
            plans.map((one, index) => recordsOf(index * 300 + 1, one)),
            choices,
          );
          const decoded = decode(cut(bytes, places));
          for (const [index, { params, body }] of plans.entries()) {
            expect(decoded.get(index * 300 + 1)).to.deep.equal({
              params: [...new Map(params)],
              body: Buffer.from(body).toString('latin1'),
              ended: true,
            });
          }
          expect(decoded.size).to.equal(plans.length);
        },
      ),
  },
  {
    holds: 'finds the same requests in single bytes',
    runs: 50,
    property: () =>
      fc.property(plan, (one) => {
        const bytes = Buffer.concat(recordsOf(1, one));
        const single = decode(Array.from(bytes, (byte) => Buffer.from([byte])));
        expect([...single]).to.deep.equal([...decode([bytes])]);
      }),
  },
  {
    holds: 'throws nothing but a ProtocolError at arbitrary bytes for records',
    runs: 300,
    property: () =>
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
        const decoder = new RecordDecoder(() => {});
        try {
          for (const chunk of chunks) decoder.push(Buffer.from(chunk));
        } catch (error) {
          expect(error).to.have.property('name', 'ProtocolError');
        }
      }),
  },
  {
    holds:
      'reads the same params, or refuses them alike, wherever their bytes are cut, within their limit',
    runs: 500,
    property: () =>
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.array(fc.tuple(byteString(9), byteString(200))).map(pairs),
        ),
        fc.array(fc.nat(2000), { maxLength: 20 }),
        fc.integer({ min: 1, max: 2000 }),
        (bytes, places, limitBytes) => {
          const whole = Buffer.from(bytes);
          const read = paramsOf([whole], limitBytes);
          expect(paramsOf(cut(whole, places), limitBytes)).to.deep.equal(read);
          if (typeof read === 'string') return;
          const length = read.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
          expect(length).to.be.at.most(limitBytes);
        },
      ),
  },
];
