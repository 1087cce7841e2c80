// random_get.

import { randomFillSync } from 'node:crypto';
import type { Guest } from './guest.js';

/** Filled piece by piece, so that a guest that asks for all of its memory can be ended. */
const PIECE_BYTES = 65_536;

export const randomCalls = {
  random_get(guest: Guest, pointer: number, length: number): void {
    const bytes = guest.memory.slice(pointer, length);
    for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
      randomFillSync(bytes, offset, Math.min(PIECE_BYTES, bytes.length - offset));
    }
  },
};
