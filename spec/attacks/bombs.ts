// Module files that are small to send and dear to load, or ask for what nobody may have.

import { OP, VOID, body, command, concat, leb, name, repeat, vector } from './binary.js';
import { I32, I64 } from './binary.js';

const NOTHING = body([]);
const PAGE = 65_536;

/** `count` locals of one type, as a body's groups. */
function locals(count: number, type: number): Buffer {
  return concat([1], leb(count), [type]);
}

function importOf(module: string, field: string, kind: readonly number[]): Buffer {
  return concat(name(module), name(field), kind);
}

/** Every bomb by what it is; made when asked for, since some are large. */
export const BOMBS: Readonly<Record<string, () => Buffer>> = {
  '1,000,000 types': () =>
    command(NOTHING, 1, { type: vector(1_000_000, repeat([0x60, 0, 0], 1_000_000)) }),
  '20,000 types of 1,000 parameters': () => {
    const type = concat([0x60], leb(1000), repeat([I32], 1000), [0]);
    const types = concat([0x60, 0, 0], repeat(type, 20_000));
    return command(NOTHING, 1, { type: vector(20_001, types) });
  },
  '1,000,000 functions': () => command(repeat(NOTHING, 1_000_000), 1_000_000),
  '200,000 functions of 50,000 locals': () =>
    command(repeat(body([], locals(50_000, I64)), 200_000), 200_000),
  '1,000 functions of 50,000 locals': () =>
    command(repeat(body([], locals(50_000, I64)), 1000), 1000),
  '400 functions of 50,000 locals': () => command(repeat(body([], locals(50_000, I64)), 400), 400),
  'a function of 7 MB': () => command(body(repeat([OP.i32Const, 1, OP.drop], 2_300_000))),
  'a function of 7 MB with locals': () =>
    command(body(repeat([0x20, 0, 0x20, 1, 0x6a, 0x21, 0], 1_000_000), concat([1], leb(2), [I32]))),
  '1,000,000 nested blocks': () =>
    command(body(concat(repeat([OP.block, VOID], 1_000_000), repeat([OP.end], 1_000_000)))),
  '1,000,000 nested loops': () =>
    command(body(concat(repeat([OP.loop, VOID], 1_000_000), repeat([OP.end], 1_000_000)))),
  '500,000 nested ifs': () =>
    command(
      body(concat(repeat([OP.i32Const, 1, OP.if, VOID], 500_000), repeat([OP.end], 500_000))),
    ),
  '1,000,000 values on the stack': () =>
    command(body(concat(repeat([OP.i32Const, 1], 1_000_000), repeat([OP.drop], 1_000_000)))),
  '1,000,000 nested additions': () =>
    command(
      body(concat(repeat([OP.i32Const, 1], 1_000_000), repeat([OP.i32Add], 999_999), [OP.drop])),
    ),
  '300,000 nested additions': () =>
    command(
      body(concat(repeat([OP.i32Const, 1], 300_000), repeat([OP.i32Add], 299_999), [OP.drop])),
    ),
  '100 branch tables of 65,520 targets': () =>
    command(
      body(
        repeat(
          concat([OP.block, VOID, OP.i32Const, 0, OP.brTable], leb(65_520), repeat([0], 65_521), [
            OP.end,
          ]),
          100,
        ),
      ),
    ),
  '1,000,000 globals': () =>
    command(NOTHING, 1, {
      global: vector(1_000_000, repeat([I32, 1, OP.i32Const, 0, OP.end], 1_000_000)),
    }),
  '1,000,000 exports': () => {
    const entries: Buffer[] = [concat(name('_start'), [0, 0])];
    for (let i = 1; i < 1_000_000; i += 1) entries.push(concat(name(i.toString(36)), [0, 0]));
    return command(NOTHING, 1, { export: vector(1_000_000, Buffer.concat(entries)) });
  },
  '100,000 imports of unknown WASI functions': () => {
    const entries: Buffer[] = [];
    for (let i = 0; i < 100_000; i += 1) entries.push(importOf('wasi_x', i.toString(36), [0, 0]));
    return command(NOTHING, 1, {
      import: vector(100_000, Buffer.concat(entries)),
      memory: vector(1, [0, 1]),
      export: vector(2, concat(name('_start'), [0], leb(100_000), name('memory'), [2, 0])),
    });
  },
  '100,000 imports nobody provides': () => {
    const entries: Buffer[] = [];
    for (let i = 0; i < 100_000; i += 1) entries.push(importOf('env', i.toString(36), [0, 0]));
    return command(NOTHING, 1, { import: vector(100_000, Buffer.concat(entries)) });
  },
  '500 imports with names of 100,000 bytes': () =>
    command(NOTHING, 1, {
      import: vector(500, repeat(importOf('env', 'n'.repeat(100_000), [0, 0]), 500)),
    }),
  '10,000,000 table elements to begin with': () =>
    command(NOTHING, 1, { table: vector(1, concat([0x70, 0], leb(10_000_000))) }),
  '10,000,000 active elements': () =>
    command(NOTHING, 1, {
      table: vector(1, concat([0x70, 0], leb(100_000))),
      element: vector(
        100,
        repeat(concat([0, OP.i32Const, 0, OP.end], leb(100_000), repeat([0], 100_000)), 100),
      ),
    }),
  '4,000,000 active elements': () =>
    command(NOTHING, 1, {
      table: vector(1, concat([0x70, 0], leb(100_000))),
      element: vector(
        40,
        repeat(concat([0, OP.i32Const, 0, OP.end], leb(100_000), repeat([0], 100_000)), 40),
      ),
    }),
  '100,000 data segments': () =>
    command(NOTHING, 1, {
      memory: vector(1, [0, 1]),
      data: vector(100_000, repeat([0, OP.i32Const, 0, OP.end, 1, 0], 100_000)),
    }),
  'a custom section of 60 MB': () =>
    command(NOTHING, 1, { custom: concat(name('x'), Buffer.alloc(60_000_000)) }),
  'a data segment of 60 MB': () =>
    command(NOTHING, 1, {
      memory: vector(1, concat([0], leb(1000))),
      data: vector(
        1,
        concat([0, OP.i32Const, 0, OP.end], leb(60_000_000), Buffer.alloc(60_000_000, 1)),
      ),
    }),
  '200 times 4,999 nested loops': () =>
    command(repeat(body(concat(repeat([OP.loop, VOID], 4999), repeat([OP.end], 4999))), 200), 200),
  '5,001 nested loops': () =>
    command(body(concat(repeat([OP.loop, VOID], 5001), repeat([OP.end], 5001)))),
  '20,000 loops under 10,000 locals': () =>
    command(body(repeat([OP.loop, VOID, OP.end], 20_000), locals(10_000, I32))),
  '100,000 loops over a stack of 10,000 values': () =>
    command(
      body(
        concat(
          repeat([OP.i32Const, 1], 10_000),
          repeat([OP.loop, VOID, OP.end], 100_000),
          repeat([OP.drop], 10_000),
        ),
      ),
    ),
  '300,000 loops in a row': () => command(body(repeat([OP.loop, VOID, OP.end], 300_000))),
  'all that a function may carry': () =>
    command(body(repeat([OP.loop, VOID, OP.end], 1500), locals(10_000, I32))),
  'calls that return 1,000 values': () =>
    command(concat(NOTHING, body(repeat([OP.unreachable], 1))), 1, {
      type: vector(2, concat([0x60, 0, 0], [0x60, 0], leb(1000), repeat([I32], 1000))),
      function: vector(2, [0, 1]),
      code: vector(2, concat(NOTHING, body([OP.unreachable]))),
    }),
  '4 GiB of memory to begin with': () =>
    command(NOTHING, 1, { memory: vector(1, concat([0], leb((4 * 2 ** 30) / PAGE))) }),
};
