// args_get, args_sizes_get, environ_get, environ_sizes_get.

import type { Guest } from './guest.js';

export const argsCalls = {
  args_get(guest: Guest, list: number, bytes: number): void {
    writeStrings(guest, guest.process.args, list, bytes);
  },
  args_sizes_get(guest: Guest, count: number, bytes: number): void {
    writeSizes(guest, guest.process.args, count, bytes);
  },
  environ_get(guest: Guest, list: number, bytes: number): void {
    writeStrings(guest, guest.process.env, list, bytes);
  },
  environ_sizes_get(guest: Guest, count: number, bytes: number): void {
    writeSizes(guest, guest.process.env, count, bytes);
  },
};

function sizeOf(strings: readonly string[]): number {
  return strings.reduce((sum, string) => sum + string.length + 1, 0);
}

/** None at all is a success with count 0: older libcs take an error for the end of the world. */
function writeSizes(guest: Guest, strings: readonly string[], count: number, bytes: number): void {
  guest.memory.at(count, 4);
  guest.memory.setU32(bytes, sizeOf(strings));
  guest.memory.setU32(count, strings.length);
}

/** A pointer a string into `list`, the strings NUL-terminated into `bytes`. */
function writeStrings(guest: Guest, strings: readonly string[], list: number, bytes: number): void {
  const { memory } = guest;
  const size = sizeOf(strings);
  let pointer = memory.at(list, strings.length * 4);
  let offset = memory.at(bytes, size);
  if (size > 0) {
    const target = Buffer.from(memory.bytes.buffer, offset, size);
    target.write(`${strings.join('\0')}\0`, 'latin1');
  }
  for (const { length } of strings) {
    memory.view.setUint32(pointer, offset, true);
    pointer += 4;
    offset += length + 1;
  }
}
