// A client that reads and writes no faster than it is told to.

import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** One request on a socket; nothing is read before `sip` or `drain`. */
export class SlowClient {
  readonly #socket: Socket;
  #got = 0;
  #headBytes = 0;
  #status = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.pause();
  }

  /** Sends the head. HTTP/1.0: the answer ends with its connection. */
  static async ask(port: number, line: string, bodyBytes = 0): Promise<SlowClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    socket.write(`${line} HTTP/1.0\r\nHost: localhost\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
    return new SlowClient(socket);
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** Takes what has come, if anything has, and no more. */
  sip(): void {
    const chunk: unknown = this.#socket.read();
    if (chunk instanceof Buffer) this.#take(chunk);
  }

  /** Reads to the end: status, and bytes of the body. */
  async drain(): Promise<{ status: number; bodyBytes: number }> {
    const ended = once(this.#socket, 'close');
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('end', () => this.#socket.end());
    this.#socket.resume();
    await ended;
    return { status: this.#status, bodyBytes: this.#got - this.#headBytes };
  }

  hangUp(): void {
    this.#socket.resetAndDestroy();
  }

  #take(chunk: Buffer): void {
    if (this.#headBytes === 0) {
      const text = chunk.toString('latin1');
      this.#headBytes = text.indexOf('\r\n\r\n') + 4;
      this.#status = Number(text.split(' ', 2)[1]);
    }
    this.#got += chunk.length;
  }
}
