// A web server for specs: a socket that sends bytes and waits for records.

import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { parseReplies } from './wire.js';
import type { Reply } from './wire.js';

/** The answer to one request. */
export interface Answer {
  readonly stdout: string;
  readonly appStatus: number;
  readonly protocolStatus: number;
}

export class Client {
  readonly replies: Reply[] = [];
  /** True once the responder has closed its side, or the connection. */
  closed = false;
  #unparsed: Buffer = Buffer.alloc(0);
  #waiters: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', () => this.#ended());
    socket.on('end', () => this.#ended());
    socket.on('close', () => this.#ended());
  }

  /** @param address `unix:/path` or `tcp:host:port` */
  static async connect(address: string): Promise<Client> {
    const rest = address.slice(address.indexOf(':') + 1);
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(rest) ?? [];
    const socket = address.startsWith('unix:')
      ? createConnection({ path: rest, allowHalfOpen: true })
      : createConnection({ host, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    return new Client(socket);
  }

  send(...parts: Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** Sends byte by byte, each in a write of its own. */
  async sendSingly(bytes: Buffer): Promise<void> {
    for (const byte of bytes) {
      await new Promise((resolve) => this.socket.write(Buffer.from([byte]), resolve));
    }
  }

  /** The first record that fits; rejects when the connection ends before. */
  async reply(fits: (reply: Reply) => boolean): Promise<Reply> {
    for (;;) {
      const found = this.replies.find(fits);
      if (found !== undefined) return found;
      if (this.closed) throw new Error('the connection ended before the record came');
      await this.#change();
    }
  }

  /** The answer to request `id`, taken out of the records. */
  async answer(id: number): Promise<Answer> {
    const end = await this.reply((reply) => reply.type === 3 && reply.id === id);
    const own = this.replies.slice(0, this.replies.indexOf(end)).filter((r) => r.id === id);
    for (const used of [...own, end]) this.replies.splice(this.replies.indexOf(used), 1);
    return {
      stdout: Buffer.concat(own.filter((r) => r.type === 6).map((r) => r.content)).toString(
        'latin1',
      ),
      appStatus: end.content.readUInt32BE(0),
      protocolStatus: end.content.readUInt8(4),
    };
  }

  async ended(): Promise<void> {
    while (!this.closed) await this.#change();
  }

  close(): void {
    this.socket.destroy();
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #receive(bytes: Buffer): void {
    const { replies, usedBytes } = parseReplies(Buffer.concat([this.#unparsed, bytes]));
    this.#unparsed = Buffer.concat([this.#unparsed, bytes]).subarray(usedBytes);
    this.replies.push(...replies);
    this.#wake();
  }

  #ended(): void {
    this.closed = true;
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}
