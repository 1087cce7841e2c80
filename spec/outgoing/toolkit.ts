// A guest's end of a request to others, and servers that it meets.

import { readFileSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import path from 'node:path';
import { type TLSSocket, createServer as createTls } from 'node:tls';

import { chunkCost } from '../../lib/channel/credit.js';
import type {
  ErrorCode,
  OutgoingNews,
  OutgoingOrder,
  OutgoingPeer,
  OutgoingQuestion,
} from '../../lib/channel/outgoing.js';
import { parseHostRule } from '../../lib/config/hosts.js';
import { type ClientOptions, OutgoingClient, type RunRequests } from '../../lib/outgoing/client.js';
import type { HostRule, Limits } from '../../lib/run.js';
import { LIMITS } from '../component/toolkit.js';

const CERTIFICATES = path.join(import.meta.dirname, '../../../spec/outgoing/certificates');

export function pem(name: string): string {
  return readFileSync(path.join(CERTIFICATES, `${name}.pem`), 'utf8');
}

/** What a guest hears of one request. Reads at once, unless told otherwise. */
export class Guest implements OutgoingPeer {
  readonly news: OutgoingNews[] = [];
  readonly #waiting: (() => void)[] = [];
  #order: (order: OutgoingOrder) => void = () => {};
  #closed = (): void => {};
  reads = true;

  tell(news: OutgoingNews): void {
    this.news.push(news);
    if (news.kind === 'chunk' && this.reads)
      setImmediate(() => this.order({ kind: 'taken', cost: chunkCost(news.chunk) }));
    for (const look of this.#waiting.splice(0)) look();
  }

  listen(order: (order: OutgoingOrder) => void, closed: () => void): void {
    this.#order = order;
    this.#closed = closed;
  }

  order(order: OutgoingOrder): void {
    this.#order(order);
  }

  close(): void {
    this.#closed();
  }

  send(...chunks: string[]): void {
    for (const chunk of chunks)
      this.order({ kind: 'body', chunk: new Uint8Array(Buffer.from(chunk, 'latin1')) });
  }

  end(): void {
    this.order({ kind: 'bodyEnded' });
  }

  async until(isThere: (news: readonly OutgoingNews[]) => boolean): Promise<void> {
    while (!isThere(this.news))
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  over(): Promise<void> {
    return this.until((all) => all.some(({ kind }) => kind === 'ended' || kind === 'failed'));
  }

  get failure(): ErrorCode | undefined {
    return this.news.flatMap((one) => (one.kind === 'failed' ? [one.code] : []))[0];
  }

  get status(): number | undefined {
    return this.news.flatMap((one) => (one.kind === 'head' ? [one.status] : []))[0];
  }

  get headers(): readonly (readonly [string, string])[] {
    return this.news.flatMap((one) => (one.kind === 'head' ? [...one.headers] : []));
  }

  get body(): string {
    const chunks = this.news.flatMap((one) => (one.kind === 'chunk' ? [one.chunk] : []));
    return Buffer.concat(chunks).toString('latin1');
  }
}

export type LogLine = Readonly<Record<string, string | number | undefined>>;

/** One run of a program that asks. */
export class Run {
  readonly lines: LogLine[] = [];
  readonly reached: string[] = [];
  readonly requests: RunRequests;

  constructor(
    rules: readonly (string | HostRule)[],
    limits: Partial<Limits> = {},
    client = clientWith(),
  ) {
    this.requests = client.forRun({
      rules: rules.map((rule) => (typeof rule === 'string' ? ruleOf(rule) : rule)),
      limits: { ...LIMITS, ...limits },
      log: (line) => void this.lines.push(line),
      reached: (limit) => void this.reached.push(limit),
    });
  }

  ask(url: string, more: Partial<OutgoingQuestion> = {}): Guest {
    const [, scheme = '', authority = '', pathWithQuery = ''] =
      /^(\w+):\/\/([^/]*)(\/.*)?$/.exec(url) ?? [];
    const guest = new Guest();
    const question = {
      method: 'GET',
      scheme,
      authority,
      pathWithQuery: pathWithQuery === '' ? '/' : pathWithQuery,
      headers: [],
      hasBody: false,
      ...more,
    };
    this.requests.begin(question, guest);
    return guest;
  }

  /** Asks, and waits for the end. */
  async answered(url: string, more: Partial<OutgoingQuestion> = {}): Promise<Guest> {
    const guest = this.ask(url, more);
    await guest.over();
    return guest;
  }
}

export function clientWith(options: Partial<ClientOptions> = {}): OutgoingClient {
  return new OutgoingClient({ connections: 256, certificates: undefined, ...options });
}

export function ruleOf(text: string): HostRule {
  const rule = parseHostRule(text);
  if (rule === undefined) throw new Error(`no rule: ${text}`);
  return rule;
}

/** What a server of these specs does with a connection, and what has come when it is told of. */
export type Serve = (socket: Socket, got: () => string) => void;

/** Servers on 127.0.0.1 that say what no real one would. */
export class Servers {
  readonly #servers: Server[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  /** What came over the last connection. */
  last = '';

  /** @returns its port */
  async http(serve: Serve): Promise<number> {
    return this.#listen(
      createServer({ allowHalfOpen: true }, (socket) => this.#meet(socket, serve)),
    );
  }

  async https(certificate: string, serve: Serve): Promise<number> {
    const text = pem(certificate);
    const met = (socket: TLSSocket): void => this.#meet(socket, serve);
    return this.#listen(createTls({ cert: text, key: text, ca: pem('ca') }, met));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }

  /** All connections have gone. */
  async quiet(): Promise<void> {
    while (this.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #meet(socket: Socket, serve: Serve): void {
    this.connections += 1;
    this.sockets.add(socket);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      this.last = text;
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => this.sockets.delete(socket));
    serve(socket, () => text);
  }

  #listen(server: Server): Promise<number> {
    this.#servers.push(server);
    server.on('tlsClientError', () => {});
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
      }),
    );
  }
}

/** Answers when the head of the request is there. */
export function answering(text: string | ((request: string) => string)): Serve {
  return (socket, got) => {
    let isDone = false;
    socket.on('data', () => {
      if (isDone || !got().includes('\r\n\r\n')) return;
      isDone = true;
      socket.write(typeof text === 'string' ? text : text(got()), 'latin1');
    });
  };
}

/** An answer with a length. */
export function answer(body: string, head = ''): string {
  return `HTTP/1.1 200 OK\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** Answers with the request, when all of it is there. */
export const counting: Serve = (socket, got) => {
  socket.on('data', () => {
    const text = got();
    const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
    const isChunked = /^transfer-encoding: chunked$/im.test(head);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    const isWhole =
      text.includes('\r\n\r\n') &&
      (isChunked ? body.endsWith('0\r\n\r\n') : body.length === length);
    if (isWhole) socket.end(answer(text), 'latin1');
  });
};
