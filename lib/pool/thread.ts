// One worker thread: its life as a state machine, and the messages to and from it.

import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { BELL, type BellWord } from '../channel/bell.js';
import type { Job, Nudge, StartMessage, ThreadMessage } from '../channel/contract.js';
import { WORD, createControlWords, setWord, wake } from '../channel/control.js';
import { chunkCost, transferable } from '../channel/credit.js';
import { Mailbox, createMailboxMemory } from '../channel/mailbox.js';
import { packStrings } from '../channel/strings.js';
import { messageOf } from '../errors.js';
import { Ahead, type Given } from './ahead.js';
import { ThreadCpu } from './cpu-time.js';
import { KnownGrants } from './known-grants.js';
import { KnownModules } from './known-modules.js';
import { PortPeer } from './peer.js';
import type { PooledRun } from './pooled-run.js';
import { startWorker } from './start.js';
import type { RunMessage, ThreadOwner, ThreadState } from './thread-state.js';

export class Thread {
  readonly #owner: ThreadOwner<Thread>;
  readonly #worker: Worker;
  readonly #bodyPort: MessagePort;
  readonly #words = createControlWords();
  readonly #mailbox: Mailbox;
  readonly #modules = new KnownModules();
  readonly #grants = new KnownGrants();
  #state: ThreadState = { name: 'starting' };
  #lastNumber = 0;
  /** Of the run that is running. */
  #runNumber = 0;
  #slot = 0;
  #micros = Infinity;
  /** It went by message: what lies in the mailbox would overtake it. */
  #isPosted = false;
  readonly #ahead: Ahead;
  /** It was given something since it was woken last: it may sleep and not know. */
  #isUntold = false;
  #begunMs = 0;
  /** Cost of the stdout of all earlier runs, and of what came of this one. */
  #earlierCost = 0;
  #postedCost = 0;
  #takenCost = 0;
  /** A guest that is over takes no credit: granting it would wake its thread for nothing. */
  #guestIsOver = false;
  #deathReason: string | undefined;
  #cpu = new ThreadCpu(0);

