// One worker thread: its life as a state machine, and the messages to and from it.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { BELL, type BellWord } from '../channel/bell.js';
import type { Job, Nudge, StartMessage, ThreadMessage, ThreadStart } from '../channel/contract.js';
import { WORD, createControlWords, setWord, wake } from '../channel/control.js';
import { transferable } from '../channel/credit.js';
import { Mailbox, createMailboxMemory } from '../channel/mailbox.js';
import { packStrings } from '../channel/strings.js';
import { messageOf } from '../errors.js';
import { ThreadCpu } from './cpu-time.js';
import { KnownGrants } from './known-grants.js';
import { KnownModules } from './known-modules.js';
import type { PooledRun } from './pooled-run.js';

/**
 * starting -> idle <-> running -> leaving -> idle, and from each of them stopping -> dead.
 * `leaving`: its run was aborted and it was asked to stop; if it is not back soon it is terminated.
 */
export type ThreadState =
  | { readonly name: 'starting' }
  | { readonly name: 'idle' }
  | { readonly name: 'running'; readonly run: PooledRun }
  | { readonly name: 'leaving' }
  | { readonly name: 'stopping' }
  | { readonly name: 'dead' };

/** What the pool hears of its threads. */
export interface ThreadOwner {
  /** The thread can take a run: it has started, or its run is over. */
  free(thread: Thread): void;
  /** An answer lies in a mailbox, of this thread or of others. */
  rang(): void;
  /** The thread has gone; `before` is its state up to then, `reason` why when it went by itself. */
  gone(thread: Thread, before: ThreadState, reason: string): void;
}

const ENTRY = new URL('../worker/main.js', import.meta.url);

/**
 * Of JavaScript only: Wasm memory does not count. The host needs a few MB; the stack is the guest's
 * too, and interpreters recurse deeply.
 */
const RESOURCE_LIMITS = {
  maxOldGenerationSizeMb: 128,
  maxYoungGenerationSizeMb: 16,
  stackSizeMb: 8,
};

export class Thread {
  readonly #owner: ThreadOwner;
  readonly #worker: Worker;
  readonly #bodyPort: MessagePort;
  readonly #words = createControlWords();
  readonly #mailbox: Mailbox;
  readonly #modules = new KnownModules();
  readonly #grants = new KnownGrants();
  #state: ThreadState = { name: 'starting' };
  #runNumber = 0;
  #takenCost = 0;
  /** A guest that is over takes no credit: granting it would wake its thread for nothing. */
  #guestIsOver = false;
  #deathReason: string | undefined;
  #cpu = new ThreadCpu(0);

