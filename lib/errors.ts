// The error classes of the program. Made where the knowledge is, answered once at the edge.

import type { FaultCode } from './faults.js';

/** One request cannot be answered as asked; everybody else goes on. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /**
   * @param code stable machine word for the log, a row of FAULTS: `MODULE_NOT_FOUND`
   * @param status HTTP status of the answer, 400..599
   * @param message subject, fault, expected, got; for the log, never sent to a client
   */
  constructor(
    readonly code: FaultCode,
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Configuration or command line is wrong: every fault found, in order. Exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** @param faults one line each: `wasm-fcgi.ini:12: [server] timeout must be 1..3600 s, not "ten"` */
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
  }
}

/** The peer broke FastCGI 1.0 in a way that ends its connection. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Whether a system call failed for want of descriptors, of the process or of the machine; also as a cause. */
export function isOutOfDescriptors(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if ('code' in thrown && (thrown.code === 'EMFILE' || thrown.code === 'ENFILE')) return true;
  return isOutOfDescriptors(thrown.cause);
}

/** The text of anything thrown, without a stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
