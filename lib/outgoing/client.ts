// The requests of all programs to others: who may ask whom, how many at a time, and a line for each.

import { rootCertificates } from 'node:tls';

import type { ErrorCode, OutgoingPeer, OutgoingQuestion } from '../channel/outgoing.js';
import type { HostRule, Limits } from '../run.js';
import { LOOKUP, type Lookup, isWithin } from './names.js';
import { type Ending, OutgoingRequest } from './request.js';
import { type Target, reachFor, shownTarget, targetOf } from './target.js';
import type { Means } from './wire.js';

export interface ClientOptions {
  /** At a time, of all programs together. */
  readonly connections: number;
  /** Authorities to trust besides Node's own, PEM. */
  readonly certificates: string | undefined;
  readonly lookup?: Lookup;
}

/** Of one run. */
export interface Asker {
  readonly rules: readonly HostRule[];
  readonly limits: Limits;
  /** One line for each request. */
  readonly log: (fields: Readonly<Record<string, string | number | undefined>>) => void;
  /** Called once for each limit that has refused a request. */
  readonly reached: (limit: keyof Limits) => void;
}

interface Refusal {
  readonly code: ErrorCode;
  readonly reason: string;
}

export class OutgoingClient {
  #options: ClientOptions;
  #means: Means;
  #open = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#means = meansOf(options);
  }

  /** What is on its way stays as it is. */
  reconfigure(options: ClientOptions): void {
    this.#options = options;
    this.#means = meansOf(options);
  }

  /** The requests of one run. Whoever asks for them closes them when the run ends. */
  forRun(asker: Asker): RunRequests {
    return new RunRequests(asker, this);
  }

  get means(): Means {
    return this.#means;
  }

  /** @returns false when there are too many */
  enter(): boolean {
    if (this.#open >= this.#options.connections) return false;
    this.#open += 1;
    return true;
  }

  leave(): void {
    this.#open -= 1;
  }
}

function meansOf({ certificates, lookup = LOOKUP }: ClientOptions): Means {
  const ca = certificates === undefined ? undefined : [...rootCertificates, certificates];
  return { lookup, ca };
}

export class RunRequests {
  readonly #asker: Asker;
  readonly #client: OutgoingClient;
  readonly #open = new Set<OutgoingRequest>();
  readonly #reached = new Set<keyof Limits>();
  #asked = 0;

  constructor(asker: Asker, client: OutgoingClient) {
    this.#asker = asker;
    this.#client = client;
  }

  /** Answers `accepted` or `failed` at once; the peer hears the rest when it happens. */
  begin(question: OutgoingQuestion, peer: OutgoingPeer): void {
    const { limits, log } = this.#asker;
    this.#asked += 1;
    // No line for what is over it: a program could ask for ever, and fill the log.
    if (this.#asked > limits.outgoingRequests) {
      this.#tellReached('outgoingRequests');
      return peer.tell({ kind: 'failed', code: { tag: 'connection-limit-reached' } });
    }
    const target = targetOf(question);
    const refuse = ({ code, reason }: Refusal): void => {
      const to = typeof target === 'string' ? undefined : shownTarget(target);
      log({ method: question.method.slice(0, 40), to, error: code.tag, reason });
      peer.tell({ kind: 'failed', code });
    };
    if (this.#asker.rules.length === 0) return refuse(NOBODY);
    if (typeof target === 'string')
      return refuse({ code: { tag: 'HTTP-request-URI-invalid' }, reason: target });
    const reach = reachFor(this.#asker.rules, target);
    if (reach === undefined || target.method === 'CONNECT') return refuse(deniedBy(target));
    if (target.isAddress && !isWithin(reach, target.host)) return refuse(PROHIBITED);
    const promised = promisedBytes(question, limits);
    if (typeof promised === 'object') return refuse(promised);
    const limit = this.#enter();
    if (limit !== undefined) return refuse(limit);
    const begunMs = performance.now();
    // A look-up cannot be called off: its place is taken until it is over, and the request as well.
    let left = 2;
    const leave = (): void => {
      left -= 1;
      if (left === 0) this.#client.leave();
    };
    const request = new OutgoingRequest(target, question, promised, limits, peer, (ending) => {
      this.#open.delete(request);
      log({ method: target.method, to: shownTarget(target), ...fieldsOf(ending, begunMs) });
      leave();
    });
    this.#open.add(request);
    peer.tell({ kind: 'accepted' });
    void request.start(reach, this.#client.means).then(leave);
  }

  /** The run is over. */
  close(): void {
    for (const request of this.#open) request.close('the run is over');
  }

  #enter(): Refusal | undefined {
    const { outgoingOpen } = this.#asker.limits;
    const code = { tag: 'connection-limit-reached' } as const;
    if (this.#open.size >= outgoingOpen) {
      this.#tellReached('outgoingOpen');
      return { code, reason: `outgoing-open is ${outgoingOpen}` };
    }
    return this.#client.enter()
      ? undefined
      : { code, reason: 'all programs together have outgoing-connections open' };
  }

  #tellReached(limit: keyof Limits): void {
    if (!this.#reached.has(limit)) this.#asker.reached(limit);
    this.#reached.add(limit);
  }
}

const NOBODY: Refusal = {
  code: { tag: 'HTTP-request-denied' },
  reason: 'there is no WasmAllowHost',
};

const PROHIBITED: Refusal = {
  code: { tag: 'destination-IP-prohibited' },
  reason: 'no WasmAllowHost names this address, and it is no public one',
};

function deniedBy({ method }: Target): Refusal {
  return method === 'CONNECT'
    ? { code: { tag: 'HTTP-request-method-invalid' }, reason: 'CONNECT would be a tunnel' }
    : { code: { tag: 'HTTP-request-denied' }, reason: 'no WasmAllowHost allows it' };
}

/** Of Content-Length: two of them, or one that is not the body's, could pass for two requests. */
function promisedBytes(
  { headers, hasBody }: OutgoingQuestion,
  { outgoingSentBytes }: Limits,
): number | undefined | Refusal {
  const given = headers.flatMap(([name, value]) =>
    name.toLowerCase() === 'content-length' ? [value] : [],
  );
  const [text, ...more] = given;
  if (text === undefined) return undefined;
  if (more.length > 0 || !/^\d{1,15}$/.test(text))
    return { code: { tag: 'HTTP-protocol-error' }, reason: 'its Content-Length is no one number' };
  const bytes = Number(text);
  const code = { tag: 'HTTP-request-body-size', value: BigInt(bytes) } as const;
  if (!hasBody && bytes > 0)
    return { code, reason: `it has no body, ${bytes} bytes were promised` };
  if (bytes > outgoingSentBytes)
    return { code, reason: `its body is to have more than ${outgoingSentBytes} bytes` };
  return bytes;
}

function fieldsOf(
  { status, code, reason, sentBytes, receivedBytes }: Ending,
  begunMs: number,
): Parameters<Asker['log']>[0] {
  const ms = Math.round(performance.now() - begunMs);
  return { status, error: code?.tag, reason, sent: sentBytes, received: receivedBytes, ms };
}
