// Takes a snapshot: boots the program to learn its stack, instruments that, boots again, and takes the picture.

import type { SnapshotPicture } from '../picture.js';
import type { Descriptor } from '../wasi/descriptor.js';
import { UnpicturableHost, takeHostPicture } from '../wasi/picture.js';
import { GuestStop } from '../wasi/process.js';
import type { Asyncify } from './asyncify.js';
import { Boot, type BootEvents, type Booted, READ_IT } from './boot.js';
import { type Snapshot, type SnapshotProgram, SnapshotRefusal, type Source } from './contract.js';
import { type Instrumented, instrument } from './instrument.js';
import { MOST_SOURCES, sourceOf } from './sources.js';

const PAGE_BYTES = 65_536;
/** Room for the stack while it is put away; what is not used of it is not kept. */
const STACK_PAGES = 16;
/** Asyncify's own two words in front of it: where it ends now, and where it must end. */
const STACK_HEAD = 8;
const UNWINDS = 1;
const REWINDS = 2;
/** No stack, but not 0: what may come to stand on it are clones (lib/snapshot/instrument.ts). */
const STARTS = 1;

/**
 * @param bytes of the module
 * @param sources is filled with what the program opened, even if it is refused
 * @param runs hears when the program begins to run, and when it has stopped
 * @throws SnapshotRefusal with the one reason
 */
export async function takeSnapshot(
  bytes: Uint8Array,
  program: SnapshotProgram,
  asyncify: Asyncify,
  sources: Map<string, Source> = new Map(),
  runs: (doesRun: boolean) => void = () => undefined,
): Promise<Snapshot> {
  const opened = (descriptor: Descriptor): void => {
    if (sources.size > MOST_SOURCES) return;
    const source = sourceOf(descriptor, program.preopens);
    if (source !== undefined) sources.set(source.path, source);
  };
  const events: BootEvents = { opened, runs };
  const listed = await stackAtRequest(bytes, program, events);
  if (sources.size > MOST_SOURCES) {
    throw new SnapshotRefusal(
      `it opens over ${MOST_SOURCES} files before it reads its request`,
      'load less of it before, or from fewer files',
    );
  }
  const instrumented = await instrumentOrRefuse(bytes, listed, asyncify);
  const boot = new Boot(instrumented.bytes, program, events);
  const booted = await boot.prepare();
  try {
    globalOf(booted.instance, instrumented.data).value = STARTS;
    const bootMs = unwind(boot, instrumented, listed);
    const picture = takePicture(booted, instrumented);
    const requestMs = tryOut(boot, booted, picture, instrumented, listed);
    return {
      picture,
      module: instrumented.bytes,
      large: instrumented.large,
      sources: [...sources.values()],
      bootMs,
      requestMs,
      takenAtMs: Date.now(),
      stderr: boot.stderr,
    };
  } finally {
    boot.end();
  }
}

/** The functions on the stack where the program as it is reads its request. */
async function stackAtRequest(
  bytes: Uint8Array,
  program: SnapshotProgram,
  events: BootEvents,
): Promise<number[]> {
  const boot = new Boot(bytes, program, events);
  await boot.prepare();
  let found: readonly number[] | undefined;
  try {
    const end = boot.call((_booted, frames) => {
      found = frames;
      throw new GuestStop({ kind: 'aborted' });
    });
    if (found === undefined) throw endedEarly(end);
  } finally {
    boot.end();
  }
  return [...found];
}

function endedEarly(end: GuestStop | undefined): SnapshotRefusal {
  const { outcome } = end ?? {};
  const how =
    outcome === undefined || outcome.kind === 'exit'
      ? `with exit code ${outcome?.code ?? 0}`
      : `by ${outcome.kind}${'message' in outcome ? `: ${outcome.message}` : ''}`;
  return new SnapshotRefusal(`it ended ${how} and never read its request`, READ_IT);
}

async function instrumentOrRefuse(
  bytes: Uint8Array,
  listed: readonly number[],
  asyncify: Asyncify,
): Promise<Instrumented> {
  try {
    return await instrument(bytes, listed, asyncify);
  } catch (thrown) {
    if (thrown instanceof SnapshotRefusal) throw thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new SnapshotRefusal(
      `its stack cannot be put away: ${message}`,
      'read the request from a shallower place, not from within a callback',
    );
  }
}

/** Boots up to the request and puts the stack away. @returns ms until it was read */
function unwind(
  boot: Boot,
  { state, data, cloneOf }: Instrumented,
  listed: readonly number[],
): number {
  const start = performance.now();
  let bootMs: number | undefined;
  let refusal: SnapshotRefusal | undefined;
  const end = boot.call(({ instance, memory }, frames) => {
    if (bootMs !== undefined) return undefined;
    bootMs = performance.now() - start;
    refusal = strayFrame(frames, cloneOf, listed);
    if (refusal !== undefined) throw new GuestStop({ kind: 'aborted' });
    const at = pagesOf(instance) * PAGE_BYTES;
    makeRoom(memory, at);
    const words = new DataView(memory.buffer, at, STACK_HEAD);
    words.setUint32(0, at + STACK_HEAD, true);
    words.setUint32(4, at + STACK_PAGES * PAGE_BYTES, true);
    globalOf(instance, data).value = at;
    globalOf(instance, state).value = UNWINDS;
    return 0;
  });
  if (refusal !== undefined) throw refusal;
  if (bootMs === undefined || end !== undefined) throw endedEarly(end);
  return bootMs;
}

