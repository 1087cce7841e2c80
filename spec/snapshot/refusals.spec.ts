import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HELLO } from '../pool/guests.js';
import { ECHO, program, refusalOf } from './guests.js';

const WRITES = '(call $write (i32.const 1) (i32.const 16) (i32.const 4))';
const READS_BODY = `(i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 4))
  (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))`;
const GROWS_TO_ITS_LIMIT =
  '(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))';
const CHANGES_TABLE = '(table.fill 0 (i32.const 0) (ref.null func) (i32.const 1))';

/** Opens `file` with these flags and rights. */
const opens = (flags: number, rights: number): string =>
  `(call $path_open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 4) (i32.const ${flags})
     (i64.const ${rights}) (i64.const 0) (i32.const 0) (i32.const 8200))`;

describe('a snapshot is refused', () => {
  const CASES: readonly (readonly [string, string, RegExp])[] = [
    ['of a program that ends first', HELLO, /output before/],
    [
      'of a program that never reads its request',
      program('', '(call $exit (i32.const 4))'),
      /exit code 4 and never read/,
    ],
    [
      'of a program that traps first',
      program('', '(unreachable)'),
      /trapped before it read its request: unreachable/,
    ],
    ['after output', program('', WRITES), /written output before the request/],
    ['after a read of the body', program('', READS_BODY), /reads the body before/],
    [
      'where there is no memory left for the stack',
      program('', GROWS_TO_ITS_LIMIT),
      /all of its memory.*WasmMemory/,
    ],
    [
      'of a module that changes its tables',
      program('', '', `(table 1 funcref) (func ${CHANGES_TABLE})`),
      /state besides its memory/,
    ],
  ];
  for (const [when, text, reason] of CASES) {
    it(when, async () => {
      const limits = { memoryBytes: 16 * 65_536 };
      expect(await refusalOf(text, { limits })).to.match(reason);
    });
  }

  describe('by what is open', () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'snapshots-'));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    const FILE = '(data (i32.const 512) "file")';
    const terms = (): object => ({
      preopens: [{ guest: '/', host: directory, readOnly: false }],
    });

    it('for writing', async () => {
      writeFileSync(join(directory, 'file'), 'text');
      const text = program('', `(drop ${opens(0, 64)})`, FILE, 4);
      expect(await refusalOf(text, terms())).to.match(
        /the file file is open for writing as fd 5; close it/,
      );
    });

    it('but not for reading, nor what was closed again', async () => {
      writeFileSync(join(directory, 'file'), 'text');
      const closed = `(drop ${opens(0, 64)}) (drop (call $fd_close (i32.load (i32.const 8200))))`;
      expect(await refusalOf(program('', closed, FILE, 4), terms())).to.equal('not refused');
      expect(await refusalOf(program('', `(drop ${opens(0, 2)})`, FILE, 4), terms())).to.equal(
        'not refused',
      );
    });

    it('when it reads its request by another way the second time', async () => {
      const another = `(func $other (result i32) (call $request))`;
      const text = program('', '', FILE + another, 4).replace(
        '(local.set $length (call $request))',
        // The file can be made once.
        `(local.set $length (if (result i32) ${opens(5, 2)} (then (call $other)) (else
           (drop (call $fd_close (i32.load (i32.const 8200)))) (call $request))))`,
      );
      expect(await refusalOf(text, terms())).to.match(/function \d+ was not on the stack before/);
    });
  });

  it('not of a program that just echoes', async () => {
    expect(await refusalOf(ECHO)).to.equal('not refused');
  });
});
