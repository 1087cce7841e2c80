// What one peer may cost: every bound of the wire, with its default.

export interface FcgiLimits {
  /**
   * Connections served at a time. One more takes the place of the kept connection that was idle
   * longest; where none is idle, its request is answered 503. (Waiting in accept would hang
   * requests behind idle connections, which only the web server may close.) Beyond twice this
   * number connections are dropped, so that descriptors cannot run out.
   */
  readonly connections: number;
  /** Requests open at a time on one connection; more are answered 503. 1 forbids multiplexing. */
  readonly requestsPerConnection: number;
  /** Bytes of one request's FCGI_PARAMS stream; more is answered 431. */
  readonly paramsBytes: number;
  /** Milliseconds from BEGIN_REQUEST to the end of FCGI_PARAMS; later is answered 408. */
  readonly paramsMs: number;
  /** Unsent bytes of a connection from which on `Exchange.write` answers false. */
  readonly highWaterBytes: number;
  /**
   * FCGI_STDIN bytes of a request that wait for a reader before the socket is paused. At most
   * one read of the socket (64 KiB) comes on top. A paused socket pauses all its requests.
   */
  readonly heldStdinBytes: number;
  /** Milliseconds in which the peer must read something of an unsent answer. */
  readonly sendMs: number;
  /**
   * Milliseconds that a connection which is to be closed waits for the peer: to see its unsent
   * body out, or, while draining, for the request of a connection that was just accepted.
   */
  readonly lingerMs: number;
}

export const DEFAULT_FCGI_LIMITS: FcgiLimits = {
  connections: 256,
  requestsPerConnection: 64,
  paramsBytes: 1_048_576,
  paramsMs: 10_000,
  highWaterBytes: 262_144,
  heldStdinBytes: 65_536,
  sendMs: 120_000,
  lingerMs: 2_000,
};
