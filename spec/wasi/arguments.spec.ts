// Every import with every kind of argument, in memories of several sizes: an errno or a stop, memory
// changed only where the guest said so, nothing outside changed, no descriptor left, the host alive.

import { lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { GuestStop } from '../../lib/wasi/process.js';
import { undoOutputs } from './outputs.js';
import { type Namespace, Driver, SIGNATURES, trampoline } from './trampoline.js';
import { openDescriptors, plant, type Tree } from './tree.js';

const PAGE = 65_536;
/** Memories: pages at the start, and those that the guest adds before the call. */
const MEMORIES = [
  [1, 0],
  [1, 1],
  [2, 2],
] as const;
const NAMES = [
  'file',
  'dir/file',
  '../secret',
  '/etc/passwd',
  'link',
  'up',
  'new',
  'a\0b',
  '.',
  '',
];
/** Where names, iovecs and subscriptions are put; 64 bytes for each name. */
const NAMES_AT = 1024;
const IOVECS_AT = 4096;
/** From here on memory is not zero. */
const MARKED_AT = 6144;
const RUNS = 25;

/** Pointers, lengths, fds and flags that have broken hosts, for a memory of `end` bytes. */
function word(end: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 16, 1024, 1025, -1, -4, 0x7fffffff, -0x80000000),
    fc.integer({ min: end - 70, max: end + 1 }),
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: NAMES.length - 1 }).map((i) => NAMES_AT + 64 * i),
    fc.integer({ min: 0, max: 12 }).map((i) => IOVECS_AT + 8 * i),
    fc.integer(),
  );
}
const long = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 1n << 53n, 1n << 62n, 1n << 63n, (1n << 64n) - 1n, 0x1fffffffn),
  fc.constantFrom(0x7fffffff_00000000n, 0x8000_0000n, 0xffff_ffffn, (1n << 63n) - 1n),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
);

type Call = readonly [name: string, args: (number | bigint)[]];

function callOf(name: string, end: number): fc.Arbitrary<Call> {
  const letters = SIGNATURES[name] ?? '';
  // Mostly fds that are open, where an fd is asked for.
  const fd = fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 8 }), weight: 3 },
    { arbitrary: word(end), weight: 1 },
  );
  const takesFd = /^(fd|path|sock)_/.test(name);
  const args = Array.from(letters, (letter, i) =>
    letter === 'I' ? long : takesFd && i === 0 ? fd : word(end),
  );
  return fc.tuple(...args).map((values): Call => [name, values]);
}

/** One call; false when it has ended the run. */
function attempt(driver: Driver, namespace: Namespace, [name, args]: Call): boolean {
  const before = new Uint8Array(driver.memory.buffer).slice();
  try {
    const errno = driver.call(name, ...args);
    if (name !== 'proc_exit') expect(errno, name).to.be.within(0, 76);
    const after = new Uint8Array(driver.memory.buffer).slice();
    if (errno === 0) undoOutputs(name, args, namespace, before, after);
    expect(Buffer.compare(before, after), `memory after ${name} ${errno}`).to.equal(0);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof GuestStop)) throw thrown;
    // A wait that would last ends at the deadline, which the driver puts at once.
    expect(thrown.outcome.kind).to.be.oneOf(['exit', 'timeout']);
    return false;
  }
}

for (const namespace of ['wasi_snapshot_preview1', 'wasi_unstable'] satisfies Namespace[]) {
  for (const [pages, more] of MEMORIES) {
    const end = PAGE * (pages + more);

    describe(`${namespace} with any arguments, ${pages} and ${more} pages of memory`, () => {
      let module: WebAssembly.Module;
      let tree: Tree;

      before(async () => {
        module = await trampoline(namespace, pages);
      });
      beforeEach(() => {
        tree = plant();
        mkdirSync(join(tree.inside, 'dir'));
        for (const name of ['file', 'dir/file']) writeFileSync(join(tree.inside, name), 'content');
        symlinkSync('file', join(tree.inside, 'link'));
        symlinkSync('../outside', join(tree.inside, 'up'));
      });
      afterEach(() => tree.remove());

      function start(): Driver {
        const preopens = [
          tree.preopen(),
          tree.preopen({ readOnly: true }),
          tree.preopen({ symlinks: true }),
        ];
        const driver = new Driver(module, {
          preopens,
          args: ['a', 'b=cd'],
          env: ['K=V', 'L=W'],
          stdin: 'input',
        });
        if (more > 0) driver.call('grow', more);
        const { view } = driver;
        // What is not overwritten shows.
        new Uint8Array(driver.memory.buffer).fill(0xa5, 64, NAMES_AT).fill(0xa5, MARKED_AT);
        for (const [i, name] of NAMES.entries()) driver.put(name, NAMES_AT + 64 * i);
        for (const [i, pair] of [
          [8192, 16],
          [end - 4, 4],
          [end - 4, 5],
          [end, 0],
          [end, 1],
          [0, end],
          [0xffffffff, 1],
          [0xfffffff0, 0x20],
          [IOVECS_AT, 64],
          [1, 0xffffffff],
        ].entries()) {
          for (const [j, value] of pair.entries()) {
            view.setUint32(IOVECS_AT + 8 * i + 4 * j, value, true);
          }
        }
        driver.open('file', { rights: (1n << 30n) - 1n - (1n << 14n) });
        driver.open('dir', { flags: 2, rights: 1n << 14n });
        return driver;
      }

      function hold(calls: fc.Arbitrary<readonly Call[]>, numRuns: number): void {
        const before = [openDescriptors(), outsideOf(tree)];
        const property = fc.property(calls, (sequence) => {
          const driver = start();
          try {
            for (const call of sequence) if (!attempt(driver, namespace, call)) break;
          } finally {
            driver.host.end();
          }
        });
        fc.assert(property, { numRuns });
        expect([openDescriptors(), outsideOf(tree)]).to.deep.equal(before);
      }

      for (const name of Object.keys(SIGNATURES)) {
        it(`${name}: an errno or a stop`, () => {
          hold(fc.tuple(callOf(name, end)), RUNS);
        });
      }

      it('all of them after each other: an errno or a stop', () => {
        const names = Object.keys(SIGNATURES).filter((name) => name !== 'proc_exit');
        const any = fc.constantFrom(...names).chain((name) => callOf(name, end));
        hold(fc.array(any, { minLength: 10, maxLength: 40 }), 60);
      });
    });
  }
}

/** Names, sizes, times and link counts of what lies outside. */
function outsideOf(tree: Tree): string {
  return [
    tree.secret,
    tree.outside,
    ...readdirSync(tree.outside).map((name) => join(tree.outside, name)),
  ]
    .map((path) => {
      const { ino, size, nlink, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
      return `${path} ${ino} ${size} ${nlink} ${mtimeNs} ${ctimeNs}`;
    })
    .join('\n');
}
