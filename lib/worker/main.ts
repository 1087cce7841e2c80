// Entry of a worker thread: takes one run after another, and reports each.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type {
  Job,
  RunGrant,
  StartMessage,
  ThreadMessage,
  ThreadStart,
} from '../channel/contract.js';
import { BELL, ring } from '../channel/bell.js';
import { transferable } from '../channel/credit.js';
import { Mailbox } from '../channel/mailbox.js';
import { PipeReader } from '../channel/pipe.js';
import type { Limits, Outcome, WhyFresh } from '../run.js';
import { WasiHost } from '../wasi/host.js';
import { threadNumber } from '../wasi/hostthread.js';
import { Wasi2Host } from '../wasi2/host.js';
import { RunClock } from './clock.js';
import { ComponentProgram } from './component.js';
import { runGuest } from './guest.js';
import { outcomeOf } from './outcome.js';
import { KeptBytes } from './kept.js';
import { OutgoingCalls } from './outgoing.js';
import { type Program, linkProgram } from './program.js';
import { serveEach } from './runs.js';
import { SnapshotProgram } from './snapshot.js';
import { StderrSink } from './stderr.js';
import { StdinSource } from './stdin.js';
import { StdoutSink } from './stdout.js';

/** What a thread has of a module. */
type Kept = Program | ComponentProgram | SnapshotProgram;

/** A run that is younger is mostly over before anybody would have read what it has flushed. */
const YOUNG_MS = 2;
/** What fits into a word of the mailbox. */
const MOST_MICROS = 0x7fffffff;

if (parentPort === null) throw new Error('worker/main is started as a worker thread only');
// Host calls throw for control flow; nobody reads their stacks.
Error.stackTraceLimit = 0;
// oxlint-disable-next-line no-unsafe-type-assertion -- only lib/pool/thread starts this file, with that
serveRuns(parentPort, workerData as ThreadStart);

function serveRuns(port: MessagePort, start: ThreadStart): void {
  const { words, bell } = start;
  const mailbox = new Mailbox(start.mailbox);
  const host = new WasiHost();
  /** Made for the first component. */
  let host2: Wasi2Host | undefined;
  const programs = new Map<string, Kept>();
  const kept = new KeptBytes();
  const grants: RunGrant[] = [];
  let run = 0;
  let slot = 0;
  let beganMs = 0;
  /** Nothing of this run is on its way to the main thread. */
  let isQuiet = true;

  const post = (message: ThreadMessage, chunks: readonly Uint8Array<ArrayBuffer>[] = []): void => {
    isQuiet = false;
    port.postMessage(message, transferable(chunks));
  };
  const ringBell = (): void => {
    if (ring(bell)) port.postMessage(BELL);
  };

  const clock = new RunClock(words);
  const stdin = new StdinSource(clock, new PipeReader(start.pipe), ringBell);
  const sendStdout = (chunk: Uint8Array<ArrayBuffer>): void =>
    post({ kind: 'stdout', run, chunk }, [chunk]);
  const stdout = new StdoutSink(clock, words, sendStdout, {
    put: (bytes) => isQuiet && clock.ageMs < YOUNG_MS && mailbox.offer(slot, bytes),
    // What is taken may still be read there: nothing else is put in its place.
    takeBack: (bytes) => (isQuiet = mailbox.takeBack(slot, bytes)),
  });
  const reachedBefore = new Set<keyof Limits>();
  const reached = (limit: keyof Limits): void => {
    if (!reachedBefore.has(limit)) post({ kind: 'reached', run, limit });
    reachedBefore.add(limit);
  };
  const tellFresh = (why: WhyFresh): void => post({ kind: 'fresh', run, why });
  const stderr = new StderrSink(clock, reached, (chunk) => post({ kind: 'stderr', run, chunk }));
  const wait = (ready: () => boolean, ms: number): boolean => clock.wait(ready, ms);
  const stdio = { stdin, stdout, stderr, wait, reached };
  const calls = new OutgoingCalls(clock, (question, callPort) => {
    isQuiet = false;
    port.postMessage({ kind: 'outgoing', run, question, port: callPort }, [callPort]);
  });

  function giveUp(moduleKey: string): void {
    programs.get(moduleKey)?.instances?.forget();
    programs.delete(moduleKey);
  }

  function programOf({ module, forget }: StartMessage, moduleKey: string): Kept {
    if (forget !== undefined) giveUp(forget);
    const known = programs.get(moduleKey);
    if (known !== undefined) return known;
    if (module === undefined) throw new Error(`module ${moduleKey} was never sent to this thread`);
    const program = linked(module);
    programs.set(moduleKey, program);
    return program;
  }

  function linked(module: Job['module']): Kept {
    if (module instanceof WebAssembly.Module) return linkProgram(module, host, kept);
    if ('picture' in module) {
      // Kept while there was no snapshot; hardly anybody will ask for it now.
      programs.get(module.freshKey)?.instances?.forget();
      return new SnapshotProgram(module, host, kept, tellFresh);
    }
    return new ComponentProgram(module, (host2 ??= new Wasi2Host(calls)), kept);
  }

  function grantOf({ grantSlot, grant = grants[grantSlot] }: StartMessage): RunGrant {
    if (grant === undefined) throw new Error(`grant ${grantSlot} was never sent to this thread`);
    return (grants[grantSlot] = grant);
  }

  function runOnce(start: StartMessage, grant: RunGrant): Outcome {
    try {
      const program = programOf(start, grant.moduleKey);
      if (program instanceof ComponentProgram || program instanceof SnapshotProgram)
        return program.run(start, grant, stdio);
      return runGuest(start, grant, program, host, stdio);
    } catch (thrown) {
      return outcomeOf(thrown);
    }
  }

  /** Answers in the mailbox where that is all there is to say, else by a message. */
  function report(outcome: Outcome): void {
    const rest = { stdout: stdout.takeRest(), stderr: stderr.takeRest() };
    const isPlain = isQuiet && outcome.kind === 'exit' && rest.stderr === undefined;
    const micros = Math.min((performance.now() - beganMs) * 1000, MOST_MICROS);
    if (!isPlain || !mailbox.answer(slot, run, { code: outcome.code, micros, stdout: rest.stdout }))
      post({ kind: 'ended', run, outcome, ...rest });
    else ringBell();
  }

  const serve = (start: StartMessage): void => {
    run = start.run;
    slot = start.slot;
    beganMs = performance.now();
    isQuiet = true;
    const grant = grantOf(start);
    const { limits } = grant;
    clock.begin(run, limits.timeoutMs);
    // To clear an empty set makes a new table all the same.
    if (reachedBefore.size > 0) reachedBefore.clear();
    stdin.begin(start.hasBody);
    stdout.begin(limits.outputBytes);
    stderr.begin(limits.stderrBytes);
    const outcome = runOnce(start, grant);
    calls.end();
    report(clock.stopped ?? outcome);
    // The answer is on its way; what follows makes nobody wait but a next run.
    programs.get(grant.moduleKey)?.instances?.recycle();
  };
  serveEach(port, words, mailbox, serve, (keys) => keys.forEach(giveUp));
  post({ kind: 'ready', thread: threadNumber() });
}
