// What instantiation made of an instance, and how to make it so again. Only for modules that
// lib/module/reset.ts has proven to have no other state than their memory and their numbers.

/** Mutable globals as lib/module/reset.ts exports them. */
export const GLOBAL_PREFIX = 'wasm-fcgi global ';

/** A module with more data gets a new instance on a clean memory. PHP and Python have some 10 MB. */
const MOST_PICTURED_BYTES = 16_777_216;

export interface Picture {
  /** Everything from the first byte to the last that is not 0; all other bytes are. */
  readonly start: number;
  readonly bytes: Uint8Array;
  /** The last one counts the pages that the guest has (lib/module/growth.ts). */
  readonly globals: readonly (readonly [WebAssembly.Global, number | bigint])[];
}

export function bytesOf({ bytes }: Picture): number {
  return bytes.length;
}

/** How many pages the run that is over had. */
export function pagesOf({ globals }: Picture): number {
  return Number(globals.at(-1)?.[0].value ?? 0);
}

/**
 * To be called before the first export is.
 * @returns undefined when it is too large, or a NaN is in it, which may lose bits on its way
 */
export function takePicture(
  { exports }: WebAssembly.Instance,
  memory: WebAssembly.Memory | undefined,
): Picture | undefined {
  const globals: [WebAssembly.Global, number | bigint][] = [];
  for (const [name, value] of Object.entries(exports)) {
    if (!name.startsWith(GLOBAL_PREFIX) || !(value instanceof WebAssembly.Global)) continue;
    if (Number.isNaN(value.value)) return undefined;
    globals.push([value, value.value]);
  }
  if (memory === undefined) return { start: 0, bytes: new Uint8Array(0), globals };
  const words = new BigUint64Array(memory.buffer);
  const first = words.findIndex((word) => word !== 0n);
  if (first === -1) return { start: 0, bytes: new Uint8Array(0), globals };
  const start = first * 8;
  const end = words.findLastIndex((word) => word !== 0n) * 8 + 8;
  if (end - start > MOST_PICTURED_BYTES) return undefined;
  return { start, bytes: new Uint8Array(memory.buffer.slice(start, end)), globals };
}

/**
 * Makes every byte of the memory and every global what they were. Pages by which the memory has grown
 * are zeros, as new ones would be.
 */
export function restore(
  { start, bytes, globals }: Picture,
  memory: WebAssembly.Memory | undefined,
): void {
  if (memory !== undefined) {
    const all = new Uint8Array(memory.buffer);
    all.fill(0, 0, start);
    all.set(bytes, start);
    all.fill(0, start + bytes.length);
  }
  for (const [global, value] of globals) global.value = value;
}