  /** @param bell the one of all threads of a pool */
  constructor(owner: ThreadOwner<Thread>, bell: BellWord) {
    this.#owner = owner;
    const { port1, port2 } = new MessageChannel();
    this.#bodyPort = port1;
    const mailbox = createMailboxMemory();
    this.#mailbox = new Mailbox(mailbox);
    this.#ahead = new Ahead(this.#mailbox);
    this.#worker = startWorker({ words: this.#words, mailbox, bell, bodyPort: port2 });
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
    const { job } = run;
    this.#becomeRunning({ run, number, slot, micros: this.#modules.microsOf(job) });
    const given = run.bodyStream.open((chunk) => {
      this.#bodyPort.postMessage({ run: number, chunk }, chunk ? transferable([chunk]) : []);
      wake(this.#words);
    });
    this.#send(job, given);
    wake(this.#words);
  }

  /**
   * Gives it a run beforehand. It takes it when it is done with the one before, or is roused.
   * @param mostMicros what all that it has may take it
   * @returns false when it has no room for it, may take longer, or would need a message
   */
  give(run: PooledRun, mostMicros: number): boolean {
    const mayWait = this.#state.name === 'running' && !this.#isPosted;
    if (!mayWait || !run.bodyStream.isEmpty) return false;
    const { job } = run;
    const micros = this.#modules.microsOf(job);
    if (this.#micros + this.#ahead.micros + micros > mostMicros) return false;
    const grantSlot = this.#grants.find(job);
    const slot = grantSlot === undefined ? undefined : this.#ahead.takeSlot();
    if (grantSlot === undefined || slot === undefined) return false;
    const number = this.#nextNumber();
    if (!this.#mailbox.ask({ run: number, slot, grantSlot, env: packStrings(job.env) })) {
      this.#ahead.freeSlot(slot);
      return false;
    }
    this.#ahead.add({ run, number, slot, micros });
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

  #becomeRunning({ run, number, slot, micros }: Given): void {
    this.#runNumber = number;
    this.#slot = slot;
    this.#micros = micros;
    this.#begunMs = performance.now();
    this.#earlierCost += this.#postedCost;
    this.#postedCost = 0;
    this.#takenCost = 0;
    this.#guestIsOver = false;
    this.#isPosted = false;
    if (run === undefined) {
      this.#state = { name: 'leaving' };
      setWord(this.#words, WORD.STOP, number);
      return this.#owner.leaving(this);
    }
    this.#state = { name: 'running', run };
    run.began((takenCost) => this.#grantCredit(takenCost));
  }

  #send(job: Job, given: Pick<StartMessage, 'body' | 'bodyEnded'>): void {
    const { isNew, forget } = this.#modules.use(job);
    const { slot: grantSlot, grant } = this.#grants.use(job);
    const env = packStrings(job.env);
    const question = { run: this.#runNumber, slot: this.#slot, grantSlot, env };
    const isPlain = !isNew && grant === undefined && given.bodyEnded && given.body.length === 0;
    this.#isPosted = !isPlain || !this.#mailbox.ask(question);
    if (!this.#isPosted) return this.#nudge();
    const module = isNew ? job.module : undefined;
    const message: StartMessage = { ...question, module, forget, grant, ...given };
    this.#worker.postMessage(message, transferable(given.body));
  }

  /** The question lies there: now see whether the thread will look by itself (lib/worker/runs.ts). */
  #nudge(): void {
    const nudge: Nudge = 'nudge';
    if (Atomics.load(this.#words, WORD.ATTENDS) === 0) this.#worker.postMessage(nudge);
  }

  /** Takes the answers that lie in the mailbox. */
  collect(): void {
    for (;;) {
      const { name } = this.#state;
      if (name !== 'running' && name !== 'leaving') return;
      const run = this.#runNumber;
      const answer = this.#mailbox.answerTo(this.#slot, run);
      if (answer === undefined) return;
      const { code, stdout, micros } = answer;
      if (this.#state.name === 'running') this.#modules.took(this.#state.run.job.moduleKey, micros);
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
    const chunk = this.#mailbox.takeOffer(this.#slot);
    if (chunk !== undefined) this.#take({ kind: 'stdout', run: this.#runNumber, chunk });
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
    setWord(this.#words, WORD.STDOUT_TAKEN, (this.#earlierCost + takenCost) | 0);
  }

  #onMessage(message: ThreadMessage<MessagePort>): void {
    if (message === BELL) return this.#owner.rang();
    if (message.kind === 'ready') {
      this.#cpu = new ThreadCpu(message.thread);
      if (this.#state.name === 'starting') this.#becomeIdle();
      return;
    }
    // What comes of a run that was given beforehand tells that those before it have their answers.
    if (message.run !== this.#runNumber) this.collect();
    // A thread that is being stopped has no run any more.
    if (message.run === this.#runNumber) this.#take(message);
  }

  #take(message: RunMessage): void {
    if (message.kind === 'stdout') this.#postedCost += chunkCost(message.chunk);
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
    else if (message.kind === 'bodyTaken') run.bodyStream.taken(message.cost);
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
    this.#ahead.freeSlot(this.#slot);
    if (this.#postedCost > 0)
      setWord(this.#words, WORD.STDOUT_TAKEN, (this.#earlierCost + this.#postedCost) | 0);
    const next = this.#ahead.shift();
    if (next === undefined) return this.#becomeIdle();
    this.#becomeRunning(next);
    if (next.run !== undefined) this.#owner.begun(this, next.run);
  }

  #becomeIdle(): void {
    this.#state = { name: 'idle' };
    this.#owner.free(this);
  }

  #onExit(code: number): void {
    const before = this.#state;
    this.#state = { name: 'dead' };
    this.#bodyPort.close();
    this.#owner.gone(this, before, this.#deathReason ?? `it ended by itself with code ${code}`);
  }
}
