// The log of one request: every line names it, its URL, its virtual host and its module.

import { randomBytes } from 'node:crypto';

import type { Log, LogFields, LogLevel } from './log.js';
import type { WhyFresh } from './run.js';

/** A line of guest stderr is cut here, so that one without newlines still reaches the log. */
const MAX_LINE_BYTES = 4_096;
const NEWLINE = 10;
const NO_BYTES = Buffer.alloc(0);
/** Of the lines that an error page may show. */
const MOST_KEPT_LINES = 20;

/** Tells requests of this process apart from those of the one before it. */
const PROCESS = randomBytes(3).toString('hex');
let requests = 0;

export class RequestLog {
  /** What a visitor can quote: httpd's UNIQUE_ID where mod_unique_id is loaded. */
  readonly name: string;
  module: string | undefined;
  #begun: LogFields = {};
  readonly #log: Log;
  readonly #params: ReadonlyMap<string, string>;
  readonly #kept: string[] = [];
  #line = NO_BYTES;

  constructor(log: Log, params: ReadonlyMap<string, string>) {
    this.#log = log;
    this.#params = params;
    requests += 1;
    this.name = params.get('UNIQUE_ID') ?? `${PROCESS}-${requests}`;
  }

  /**
   * How its run begins, where snapshots are on: all lines say so from then on.
   * @param why it is a fresh instance; undefined for a snapshot
   */
  begun(why: WhyFresh | undefined): void {
    this.#begun = why === undefined ? { begun: 'snapshot' } : { begun: 'fresh', why };
  }

  write(level: LogLevel, event: string, fields: LogFields = {}): void {
    const host = this.#params.get('SERVER_NAME');
    const port = this.#params.get('SERVER_PORT');
    this.#log(level, event, {
      request: this.name,
      url: shown(this.#params.get('REQUEST_URI') ?? this.#params.get('SCRIPT_NAME')),
      vhost: host === undefined ? undefined : `${shown(host)}:${shown(port) ?? ''}`,
      module: shown(this.module),
      ...this.#begun,
      ...fields,
    });
  }

  /** Guest stderr, in chunks of any shape: a log line for each of its lines. */
  stderr(chunk: Uint8Array): void {
    let bytes = Buffer.concat([this.#line, chunk]);
    for (;;) {
      const newline = bytes.indexOf(NEWLINE);
      const end = newline === -1 ? bytes.length : newline;
      if (newline === -1 && end < MAX_LINE_BYTES) break;
      const cut = Math.min(end, MAX_LINE_BYTES);
      this.#stderrLine(bytes.subarray(0, cut));
      bytes = bytes.subarray(cut === newline ? cut + 1 : cut);
    }
    this.#line = bytes;
  }

  /** The last lines of guest stderr. */
  get lastStderr(): string {
    return this.#kept.join('\n');
  }

  /** The guest is done: its last line may lack a newline. */
  stderrEnded(): void {
    if (this.#line.length > 0) this.#stderrLine(this.#line);
    this.#line = NO_BYTES;
  }

  #stderrLine(line: Buffer): void {
    const text = line.toString('utf8').trimEnd();
    if (text === '') return;
    this.write('info', 'guest-stderr', { text });
    this.#kept.push(text);
    if (this.#kept.length > MOST_KEPT_LINES) this.#kept.shift();
  }
}

/** A byte string as a person reads it. */
function shown(bytes: string | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes, 'latin1').toString('utf8');
}
