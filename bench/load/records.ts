// FastCGI as the web server's side speaks it: a request as bytes, and its answer's records taken apart.

const VERSION = 1;
const RESPONDER = 1;
const KEEP_CONN = 1;
const HEADER_BYTES = 8;
const TYPE = { begin: 1, end: 3, params: 4, stdin: 5, stdout: 6 } as const;
/** httpd has one request at a time on a connection, and gives it this id. */
const ID = 1;

/** A whole request without a body, on a connection that is kept. Texts are latin1. */
export function encodeRequest(params: Iterable<readonly [string, string]>): Buffer {
  const begin = Buffer.from([0, RESPONDER, KEEP_CONN, 0, 0, 0, 0, 0]);
  const pairs: Buffer[] = [];
  for (const [name, value] of params) {
    pairs.push(lengthOf(name), lengthOf(value));
    pairs.push(Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'));
  }
  return Buffer.concat([
    ...record(TYPE.begin, begin),
    ...record(TYPE.params, Buffer.concat(pairs)),
    ...record(TYPE.params),
    ...record(TYPE.stdin),
  ]);
}

function record(type: number, content: Buffer = Buffer.alloc(0)): Buffer[] {
  const header = Buffer.from([VERSION, type, 0, ID, 0, 0, 0, 0]);
  header.writeUInt16BE(content.length, 4);
  return [header, content];
}

function lengthOf(text: string): Buffer {
  if (text.length < 0x80) return Buffer.from([text.length]);
  const long = Buffer.alloc(4);
  long.writeUInt32BE((0x80000000 | text.length) >>> 0);
  return long;
}

/** What came of one request. */
export interface Ended {
  /** Bytes of STDOUT, the CGI head included. */
  readonly stdoutBytes: number;
  /** Application and protocol status were 0. */
  readonly isGood: boolean;
}

/** Takes the bytes of one connection. Not more than counting is done with them: this is a load. */
export class AnswerReader {
  readonly #ended: (answer: Ended) => void;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  readonly #end = Buffer.alloc(8);
  #headerBytes = 0;
  #endBytes = 0;
  #type = 0;
  #contentBytes = 0;
  #paddingBytes = 0;
  #stdoutBytes = 0;

  constructor(ended: (answer: Ended) => void) {
    this.#ended = ended;
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#headerBytes < HEADER_BYTES) {
        const taken = bytes.copy(this.#header, this.#headerBytes, at);
        this.#headerBytes += taken;
        at += taken;
        if (this.#headerBytes === HEADER_BYTES) this.#begin();
      } else {
        at += this.#take(bytes.subarray(at, at + this.#contentBytes + this.#paddingBytes));
      }
      if (this.#headerBytes === HEADER_BYTES && this.#contentBytes + this.#paddingBytes === 0)
        this.#finish();
    }
  }

  #begin(): void {
    this.#type = this.#header[1] ?? 0;
    this.#contentBytes = this.#header.readUInt16BE(4);
    this.#paddingBytes = this.#header[6] ?? 0;
    this.#endBytes = 0;
  }

  #take(bytes: Buffer): number {
    const content = bytes.subarray(0, this.#contentBytes);
    if (this.#type === TYPE.stdout) this.#stdoutBytes += content.length;
    if (this.#type === TYPE.end) this.#endBytes += content.copy(this.#end, this.#endBytes);
    this.#contentBytes -= content.length;
    this.#paddingBytes -= bytes.length - content.length;
    return bytes.length;
  }

  #finish(): void {
    this.#headerBytes = 0;
    if (this.#type !== TYPE.end) return;
    const stdoutBytes = this.#stdoutBytes;
    this.#stdoutBytes = 0;
    const isGood = this.#end.readUInt32BE(0) === 0 && this.#end[4] === 0;
    this.#ended({ stdoutBytes, isGood });
  }
}
