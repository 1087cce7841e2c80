// Strings in a guest's memory, in the three encodings that a component may ask for.

import type { Context } from './context.js';
import { Trap } from './handles.js';

/** One string; the longest that WASI knows is a path or a header. */
const MOST_STRING_BYTES = 16_777_216;
/** Of `latin1+utf16`: the length counts code units of UTF-16. */
const UTF16_TAG = 0x80000000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true });

/** @throws Trap when it is not within the memory, too long, or not of its encoding */
export function loadString(cx: Context, pointer: number, units: number): string {
  const is16 =
    cx.encoding === 'utf16' || (cx.encoding === 'latin1+utf16' && (units & UTF16_TAG) !== 0);
  const count = cx.encoding === 'latin1+utf16' ? units & ~UTF16_TAG : units >>> 0;
  const size = is16 ? count * 2 : count;
  if (size > MOST_STRING_BYTES)
    throw new Trap(`a string of ${size} bytes, the limit is ${MOST_STRING_BYTES}`);
  const start = cx.at(pointer, size, is16 || cx.encoding === 'latin1+utf16' ? 2 : 1);
  const bytes = cx.bytes.subarray(start, start + size);
  if (cx.encoding === 'latin1+utf16' && !is16) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, size).toString('latin1');
  }
  try {
    return (is16 ? utf16 : utf8).decode(bytes);
  } catch {
    throw new Trap(`a string is not ${is16 ? 'UTF-16' : 'UTF-8'}`);
  }
}

/** Puts a string into new memory of the guest's. @returns pointer and length in its units */
export function storeString(cx: Context, text: string): readonly [pointer: number, units: number] {
  const is16 = cx.encoding !== 'utf8';
  const bytes = Buffer.from(text, is16 ? 'utf16le' : 'utf8');
  const pointer = cx.allocate(bytes.length, is16 ? 2 : 1);
  cx.bytes.set(bytes, pointer);
  if (!is16) return [pointer, bytes.length];
  const units = bytes.length / 2;
  return [pointer, cx.encoding === 'utf16' ? units : (units | UTF16_TAG) >>> 0];
}
