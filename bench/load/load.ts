// What a load is, whoever makes it: a question, what the answer must be, and what came of it.

/** Requests of one kind, one after another on each of `concurrency` connections. */
export interface Question {
  readonly url: string;
  readonly concurrency: number;
  /** How long to go on asking. */
  readonly seconds: number;
  /** Keep connections, or a new one for each request. */
  readonly keepAlive: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes to send with POST; undefined: GET. */
  readonly bodyBytes?: number;
  /** Length that every answer's body must have. */
  readonly answerBytes: number;
  /** By how many bytes it may differ, where a page tells numbers that change. */
  readonly slackBytes: number;
}

export interface Answered {
  /** Right answers. */
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A wrong answer, or none: the row that it belongs to does not count. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}
