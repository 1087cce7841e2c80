// What one FastCGI request looks like to the rest of the program: params in, body in, answer out.

/**
 * One request of one connection. Byte strings: every text that came over the wire is a latin1
 * string, one character per byte, so that no byte is lost (`Buffer.from(value, 'latin1')`).
 */
export interface Exchange {
  /** FCGI request id, 1..65535, unique among the open requests of its connection. */
  readonly requestId: number;
  /** FCGI_PARAMS as byte strings; of a repeated name the last value counts. */
  readonly params: ReadonlyMap<string, string>;
  /** False once the request has ended or was aborted; writes then do nothing. */
  readonly open: boolean;
  /** All of FCGI_STDIN has come; it may still wait for its reader. */
  readonly bodyComplete: boolean;
  /**
   * Starts delivery of FCGI_STDIN. A chunk is only valid during the call: the receiver copies it.
   * `onEnd` comes once, after the empty STDIN record; never after an abort. Call it at most once.
   */
  readBody(onChunk: (chunk: Uint8Array) => void, onEnd: () => void): void;
  /** Stops delivery until `resumeBody`; the socket is paused, memory stays bounded. */
  pauseBody(): void;
  resumeBody(): void;
  /**
   * Sends FCGI_STDOUT bytes (any length; split into records). The chunk belongs to the connection
   * from now on. False means that more than the high-water mark is unsent: wait for `onDrain`.
   */
  write(chunk: Uint8Array): boolean;
  /** Called when a `write` that answered false has been sent. */
  onDrain: (() => void) | undefined;
  /** Called once when the web server or client went away before the end, with the reason. */
  onAbort: ((reason: string) => void) | undefined;
  /** Sends the rest in one piece: last bytes, end of STDOUT, FCGI_END_REQUEST. */
  end(appStatus: number, lastChunk?: Uint8Array): void;
  /**
   * Gives up an answer whose head was already sent: closes without END_REQUEST, so that no web
   * server takes the part for the whole. Other requests of the connection are aborted too.
   */
  destroy(): void;
}

/** Is called once per request, when its FCGI_PARAMS are complete. Must not throw. */
export type RequestHandler = (exchange: Exchange) => void;
