// One worker thread: its life as a state machine, and the messages to and from it.

import type { MessagePort, Worker } from 'node:worker_threads';
import { BELL, type BellWord } from '../channel/bell.js';
import type { Job, Nudge, StartMessage, ThreadMessage } from '../channel/contract.js';
import { WORD, createControlWords, setWord, wake } from '../channel/control.js';
import { chunkCost } from '../channel/credit.js';
import { Mailbox, createMailboxMemory } from '../channel/mailbox.js';
import { packStrings } from '../channel/strings.js';
import { messageOf } from '../errors.js';
import { Ahead, type Given } from './ahead.js';
import { StdoutCredit } from './credit.js';
import { ThreadCpu } from './cpu-time.js';
import { Intake } from './intake.js';
import { Known } from './known.js';
import { PortPeer } from './peer.js';
import type { PooledRun } from './pooled-run.js';
import { startWorker } from './start.js';
import type { RunMessage, ThreadOwner, ThreadState } from './thread-state.js';

export class Thread {
  readonly #owner: ThreadOwner<Thread>;
  readonly #worker: Worker;
  readonly #words = createControlWords();
  readonly #mailbox: Mailbox;
  readonly #intake = new Intake(this.#words);
  readonly #known = new Known();
  #state: ThreadState = { name: 'starting' };
  #lastNumber = 0;
  /** What is running, or was running last. */
  #current: Given = { run: undefined, number: 0, slot: 0, moduleKey: '', micros: Infinity };
  /** It went by message: what lies in the mailbox would overtake it. */
  #isPosted = false;
  readonly #ahead: Ahead;
  /** It was given something since it was woken last: it may sleep and not know. */
  #isUntold = false;
  #begunMs = 0;
  readonly #credit = new StdoutCredit(this.#words);
  /** A guest that is over takes no credit: granting it would wake its thread for nothing. */
  #guestIsOver = false;
  #deathReason: string | undefined;
  #cpu = new ThreadCpu(0);

