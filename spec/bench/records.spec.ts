import { expect } from 'chai';

import { AnswerReader, type Ended, encodeRequest } from '../../bench/load/records.js';
import { RecordDecoder } from '../../lib/fcgi/decoder.js';
import { ParamsDecoder } from '../../lib/fcgi/params.js';
import { encodeEnd, encodeStdout } from '../../lib/fcgi/record.js';
import { record } from '../fcgi/wire.js';

/** What a reader tells of these bytes, given in pieces of this size. */
function read(bytes: Buffer, pieceBytes = bytes.length): Ended[] {
  const answers: Ended[] = [];
  const reader = new AnswerReader((answer) => answers.push(answer));
  for (let at = 0; at < bytes.length; at += pieceBytes)
    reader.push(bytes.subarray(at, at + pieceBytes));
  return answers;
}

const ANSWER = Buffer.concat([
  ...encodeStdout(1, Buffer.alloc(70_000)),
  ...encodeEnd(1, 0, 0, Buffer.from('end')),
]);

describe('bench: FastCGI client', () => {
  it('writes a request that our own decoder reads', () => {
    const long = 'x'.repeat(300);
    const types: number[] = [];
    const params = new ParamsDecoder(1000);
    const decoder = new RecordDecoder((type, id, bytes, start, end) => {
      types.push(type);
      expect(id).to.equal(1);
      if (type === 4) params.push(bytes, start, end);
    });
    decoder.push(
      encodeRequest([
        ['A', 'b'],
        ['LONG', long],
        ['EMPTY', ''],
      ]),
    );
    expect(types).to.deep.equal([1, 4, 4, 5]);
    expect([...params.finish()]).to.deep.equal([
      ['A', 'b'],
      ['LONG', long],
      ['EMPTY', ''],
    ]);
  });

  for (const pieceBytes of [1, 7, 8, 1000, ANSWER.length]) {
    it(`counts an answer that comes ${pieceBytes} bytes at a time`, () => {
      expect(read(ANSWER, pieceBytes)).to.deep.equal([{ stdoutBytes: 70_003, isGood: true }]);
    });
  }

  it('begins anew with every answer', () => {
    const short = Buffer.concat(encodeEnd(1, 0, 0, Buffer.from('four')));
    expect(
      read(Buffer.concat([ANSWER, short])).map(({ stdoutBytes }) => stdoutBytes),
    ).to.deep.equal([70_003, 4]);
  });

  it('skips padding and what is not STDOUT', () => {
    const bytes = Buffer.concat([
      record(7, 1, 'an error'),
      record(6, 1, 'abc', { padding: 5 }),
      record(3, 1, Buffer.alloc(8), { padding: 255 }),
    ]);
    expect(read(bytes)).to.deep.equal([{ stdoutBytes: 3, isGood: true }]);
  });

  it('tells an application status and a protocol status that are not 0', () => {
    const [application] = read(Buffer.concat(encodeEnd(1, 1, 0)));
    const [protocol] = read(Buffer.concat(encodeEnd(1, 0, 2)));
    expect([application?.isGood, protocol?.isGood]).to.deep.equal([false, false]);
  });
});
