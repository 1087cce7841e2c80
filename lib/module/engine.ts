// Flags of V8 that must be set before the first module is compiled.

import { setFlagsFromString } from 'node:v8';

/**
 * Makes every guest end within milliseconds of `terminate()`. With dynamic tiering, baseline code asks
 * for interrupts only when its tiering budget is used up, and a loop around a bulk-memory operation
 * uses up next to nothing of it: measured, a loop that fills 256 MiB was still alive after 20 s. The
 * price is paid once per module and server start: optimizing everything at once makes the first runs
 * of an interpreter slower. A smaller `--wasm-tiering-budget` only shortens the wait, in proportion.
 */
export function prepareEngine(): void {
  setFlagsFromString('--no-wasm-dynamic-tiering');
}
