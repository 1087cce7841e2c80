// Runs a guest on the host of lib/wasi, with stdio in memory.

import { WasiHost } from '../../lib/wasi/host.js';
import { type ByteSource, type GuestProcess, GuestStop } from '../../lib/wasi/process.js';
import type { Limits, Outcome, Preopen } from '../../lib/run.js';

export const LIMITS: Limits = {
  timeoutMs: 30_000,
  cpuTimeMs: Infinity,
  memoryBytes: 256 * 2 ** 20,
  tableElements: 100_000,
  openFiles: 128,
  fileBytes: 64 * 2 ** 20,
  writtenBytes: 256 * 2 ** 20,
  outputBytes: Infinity,
  stderrBytes: 65_536,
  bodyBytes: Infinity,
  outgoingRequests: 32,
  outgoingOpen: 4,
  outgoingConnectMs: 5_000,
  outgoingHeadMs: 15_000,
  outgoingIdleMs: 10_000,
  outgoingHeadBytes: 32_768,
  outgoingSentBytes: 16_777_216,
  outgoingReceivedBytes: 67_108_864,
};

export interface Grant {
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly preopens?: readonly Preopen[];
  readonly requestDirectory?: string;
  readonly declined?: () => void;
  readonly limits?: Partial<Limits>;
  readonly stdin?: string | ByteSource;
  /** Ends every wait at once, as the deadline does. */
  readonly deadline?: boolean;
}

export interface Ran {
  readonly outcome: Outcome;
  /** Exit code; undefined when it ended otherwise. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What the host did to stdio and sleep, in order: `write N`, `flush`, `sleep N`. */
  readonly events: readonly string[];
}

/** A stdin that holds these bytes and then ends. */
export function sourceOf(text: string): ByteSource {
  const bytes = Buffer.from(text, 'latin1');
  let offset = 0;
  return {
    get available() {
      return bytes.length - offset;
    },
    get ended() {
      return offset === bytes.length;
    },
    read(target) {
      const copied = bytes.copy(target, 0, offset);
      offset += copied;
      return copied;
    },
    wait: () => true,
  };
}

/** Runs `_start` of a module on a host of its own. */
export function runGuest(module: WebAssembly.Module, grant: Grant = {}): Ran {
  const host = new WasiHost();
  const events: string[] = [];
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const sink = (name: string, chunks: Buffer[]) => ({
    write(bytes: Uint8Array) {
      events.push(`${name} ${bytes.length}`);
      chunks.push(Buffer.from(bytes));
    },
    flush() {
      events.push(`flush ${name}`);
    },
    offer() {
      events.push(`offer ${name}`);
    },
  });
  const { stdin = '' } = grant;
  const process: GuestProcess = {
    args: grant.args ?? ['guest'],
    env: grant.env ?? [],
    preopens: grant.preopens ?? [],
    limits: { ...LIMITS, ...grant.limits },
    stdin: typeof stdin === 'string' ? sourceOf(stdin) : stdin,
    stdout: sink('stdout', out),
    stderr: sink('stderr', err),
    wait(ready, ms) {
      events.push(`sleep ${ms}`);
      if (grant.deadline === true) throw new GuestStop({ kind: 'timeout' });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      return ready();
    },
    reached: () => undefined,
  };
  let outcome: Outcome = { kind: 'exit', code: 0 };
  try {
    host.begin(process);
    const { exports } = new WebAssembly.Instance(module, host.importsFor(module));
    const { memory, _start: start } = exports;
    if (!(memory instanceof WebAssembly.Memory) || typeof start !== 'function') {
      throw new Error('not a command');
    }
    host.bind(memory);
    start();
  } catch (error) {
    outcome = error instanceof GuestStop ? error.outcome : { kind: 'trap', message: String(error) };
  } finally {
    host.end();
  }
  return {
    outcome,
    code: outcome.kind === 'exit' ? outcome.code : undefined,
    stdout: Buffer.concat(out).toString('latin1'),
    stderr: Buffer.concat(err).toString('latin1'),
    events,
  };
}
