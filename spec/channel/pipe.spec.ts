import { expect } from 'chai';
import * as fc from 'fast-check';

import { PIPE_BYTES, PipeReader, PipeWriter, createPipeMemory } from '../../lib/channel/pipe.js';

const ROOM_BYTES = PIPE_BYTES / 2;

/** The two ends of one pipe, at the beginning of a body. */
function pipe(): { writer: PipeWriter; reader: PipeReader } {
  const memory = createPipeMemory();
  return { writer: new PipeWriter(memory), reader: new PipeReader(memory) };
}

function taken(reader: PipeReader, most: number): Buffer {
  const target = new Uint8Array(most);
  return Buffer.from(target.subarray(0, reader.read(target)));
}

describe('pipe', () => {
  for (const [bytes, fits] of [
    [PIPE_BYTES - 1, PIPE_BYTES - 1],
    [PIPE_BYTES, PIPE_BYTES],
    [PIPE_BYTES + 1, PIPE_BYTES],
  ] as const) {
    it(`has room for ${fits} of ${bytes} bytes`, () => {
      const { writer, reader } = pipe();
      expect(writer.write(new Uint8Array(bytes))).to.equal(fits);
      expect(reader.available).to.equal(fits);
      expect(taken(reader, bytes)).to.have.lengthOf(fits);
      expect(writer.write(new Uint8Array(bytes))).to.equal(fits);
    });
  }

  it('hands over what was written, whatever was written and read when', () => {
    const length = fc.integer({ min: 1, max: PIPE_BYTES });
    const step = fc.record({ write: length, offset: fc.nat(7), read: length });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { writer, reader } = pipe();
        let written = 0;
        let read = 0;
        for (const { write, offset, read: most } of steps) {
          const source = new Uint8Array(offset + write);
          for (let at = offset; at < source.length; at += 1)
            source[at] = (written + at - offset) % 251;
          written += writer.write(source.subarray(offset));
          const bytes = taken(reader, most);
          if (bytes.some((byte, at) => byte !== (read + at) % 251)) return false;
          read += bytes.length;
        }
        return reader.available === written - read;
      }),
      { numRuns: 60 },
    );
  });

  it('writes into the given place and nowhere else', () => {
    const { writer, reader } = pipe();
    writer.write(Buffer.from('body'));
    const memory = new Uint8Array(8).fill(1);
    expect(reader.read(memory.subarray(2, 6))).to.equal(4);
    expect([...memory]).to.deep.equal([1, 1, ...Buffer.from('body'), 1, 1]);
    expect(reader.read(memory)).to.equal(0);
  });

  it('is over when its end was written and all was taken', () => {
    const { writer, reader } = pipe();
    expect(reader.isOver).to.equal(false);
    writer.write(Buffer.from('ab'));
    writer.end();
    expect([reader.isOver, taken(reader, 1).toString(), reader.isOver]).to.deep.equal([
      false,
      'a',
      false,
    ]);
    taken(reader, 1);
    expect(reader.isOver).to.equal(true);
  });

  it('has nothing of one body in the next', () => {
    const { writer, reader } = pipe();
    writer.write(Buffer.from('first'));
    taken(reader, 2);
    writer.end();
    writer.await();
    writer.begin();
    expect([reader.available, reader.isOver, reader.claimRoom()]).to.deep.equal([0, false, false]);
    writer.write(Buffer.from('next'));
    expect(taken(reader, 9).toString()).to.equal('next');
  });

  for (const [free, rings] of [
    [ROOM_BYTES - 1, false],
    [ROOM_BYTES, true],
    [ROOM_BYTES + 1, true],
  ] as const) {
    it(`${rings ? 'has the writer told' : 'leaves the writer alone'} with ${free} bytes free`, () => {
      const { writer, reader } = pipe();
      writer.write(new Uint8Array(PIPE_BYTES));
      writer.await();
      expect([writer.claimRoom(), writer.isAwaited]).to.deep.equal([false, true]);
      taken(reader, free);
      expect([reader.claimRoom(), writer.isAwaited]).to.deep.equal([rings, !rings]);
    });
  }

  it('tells of room to one side, once, and only where it is awaited', () => {
    const { writer, reader } = pipe();
    expect(reader.claimRoom()).to.equal(false);
    writer.await();
    expect([writer.claimRoom(), reader.claimRoom(), writer.claimRoom()]).to.deep.equal([
      true,
      false,
      false,
    ]);
    writer.await();
    expect([reader.claimRoom(), writer.claimRoom()]).to.deep.equal([true, false]);
  });
});
