// A request of the guest to somebody else: what its thread and the main thread say of it, on a port of
// its own. Data only. Closing the port ends the request, whoever does it; so does the end of the thread.

/** What a guest asks. Strings are byte strings. */
export interface OutgoingQuestion {
  readonly method: string;
  readonly scheme: string;
  /** Host and port, as the guest wrote it. */
  readonly authority: string;
  readonly pathWithQuery: string;
  /** None that belongs to the connection. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly hasBody: boolean;
  /** What the guest wants to wait at most, ms. */
  readonly connectMs?: number | undefined;
  readonly headMs?: number | undefined;
  readonly idleMs?: number | undefined;
}

export interface AnswerHead {
  readonly status: number;
  readonly headers: OutgoingQuestion['headers'];
}

/** error-code of wasi:http, as far as requests end with one. */
export type ErrorCode =
  | {
      readonly tag:
        | 'DNS-timeout'
        | 'destination-IP-prohibited'
        | 'destination-IP-unroutable'
        | 'connection-refused'
        | 'connection-terminated'
        | 'connection-timeout'
        | 'connection-read-timeout'
        | 'connection-write-timeout'
        | 'connection-limit-reached'
        | 'TLS-protocol-error'
        | 'TLS-certificate-error'
        | 'HTTP-request-denied'
        | 'HTTP-request-method-invalid'
        | 'HTTP-request-URI-invalid'
        | 'HTTP-response-incomplete'
        | 'HTTP-upgrade-failed'
        | 'HTTP-protocol-error';
    }
  | {
      readonly tag: 'HTTP-request-body-size' | 'HTTP-response-body-size';
      readonly value: bigint | undefined;
    }
  | { readonly tag: 'HTTP-response-header-section-size'; readonly value: number | undefined }
  | { readonly tag: 'internal-error'; readonly value: string | undefined }
  | {
      readonly tag: 'DNS-error';
      readonly value: { readonly rcode: string | undefined; readonly 'info-code': undefined };
    };

/** Guest's thread to main thread. Costs are those of credit.ts. */
export type OutgoingOrder =
  | { readonly kind: 'body'; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'bodyEnded' }
  /** The guest has taken so much of the answer. */
  | { readonly kind: 'taken'; readonly cost: number };

/** Main thread to guest's thread. First comes `accepted` or `failed`; nothing comes after `failed` or `ended`. */
export type OutgoingNews =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'failed'; readonly code: ErrorCode }
  /** So much of the body is on its way. */
  | { readonly kind: 'taken'; readonly cost: number }
  | ({ readonly kind: 'head' } & AnswerHead)
  | { readonly kind: 'chunk'; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'ended'; readonly trailers: OutgoingQuestion['headers'] };

/** The main thread's end of the port. */
export interface OutgoingPeer {
  /** Chunks are transferred. */
  tell(news: OutgoingNews): void;
  /** @param closed the guest wants no more, or its run is over */
  listen(order: (order: OutgoingOrder) => void, closed: () => void): void;
  close(): void;
}
