// Builds Wasm binaries that no toolchain writes, byte by byte (core specification 5).

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** Opcodes that the attacks are made of. */
export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brTable: 0x0e,
  call: 0x10,
  drop: 0x1a,
  localGet: 0x20,
  i32Const: 0x41,
  i32Add: 0x6a,
} as const;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const VOID = 0x40;

export type Bytes = Uint8Array | readonly number[];

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

export function concat(...parts: readonly Bytes[]): Buffer {
  return Buffer.concat(parts.map((part) => Uint8Array.from(part)));
}

/** `part` `count` times. */
export function repeat(part: Bytes, count: number): Buffer {
  return Buffer.alloc(part.length * count, Uint8Array.from(part));
}

export function name(text: string): Buffer {
  return concat(leb(text.length), Buffer.from(text, 'latin1'));
}

/** A vector: a count, true or not, and what follows. */
export function vector(count: number, entries: Bytes): Buffer {
  return concat(leb(count), entries);
}

function section(id: number, contents: Bytes): Buffer {
  return concat([id], leb(contents.length), contents);
}

/** A binary of these sections. */
function binary(...sections: readonly Bytes[]): Buffer {
  return concat([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...sections);
}

/** A function body: groups of locals as they stand in the binary, then instructions without the end. */
export function body(code: Bytes, locals: Bytes = [0]): Buffer {
  return concat(leb(locals.length + code.length + 1), locals, code, [OP.end]);
}

/** Sections of a command around others: type 0 is () -> (), function 0 is `_start`. */
export function command(
  bodies: Bytes,
  count = 1,
  more: Readonly<Partial<Record<keyof typeof SECTION, Bytes>>> = {},
): Buffer {
  const all: Partial<Record<keyof typeof SECTION, Bytes>> = {
    type: vector(1, [0x60, 0, 0]),
    function: vector(count, repeat([0], count)),
    export: vector(1, concat(name('_start'), [0, 0])),
    code: vector(count, bodies),
    ...more,
  };
  const order = ['type', 'import', 'function', 'table', 'memory', 'tag', 'global', 'export'].concat(
    ['start', 'element', 'dataCount', 'code', 'data', 'custom'],
  );
  const sections: Buffer[] = [];
  for (const [key, id] of Object.entries(SECTION).sort(
    ([one], [other]) => order.indexOf(one) - order.indexOf(other),
  )) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a key of SECTION
    const contents = all[key as keyof typeof SECTION];
    if (contents !== undefined) sections.push(section(id, contents));
  }
  return binary(...sections);
}
