// Table and memory types: element type and limits (core specification 5.3.7 to 5.3.10).

import type { Reader } from './reader.js';

interface SizeLimits {
  readonly minimum: number;
  readonly maximum: number | undefined;
}

export interface MemoryType extends SizeLimits {
  /** Threads proposal, flag 2. */
  readonly isShared: boolean;
  /** Memory64 proposal, flag 4. */
  readonly is64: boolean;
}

export interface TableType extends SizeLimits {
  /** The element type as it stands in the binary: one byte, 0x70 funcref or 0x6f externref. */
  readonly element: number;
}

const HAS_MAXIMUM = 1;
const SHARED = 2;
const IS_64 = 4;

/** Reads a memory type; sizes are pages of 64 KiB. */
export function readMemoryType(reader: Reader): MemoryType {
  const flags = reader.byte();
  if (flags > 7) reader.fail(`memory flags ${flags} are not known`);
  const is64 = (flags & IS_64) !== 0;
  const minimum = is64 ? reader.u64() : reader.u32();
  const maximum = (flags & HAS_MAXIMUM) === 0 ? undefined : is64 ? reader.u64() : reader.u32();
  return { minimum, maximum, isShared: (flags & SHARED) !== 0, is64 };
}

/** Reads a table type; sizes are elements. */
export function readTableType(reader: Reader): TableType {
  const element = reader.byte();
  // Typed references and initial values (0x40) are of proposals that this reader does not follow.
  if (element !== 0x70 && element !== 0x6f)
    reader.fail(`table element type ${element} is not known`);
  const flags = reader.byte();
  if (flags > 1) reader.fail(`table flags ${flags} are not known`);
  const minimum = reader.u32();
  const maximum = flags === HAS_MAXIMUM ? reader.u32() : undefined;
  return { element, minimum, maximum };
}
