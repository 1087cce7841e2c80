// One request to somebody else, from its name to the last byte of its answer.

import { type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';

import { chunkCost } from '../channel/credit.js';
import type {
  ErrorCode,
  OutgoingOrder,
  OutgoingPeer,
  OutgoingQuestion,
} from '../channel/outgoing.js';
import type { Limits } from '../run.js';
import type { Reach } from './addresses.js';
import { Answer } from './answer.js';
import { codeOfError, codeOfLookup } from './codes.js';
import { type FoundAddress, isWithin } from './names.js';
import { Patience } from './patience.js';
import type { Target } from './target.js';
import { type Means, connectionOptions } from './wire.js';

/** Interim answers (1xx) that a server may send before its own; more is a flood. */
const MOST_INTERIM = 16;

/** Methods that have no body unless one comes. */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/** How a request ended. */
export interface Ending {
  readonly code: ErrorCode | undefined;
  readonly reason: string | undefined;
  readonly status: number | undefined;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export class OutgoingRequest {
  readonly #target: Target;
  readonly #question: OutgoingQuestion;
  readonly #limits: Limits;
  readonly #peer: OutgoingPeer;
  readonly #ended: (ending: Ending) => void;
  readonly #patience = new Patience((code, reason) => this.#finish(code, reason));
  /** What the body's length is to be, if the guest has said so. */
  readonly #promisedBytes: number | undefined;
  /** Begins the connection, from when the addresses are known. */
  #connect: (() => void) | undefined;
  #isConnected = false;
  #request: ClientRequest | undefined;
  #answer: Answer | undefined;
  /** Orders that came before there was a connection to send their bytes on. */
  #early: OutgoingOrder[] = [];
  #isOver = false;
  #bodyEnded: boolean;
  #unsent = 0;
  #sentBytes = 0;
  #interim = 0;

  /** @param promisedBytes of Content-Length */
  constructor(
    target: Target,
    question: OutgoingQuestion,
    promisedBytes: number | undefined,
    limits: Limits,
    peer: OutgoingPeer,
    ended: (ending: Ending) => void,
  ) {
    this.#target = target;
    this.#question = question;
    this.#promisedBytes = promisedBytes;
    this.#limits = limits;
    this.#peer = peer;
    this.#ended = ended;
    this.#bodyEnded = !question.hasBody;
    peer.listen(
      (order) => this.#obey(order),
      () => this.close('the program wanted no more of it'),
    );
  }

  /** Connects to what the name leads to, if that is within `reach`. */
  async start(reach: Reach, { lookup, ca }: Means): Promise<void> {
    const { host, isAddress } = this.#target;
    const { connectMs = Infinity } = this.#question;
    const leastMs = Math.min(connectMs, this.#limits.outgoingConnectMs);
    const begunMs = performance.now();
    this.#patience.wait(leastMs, { tag: 'DNS-timeout' });
    let found: readonly FoundAddress[];
    try {
      found = isAddress ? [] : await lookup(host);
    } catch (thrown) {
      return this.#finish(codeOfLookup(thrown), `no address of ${host} was found`);
    }
    if (this.#isOver) return;
    const beyond = found.find(({ address }) => !isWithin(reach, address));
    if (beyond !== undefined) {
      const reason = `${host} leads to ${beyond.address}, which is no public address`;
      return this.#finish({ tag: 'destination-IP-prohibited' }, reason);
    }
    if (!isAddress && found.length === 0)
      return this.#finish(codeOfLookup(undefined), `${host} has no address`);
    const leftMs = leastMs - (performance.now() - begunMs);
    this.#connect = () => {
      this.#patience.wait(leftMs, { tag: 'connection-timeout' });
      this.#open(found, ca);
      for (const order of this.#early.splice(0)) this.#obey(order);
      if (!this.#question.hasBody) this.#request?.end();
    };
    if (this.#knowsItsBody) this.#connect();
    else this.#patience.rest();
  }

  /** A GET has a body when one comes, and not because somebody might send one. */
  get #knowsItsBody(): boolean {
    const { hasBody } = this.#question;
    const isUsual = !BODILESS.has(this.#target.method) || this.#promisedBytes !== undefined;
    return !hasBody || isUsual || this.#early.length > 0;
  }

  /** Ends it from this side, if it is not over. */
  close(reason: string): void {
    this.#finish({ tag: 'connection-terminated' }, reason);
  }

  #open(found: readonly FoundAddress[], ca: Means['ca']): void {
    const { scheme } = this.#target;
    const most = this.#limits.outgoingHeadBytes;
    const options = connectionOptions(this.#target, this.#headers(), found, ca, most);
    try {
      this.#request = scheme === 'http' ? overHttp(options) : overHttps(options);
    } catch (thrown) {
      return this.#fail(thrown);
    }
    this.#hear(this.#request, scheme === 'http' ? 'connect' : 'secureConnect');
  }

  #hear(request: ClientRequest, connected: 'connect' | 'secureConnect'): void {
    // All of them: the limit is one of bytes, and none may be dropped without a word.
    request.maxHeadersCount = 0;
    request.on('socket', (socket) =>
      socket.once(connected, () => {
        this.#isConnected = true;
        this.#waitForServer();
      }),
    );
    request.on('response', (message) => this.#receive(message));
    request.on('information', () => {
      this.#interim += 1;
      if (this.#interim > MOST_INTERIM)
        this.#finish({ tag: 'HTTP-protocol-error' }, `more than ${MOST_INTERIM} interim answers`);
    });
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      this.#finish({ tag: 'HTTP-upgrade-failed' }, 'the server changed the protocol');
    });
    request.on('error', (error) => this.#fail(error));
    // With an answer it is that one's to say: the connection may close before all of it is read.
    request.on('close', () => {
      if (this.#answer === undefined)
        this.#finish({ tag: 'connection-terminated' }, 'the server closed the connection');
    });
    if (this.#question.hasBody) request.flushHeaders();
  }

  /** Name and value by turns, so that fields of one name stay apart. */
  #headers(): string[] {
    const { headers } = this.#question;
    const own = ['Host', this.#target.authority, ...headers.flat()];
    const [first] = this.#early;
    if (this.#promisedBytes !== undefined) return own;
    if (this.#question.hasBody && first?.kind !== 'bodyEnded')
      return [...own, 'Transfer-Encoding', 'chunked'];
    return BODILESS.has(this.#target.method) ? own : [...own, 'Content-Length', '0'];
  }

  #obey(order: OutgoingOrder): void {
    if (this.#isOver) return;
    if (order.kind === 'taken') return this.#answer?.taken(order.cost);
    if (this.#request === undefined) {
      this.#early.push(order);
      if (this.#early.length === 1) this.#connect?.();
      return;
    }
    if (order.kind === 'body') this.#send(this.#request, order.chunk);
    else this.#end(this.#request);
  }

  #send(request: ClientRequest, chunk: Uint8Array): void {
    this.#sentBytes += chunk.length;
    const most = Math.min(this.#promisedBytes ?? Infinity, this.#limits.outgoingSentBytes);
    if (this.#sentBytes > most)
      return this.#finish(bodySize(most), `its body has more than ${most} bytes`);
    this.#unsent += 1;
    if (this.#isConnected) this.#waitForServer();
    request.write(chunk, () => {
      this.#unsent -= 1;
      if (this.#isOver) return;
      this.#peer.tell({ kind: 'taken', cost: chunkCost(chunk) });
      if (this.#answer === undefined && this.#isConnected) this.#waitForServer();
    });
  }

  #end(request: ClientRequest): void {
    this.#bodyEnded = true;
    const promised = this.#promisedBytes;
    if (promised !== undefined && this.#sentBytes < promised) {
      const reason = `its body has ${this.#sentBytes} bytes, ${promised} were promised`;
      return this.#finish(bodySize(this.#sentBytes), reason);
    }
    request.end(() => {
      if (this.#answer === undefined && this.#isConnected) this.#waitForServer();
    });
  }

  /** The server is to take what it is sent, or to answer; while the guest makes its body, neither. */
  #waitForServer(): void {
    if (this.#isOver || this.#answer !== undefined) return;
    const { outgoingIdleMs, outgoingHeadMs } = this.#limits;
    const { idleMs = Infinity, headMs = Infinity } = this.#question;
    if (this.#unsent > 0) {
      this.#patience.wait(Math.min(idleMs, outgoingIdleMs), { tag: 'connection-write-timeout' });
    } else if (this.#bodyEnded) {
      this.#patience.wait(Math.min(headMs, outgoingHeadMs), { tag: 'connection-read-timeout' });
    } else this.#patience.rest();
  }

  #receive(message: IncomingMessage): void {
    if (this.#isOver) return;
    const { idleMs = Infinity } = this.#question;
    const { outgoingIdleMs, outgoingReceivedBytes: bytes } = this.#limits;
    const limits = { bytes, idleMs: Math.min(idleMs, outgoingIdleMs) };
    const ended = (code?: ErrorCode, reason?: string): void => this.#finish(code, reason);
    this.#answer = new Answer(message, limits, this.#peer, this.#patience, ended);
  }

  #fail(thrown: unknown): void {
    const known = codeOfError(thrown, this.#limits.outgoingHeadBytes);
    const isCut = this.#answer !== undefined && known.tag === 'connection-terminated';
    const code: ErrorCode = isCut ? { tag: 'HTTP-response-incomplete' } : known;
    this.#finish(code, thrown instanceof Error ? thrown.message : String(thrown));
  }

  /** Once: closes all there is. @param code where it has failed */
  #finish(code?: ErrorCode, reason?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#patience.rest();
    this.#early = [];
    this.#answer?.close();
    if (code !== undefined) this.#peer.tell({ kind: 'failed', code });
    this.#request?.destroy();
    this.#ended({
      code,
      reason,
      status: this.#answer?.status,
      sentBytes: this.#sentBytes,
      receivedBytes: this.#answer?.receivedBytes ?? 0,
    });
  }
}

function bodySize(bytes: number): ErrorCode {
  return { tag: 'HTTP-request-body-size', value: BigInt(bytes) };
}
