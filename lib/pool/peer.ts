// The main thread's end of a guest's request to somebody else.

import type { MessagePort } from 'node:worker_threads';

import { type ControlWords, wake } from '../channel/control.js';
import { transferable } from '../channel/credit.js';
import type { OutgoingNews, OutgoingOrder, OutgoingPeer } from '../channel/outgoing.js';

export class PortPeer implements OutgoingPeer {
  readonly #port: MessagePort;
  readonly #words: ControlWords;

  /** @param words of the guest's thread, which waits for news in Atomics.wait */
  constructor(port: MessagePort, words: ControlWords) {
    this.#port = port;
    this.#words = words;
  }

  tell(news: OutgoingNews): void {
    this.#port.postMessage(news, news.kind === 'chunk' ? transferable([news.chunk]) : []);
    wake(this.#words);
  }

  listen(order: (order: OutgoingOrder) => void, closed: () => void): void {
    this.#port.on('message', order);
    this.#port.on('close', closed);
  }

  close(): void {
    this.#port.close();
  }
}
