// The listening sockets of all pools: open as long as the configuration wants them, whichever processes
// come and go behind them.

import {
  MessageChannel,
  type MessagePort,
  Worker,
  receiveMessageOnPort,
} from 'node:worker_threads';

import { type Listen, addressOf } from '../config/listen.js';
import { ConfigError } from '../errors.js';
import { bindClosed, freeSocketPath, openToGroup } from '../fcgi/unix-socket.js';
import { type Answer, type Holding, type Order, TURN } from './holding.js';

const PATIENCE_MS = 10_000;

export class ListeningSockets {
  /** Descriptors by address. */
  readonly #open = new Map<string, number>();
  readonly #turn = new Int32Array(new SharedArrayBuffer(4));
  readonly #port: MessagePort;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    const workerData: Holding = { port: port2, turn: this.#turn };
    const file = new URL('holder.js', import.meta.url);
    new Worker(file, { workerData, transferList: [port2] }).unref();
    port1.unref();
    this.#port = port1;
  }

  /**
   * Opens those that are not open yet, all or none, and gives all of them their modes.
   * @throws ConfigError when that cannot be
   */
  async open(targets: readonly Listen[]): Promise<void> {
    const before = [...this.#open.keys()];
    try {
      for (const target of targets) {
        const address = addressOf(target);
        if (target.kind !== 'fd' && !this.#open.has(address)) {
          this.#open.set(address, await this.#opened(target));
        }
        if (target.kind === 'unix') openToGroup(target);
      }
    } catch (thrown) {
      this.keep(before);
      throw thrown;
    }
  }

  /** For a child process to inherit. */
  descriptor(target: Listen): number {
    const fd = target.kind === 'fd' ? target.fd : this.#open.get(addressOf(target));
    if (fd === undefined) throw new Error(`${addressOf(target)} is not open`);
    return fd;
  }

  /** Closes all others, and removes them from the file system. What was inherited stays open. */
  keep(addresses: Iterable<string>): void {
    const wanted = new Set(addresses);
    for (const [address, fd] of this.#open) {
      if (wanted.has(address)) continue;
      this.#open.delete(address);
      this.#ask({ close: fd });
    }
  }

  async #opened(target: Exclude<Listen, { kind: 'fd' }>): Promise<number> {
    let answer: Answer | undefined;
    if (target.kind === 'tcp') {
      const host = target.host === 'localhost' ? '127.0.0.1' : target.host;
      answer = this.#ask({ listen: { host, port: target.port } });
    } else {
      const { path } = target;
      await freeSocketPath(path);
      bindClosed(target, () => (answer = this.#ask({ listen: { path } })));
    }
    if (answer !== undefined && 'fd' in answer) return answer.fd;
    const reason = answer?.fault ?? 'nobody answers';
    throw new ConfigError([`${addressOf(target)}: cannot listen: ${reason}`]);
  }

  /** Holds this thread, too: the holder tells its new descriptor by there being no other. */
  #ask(order: Order): Answer | undefined {
    this.#port.postMessage(order);
    Atomics.store(this.#turn, 0, TURN.holder);
    Atomics.notify(this.#turn, 0);
    Atomics.wait(this.#turn, 0, TURN.holder, PATIENCE_MS);
    const answer: { readonly message: Answer } | undefined = receiveMessageOnPort(this.#port);
    return answer?.message;
  }
}
