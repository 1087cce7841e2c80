// What makes a component's requests to others: the thread's way to whoever may connect.

import type { AnswerHead, ErrorCode, OutgoingQuestion } from '../channel/outgoing.js';

export interface Calls {
  /** Asks. Waits only until it is decided whether that is allowed. */
  begin(question: OutgoingQuestion): Call | ErrorCode;
}

/** One request, and its answer as far as it is there. */
export interface Call {
  readonly head: AnswerHead | undefined;
  /** Why nothing more will come. What came before can still be read. */
  readonly failure: ErrorCode | undefined;
  /** The answer is there to its end: the fields after its body. */
  readonly trailers: AnswerHead['headers'] | undefined;
  /** Bytes of the answer can be read, or its end, or its failure. */
  readonly isReadable: boolean;
  /** Up to `most` bytes that are there. */
  read(most: number): Uint8Array;
  /** How much of the body can be written without waiting; 0 also when it has failed. */
  readonly room: number;
  /** Sends all of `bytes`, which are the caller's, unless it has failed. May wait. */
  write(bytes: Uint8Array): void;
  /** The body is over. */
  end(): void;
  /** Wants no more of it. */
  close(): void;
}

export const NO_CALLS: Calls = { begin: () => ({ tag: 'HTTP-request-denied' }) };