  /** @param bell the one of all threads of a pool */
  constructor(owner: ThreadOwner, bell: BellWord) {
    this.#owner = owner;
    const { port1, port2 } = new MessageChannel();
    this.#bodyPort = port1;
    const mailbox = createMailboxMemory();
    this.#mailbox = new Mailbox(mailbox);
    const start: ThreadStart<MessagePort> = { words: this.#words, mailbox, bell, bodyPort: port2 };
    this.#worker = new Worker(ENTRY, {
      workerData: start,
      transferList: [port2],
      // Nothing of the server's environment, and none of its options, is the worker's business.
      env: {},
      argv: [],
      execArgv: [],
      resourceLimits: RESOURCE_LIMITS,
    });
    this.#worker.on('message', (message: ThreadMessage) => this.#onMessage(message));
    this.#worker.on('error', (error: unknown) => (this.#deathReason = messageOf(error)));
    this.#worker.on('exit', (code) => this.#onExit(code));
  }

  get state(): ThreadState['name'] {
    return this.#state.name;
  }

  /** Of the thread; right from when it is first free. */
  get cpu(): ThreadCpu {
    return this.#cpu;
  }

  /** Begins `run`; the thread must be idle. */
  start(run: PooledRun): void {
    this.#state = { name: 'running', run };
    // Run numbers are compared with a 32-bit word, in which 0 means no run.
    this.#runNumber = this.#runNumber === 0x7fffffff ? 1 : this.#runNumber + 1;
    const number = this.#runNumber;
    this.#takenCost = 0;
    this.#guestIsOver = false;
    Atomics.store(this.#words, WORD.STDOUT_TAKEN, 0);
    const { job } = run;
    const given = run.bodyStream.open((chunk) => {
      this.#bodyPort.postMessage({ run: number, chunk }, chunk ? transferable([chunk]) : []);
      wake(this.#words);
    });
    run.began((takenCost) => this.#grantCredit(takenCost));
    this.#send(job, given);
    wake(this.#words);
  }

  #send(job: Job, given: Pick<StartMessage, 'body' | 'bodyEnded'>): void {
    const { isNew, forget } = this.#modules.use(job.moduleKey);
    const { slot: grantSlot, grant } = this.#grants.use(job);
    const question = { run: this.#runNumber, grantSlot, env: packStrings(job.env) };
    const isPlain = !isNew && grant === undefined && given.bodyEnded && given.body.length === 0;
    if (isPlain && this.#mailbox.ask(question)) return this.#nudge();
    const module = isNew ? job.module : undefined;
    const message: StartMessage = { ...question, module, forget, grant, ...given };
    this.#worker.postMessage(message, transferable(given.body));
  }

  /** The question lies there: now see whether the thread will look by itself (lib/worker/runs.ts). */
  #nudge(): void {
    const nudge: Nudge = 'nudge';
    if (Atomics.load(this.#words, WORD.ATTENDS) === 0) this.#worker.postMessage(nudge);
  }

  /** Takes the answer that lies in the mailbox, if it is there. */
  collect(): void {
    const { name } = this.#state;
    if (name !== 'running' && name !== 'leaving') return;
    const run = this.#runNumber;
    const answer = this.#mailbox.answerTo(run);
    if (answer === undefined) return;
    const { code, stdout } = answer;
    this.#onMessage({
      kind: 'ended',
      run,
      outcome: { kind: 'exit', code },
      stdout,
      stderr: undefined,
    });
  }

  /** Asks the guest to stop at its next wait, read or write. The caller terminates it if it does not. */
  leave(): void {
    if (this.#state.name !== 'running') return;
    this.#state = { name: 'leaving' };
    setWord(this.#words, WORD.STOP, this.#runNumber);
  }

  /** Ends the thread wherever it is. Resolves once it is gone. */
  async stop(): Promise<void> {
    if (this.#state.name === 'dead') return;
    this.#state = { name: 'stopping' };
    await this.#worker.terminate();
  }

  #grantCredit(takenCost: number): void {
    if (this.#guestIsOver || takenCost === this.#takenCost) return;
    this.#takenCost = takenCost;
    setWord(this.#words, WORD.STDOUT_TAKEN, takenCost | 0);
  }

  #onMessage(message: ThreadMessage): void {
    if (message === BELL) return this.#owner.rang();
    if (message.kind === 'ready') {
      this.#cpu = new ThreadCpu(message.thread);
      if (this.#state.name === 'starting') this.#becomeIdle();
      return;
    }
    // A thread that is being stopped has no run any more.
    if (message.run !== this.#runNumber) return;
    if (this.#state.name === 'leaving') {
      // To become idle may mean to begin the next run at once, and this is not its end.
      if (message.kind === 'ended') this.#becomeIdle();
      return;
    }
    if (this.#state.name !== 'running') return;
    const { run } = this.#state;
    if (message.kind === 'stdout') run.stdout(message.chunk);
    else if (message.kind === 'stderr') run.stderr(message.chunk);
    else if (message.kind === 'reached') run.reached(message.limit);
    else if (message.kind === 'bodyTaken') run.bodyStream.taken(message.cost);
    else this.#end(run, message);
  }

  #end(run: PooledRun, message: Extract<ThreadMessage, { kind: 'ended' }>): void {
    this.#guestIsOver = true;
    if (message.stderr !== undefined) run.stderr(message.stderr);
    if (message.stdout !== undefined) run.stdout(message.stdout);
    // The receiver may have aborted the run just now, which has already left this thread.
    if (this.#state.name === 'running') run.finish(message.outcome);
    if (this.#state.name === 'running' || this.#state.name === 'leaving') this.#becomeIdle();
  }

  #becomeIdle(): void {
    this.#state = { name: 'idle' };
    this.#owner.free(this);
  }

  #onExit(code: number): void {
    const before = this.#state;
    this.#state = { name: 'dead' };
    this.#bodyPort.close();
    const reason = this.#deathReason ?? `it ended by itself with code ${code}`;
    this.#owner.gone(this, before, reason);
  }
}