  /** @param bell the one of all threads of a pool */
  constructor(owner: ThreadOwner<Thread>, bell: BellWord) {
    this.#owner = owner;
    const mailbox = createMailboxMemory();
    this.#mailbox = new Mailbox(mailbox);
    this.#ahead = new Ahead(this.#mailbox);
    const pipe = this.#intake.memory;
    this.#worker = startWorker({ words: this.#words, mailbox, bell, pipe });
    this.#worker.on('message', (message: ThreadMessage<MessagePort>) => this.#onMessage(message));
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

  /** Something was given to it beforehand that it is not known to have begun. */
  get hasAhead(): boolean {
    return !this.#ahead.isEmpty;
  }

  /** What was given to it beforehand. */
  get ahead(): readonly PooledRun[] {
    return this.#ahead.runs;
  }

  /** When it began its run, as far as is known; ms. */
  get begunMs(): number {
    return this.#begunMs;
  }

  /** Begins `run`; the thread must be idle. */
  start(run: PooledRun): void {
    const number = this.#nextNumber();
    const slot = this.#ahead.takeSlot() ?? 0;
    const micros = this.#known.microsOf(run.job);
    this.#becomeRunning({ run, number, slot, moduleKey: run.job.moduleKey, micros });
    const hasBody = !run.bodyStream.isEmpty;
    if (hasBody) run.bodyStream.open(this.#intake);
    this.#send(run.job, hasBody);
    wake(this.#words);
  }

  /**
   * Gives it a run beforehand. It takes it when it is done with the one before, or is roused.
   * @param mostMicros what all that it has may take it
   * @returns false when it has no room for it, may take longer, or would need a message
   */
  give(run: PooledRun, mostMicros: number): boolean {
    if (this.#state.name !== 'running' || this.#isPosted) return false;
    // What the one before waits for, this one would wait for as well.
    if (!this.#state.run.bodyStream.ended || !run.bodyStream.isEmpty) return false;
    const { job } = run;
    const micros = this.#known.microsOf(job);
    if (this.#current.micros + this.#ahead.micros + micros > mostMicros) return false;
    const grantSlot = this.#known.grantSlotOf(job);
    const slot = grantSlot === undefined ? undefined : this.#ahead.takeSlot();
    if (grantSlot === undefined || slot === undefined) return false;
    const number = this.#nextNumber();
    const env = packStrings(job.env);
    if (!this.#mailbox.ask({ run: number, slot, grantSlot, hasBody: false, env })) {
      this.#ahead.freeSlot(slot);
      return false;
    }
    this.#ahead.add({ run, number, slot, moduleKey: job.moduleKey, micros });
    this.#isUntold = true;
    return true;
  }

  /**
   * Tells the thread of what was given to it beforehand, should it sleep by now. That may be its run
   * by now, when the answer before has been taken since.
   */
  rouse(): void {
    if (!this.#isUntold) return;
    this.#isUntold = false;
    this.#nudge();
    wake(this.#words);
  }

  /** It is to give up this module, as soon as it has no run of it. */
  forget(moduleKey: string): void {
    this.#known.forget(moduleKey);
    this.#tellUnwanted();
  }

  #tellUnwanted(): void {
    if (!this.#known.hasUnwanted) return;
    const used = this.#state.name === 'idle' ? [] : [this.#current.moduleKey];
    const order = this.#known.takeUnwanted([...used, ...this.#ahead.moduleKeys]);
    if (order !== undefined) this.#worker.postMessage(order);
  }

  /** Takes back what was given beforehand and is not begun, in order. */
  takeBack(): PooledRun[] {
    return this.#ahead.takeBack();
  }

  /** `run` is over before it was known to be begun. @returns whether this thread had it */
  drop(run: PooledRun): boolean {
    const dropped = this.#ahead.drop(run);
    if (dropped?.begun !== undefined) setWord(this.#words, WORD.STOP, dropped.begun);
    return dropped !== undefined;
  }

  /** Run numbers are compared with a 32-bit word, in which 0 means no run. */
  #nextNumber(): number {
    return (this.#lastNumber = this.#lastNumber === 0x7fffffff ? 1 : this.#lastNumber + 1);
  }

  #becomeRunning(given: Given): void {
    const { run, number } = given;
    this.#current = given;
    this.#begunMs = performance.now();
    this.#credit.begin();
    this.#guestIsOver = false;
    this.#isPosted = false;
    if (run === undefined) {
      this.#state = { name: 'leaving' };
      setWord(this.#words, WORD.STOP, number);
      return this.#owner.leaving(this);
    }
    this.#state = { name: 'running', run };
    run.began((takenCost) => {
      if (!this.#guestIsOver) this.#credit.grant(takenCost);
    });
  }

  #send(job: Job, hasBody: boolean): void {
    const { module, forget, grantSlot, grant } = this.#known.use(job);
    const env = packStrings(job.env);
    const { number: run, slot } = this.#current;
    const question = { run, slot, grantSlot, hasBody, env };
    const isPlain = module === undefined && grant === undefined;
    this.#isPosted = !isPlain || !this.#mailbox.ask(question);
    if (!this.#isPosted) return this.#nudge();
    const message: StartMessage = { ...question, module, forget, grant };
    this.#worker.postMessage(message);
  }

  /** The question lies there: now see whether the thread will look by itself (lib/worker/runs.ts). */
  #nudge(): void {
    const nudge: Nudge = 'nudge';
    if (Atomics.load(this.#words, WORD.ATTENDS) === 0) this.#worker.postMessage(nudge);
  }

  /** Takes the answers that lie in the mailbox, and sees whether the body can go on. */
  collect(): void {
    if (this.#state.name === 'running') this.#state.run.bodyStream.roomCame();
    for (;;) {
      const { name } = this.#state;
      if (name !== 'running' && name !== 'leaving') return;
      const { number: run, slot } = this.#current;
      const answer = this.#mailbox.answerTo(slot, run);
      if (answer === undefined) return;
      const { code, stdout, micros } = answer;
      if (this.#state.name === 'running') this.#known.took(this.#state.run.job, micros);
      this.#take({
        kind: 'ended',
        run,
        outcome: { kind: 'exit', code },
        stdout,
        stderr: undefined,
      });
    }
  }

  /** Takes what the guest has flushed and nobody was told of, since it may be over soon. */
  look(): void {
    if (this.#state.name !== 'running') return;
    const chunk = this.#mailbox.takeOffer(this.#current.slot);
    if (chunk !== undefined) this.#take({ kind: 'stdout', run: this.#current.number, chunk });
  }

  /** Asks the guest to stop at its next wait, read or write. The caller terminates it if it does not. */
  leave(): void {
    if (this.#state.name !== 'running') return;
    this.#state = { name: 'leaving' };
    setWord(this.#words, WORD.STOP, this.#current.number);
  }

  /** Ends the thread wherever it is. Resolves once it is gone. */
  async stop(): Promise<void> {
    if (this.#state.name === 'dead') return;
    this.#state = { name: 'stopping' };
    await this.#worker.terminate();
  }

  #onMessage(message: ThreadMessage<MessagePort>): void {
    if (message === BELL) return this.#owner.rang();
    if (message.kind === 'ready') {
      this.#cpu = new ThreadCpu(message.thread);
      if (this.#state.name === 'starting') this.#becomeIdle();
      return;
    }
    // What comes of a run that was given beforehand tells that those before it have their answers.
    if (message.run !== this.#current.number) this.collect();
    // A thread that is being stopped has no run any more.
    if (message.run === this.#current.number) this.#take(message);
  }

  #take(message: RunMessage): void {
    if (message.kind === 'stdout') this.#credit.posted(chunkCost(message.chunk));
    if (this.#state.name === 'leaving') {
      // To become free may mean to begin the next run at once, and this is not its end.
      if (message.kind === 'ended') this.#becomeFree();
      return;
    }
    if (this.#state.name !== 'running') return;
    const { run } = this.#state;
    if (message.kind === 'stdout') run.stdout(message.chunk);
    else if (message.kind === 'stderr') run.stderr(message.chunk);
    else if (message.kind === 'reached') run.reached(message.limit);
    else if (message.kind === 'fresh') run.fresh(message.why);
    else if (message.kind === 'outgoing')
      run.outgoing(message.question, new PortPeer(message.port, this.#words));
    else this.#end(run, message);
  }

  #end(run: PooledRun, message: Extract<ThreadMessage<MessagePort>, { kind: 'ended' }>): void {
    this.#guestIsOver = true;
    if (message.stderr !== undefined) run.stderr(message.stderr);
    if (message.stdout !== undefined) run.stdout(message.stdout);
    // The receiver may have aborted the run just now, which has already left this thread.
    if (this.#state.name === 'running') run.finish(message.outcome);
    if (this.#state.name === 'running' || this.#state.name === 'leaving') this.#becomeFree();
  }

  /** The run is over: now the one that was given beforehand, or none. */
  #becomeFree(): void {
    this.#ahead.freeSlot(this.#current.slot);
    this.#credit.end();
    const next = this.#ahead.shift();
    if (next === undefined) return this.#becomeIdle();
    this.#becomeRunning(next);
    this.#tellUnwanted();
    if (next.run !== undefined) this.#owner.begun(this, next.run);
  }

  #becomeIdle(): void {
    this.#state = { name: 'idle' };
    this.#tellUnwanted();
    this.#owner.free(this);
  }

  #onExit(code: number): void {
    const before = this.#state;
    this.#state = { name: 'dead' };
    this.#owner.gone(this, before, this.#deathReason ?? `it ended by itself with code ${code}`);
  }
}
