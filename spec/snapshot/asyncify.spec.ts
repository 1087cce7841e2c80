import binaryen from 'binaryen';
import { expect } from 'chai';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncifyWith, rememberingAsyncify } from '../../lib/snapshot/asyncify.js';
import { hollowOthers, nameOf } from '../../lib/snapshot/hollow.js';
import { SnapshotStore } from '../../lib/snapshot/store.js';
import { assemble } from '../pool/guests.js';
import { ECHO } from './guests.js';

describe('instrumented functions', () => {
  let directory: string;
  let loaded: number;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'snapshots-'));
    loaded = 0;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const load = (): Promise<typeof binaryen> => {
    loaded += 1;
    return Promise.resolve(binaryen);
  };
  const asyncify = (functions: readonly number[]): Uint8Array | Promise<Uint8Array> => {
    const remembering = rememberingAsyncify(new SnapshotStore(directory), load);
    return remembering(hollowOthers(assemble(ECHO), functions), functions.map(nameOf));
  };

  it('are made once for all programs of a module that ask for their request alike', async () => {
    const first = await asyncify([11, 12]);
    expect(WebAssembly.validate(first)).to.equal(true);
    expect(Buffer.from(await asyncify([11, 12])).equals(first)).to.equal(true);
    expect(loaded).to.equal(1);
    await asyncify([12]);
    expect(loaded).to.equal(2);
  });

  it('are not made of what Binaryen does not read, and it says why', () => {
    expect(() =>
      asyncifyWith(binaryen)(hollowOthers(assemble(ECHO), [11]).slice(0, -1), []),
    ).to.throw(Error, /^binaryen: error in parsing wasm binary/);
  });

  it('are made again when a bit of their file has changed', async () => {
    const first = await asyncify([11, 12]);
    const [name = ''] = readdirSync(directory);
    expect(name).to.match(/^[\da-f]{64}\.functions$/);
    const bytes = readFileSync(join(directory, name));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(join(directory, name), bytes);
    expect(Buffer.from(await asyncify([11, 12])).equals(first)).to.equal(true);
    expect(loaded).to.equal(2);
  });

  it('are not taken from a file that others could have written', async () => {
    await asyncify([11, 12]);
    const [name = ''] = readdirSync(directory);
    chmodSync(join(directory, name), 0o666);
    await asyncify([11, 12]);
    expect(loaded).to.equal(2);
  });
});