/** Asyncify is right for clones alone: with another function on the stack it would go astray. */
function strayFrame(
  frames: readonly number[],
  cloneOf: Instrumented['cloneOf'],
  listed: readonly number[],
): SnapshotRefusal | undefined {
  const others = frames.filter((index) => cloneOf(index) === undefined);
  if (others.length === 0) return undefined;
  // Others call the originals.
  const stray = others.filter((index) => !listed.includes(index));
  return new SnapshotRefusal(
    `it reads its request by other ways each time: function ${stray.join(', ')} was not on the stack before`,
    'read the request at one place, whatever the time, the random numbers and the files are',
  );
}

function makeRoom(memory: WebAssembly.Memory, at: number): void {
  const wanted = at / PAGE_BYTES + STACK_PAGES - memory.buffer.byteLength / PAGE_BYTES;
  if (wanted <= 0) return;
  try {
    memory.grow(wanted);
  } catch {
    throw new SnapshotRefusal(
      `it uses all of its memory before the request is there: ${at} bytes`,
      `give it ${STACK_PAGES * PAGE_BYTES} bytes more (WasmMemory)`,
    );
  }
}

const GLOBAL_PREFIX = 'wasm-fcgi global ';

function nameOf(index: number): string {
  return `${GLOBAL_PREFIX}${index}`;
}

function globalOf({ exports }: WebAssembly.Instance, index: number): WebAssembly.Global {
  const found = exports[nameOf(index)];
  if (!(found instanceof WebAssembly.Global)) throw new Error(`there is no global ${index}`);
  return found;
}

/** As the guest counts them (lib/module/growth.ts): the last global of all. */
function pagesOf({ exports }: WebAssembly.Instance): number {
  const globals = Object.values(exports).filter((one) => one instanceof WebAssembly.Global);
  return Number(globals.at(-1)?.value ?? 0);
}

function takePicture(booted: Booted, { state, data }: Instrumented): SnapshotPicture {
  const { host, instance, memory, environment } = booted;
  const at = Number(globalOf(instance, data).value);
  const end = new DataView(memory.buffer).getUint32(at, true);
  if (end > at + STACK_PAGES * PAGE_BYTES) {
    throw new SnapshotRefusal(
      `its stack is over ${STACK_PAGES * PAGE_BYTES} bytes`,
      'read the request from a shallower place',
    );
  }
  globalOf(instance, state).value = REWINDS;
  const globals = Object.entries(instance.exports).flatMap(([name, value]) =>
    value instanceof WebAssembly.Global && name.startsWith(GLOBAL_PREFIX)
      ? [[name, value.value] as const]
      : [],
  );
  if (globals.some(([, value]) => Number.isNaN(value))) {
    throw new SnapshotRefusal(
      'a number that is none (NaN) is in one of its globals',
      'build it without global variables of Wasm for floating point',
    );
  }
  const words = new BigUint64Array(memory.buffer);
  const first = Math.max(
    0,
    words.findIndex((word) => word !== 0n),
  );
  const last = words.findLastIndex((word) => word !== 0n);
  const start = first * 8;
  const bytes = new Uint8Array(new SharedArrayBuffer(last * 8 + 8 - start));
  bytes.set(new Uint8Array(memory.buffer, start, bytes.length));
  return {
    pages: memory.buffer.byteLength / PAGE_BYTES,
    start,
    bytes,
    globals,
    stack: { state: nameOf(state), data: nameOf(data), at, bytes: end - at },
    environment: environment.places(memory.buffer),
    host: hostPicture(host),
  };
}

function hostPicture(host: Booted['host']): SnapshotPicture['host'] {
  try {
    return takeHostPicture(host.guest);
  } catch (thrown) {
    if (!(thrown instanceof UnpicturableHost)) throw thrown;
    throw new SnapshotRefusal(thrown.message, 'close it before the request is read');
  }
}

/** Takes the stack up again, up to the same read: what worked here works for every request. */
function tryOut(
  boot: Boot,
  { memory }: Booted,
  picture: SnapshotPicture,
  { cloneOf }: Instrumented,
  listed: readonly number[],
): number {
  const start = performance.now();
  new Uint8Array(memory.buffer).set(picture.bytes, picture.start);
  let found: readonly number[] = [];
  boot.call((_booted, frames) => {
    found = frames;
    throw new GuestStop({ kind: 'aborted' });
  });
  const originals = found.map(cloneOf).filter((index) => index !== 'trampoline');
  if (originals.join() !== listed.join()) {
    throw new SnapshotRefusal(
      'its stack was not the same when it was taken up again',
      'tell the authors of wasm-fcgi which module this is',
    );
  }
  return performance.now() - start;
}
