// Bytes to records, incrementally: one pass, nothing copied but a header or a body that is cut.

import { ProtocolError } from '../errors.js';
import { HEADER_BYTES, RecordType, VERSION } from './protocol.js';

/**
 * Takes one record, or one piece of it.
 * - PARAMS and STDIN come piece by piece as the bytes arrive; an empty piece is the empty record
 *   that ends the stream.
 * - BEGIN_REQUEST and GET_VALUES come whole.
 * - Of any other type the content is skipped: the range is empty.
 *
 * `bytes[start..end)` is only valid during the call.
 */
export type RecordTaker = (
  type: number,
  id: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

type DecoderState = 'header' | 'stream' | 'whole' | 'skip';

const NO_BYTES = Buffer.alloc(0);

/** The decoder of one connection. */
export class RecordDecoder {
  #state: DecoderState = 'header';
  /** The head of a header or of a whole body that is cut; its first `#cutBytes` are filled. */
  readonly #cutHeader = Buffer.alloc(HEADER_BYTES);
  #cutBody = NO_BYTES;
  #cutBytes = 0;
  #type = 0;
  #id = 0;
  /** Bytes of the content and of the padding that have not come yet. */
  #contentBytes = 0;
  #paddingBytes = 0;

  constructor(readonly take: RecordTaker) {}

  /**
   * Decodes the next bytes of the connection.
   * @throws ProtocolError for a version other than 1; the decoder is of no use afterwards
   */
  push(bytes: Buffer): void {
    let at = 0;
    const end = bytes.length;
    while (at < end) {
      switch (this.#state) {
        case 'header':
          at = this.#header(bytes, at, end);
          break;
        case 'stream':
          at = this.#stream(bytes, at, end);
          break;
        case 'whole':
          at = this.#whole(bytes, at, end);
          break;
        case 'skip':
          at = this.#skip(at, end);
          break;
      }
    }
  }

  #header(bytes: Buffer, at: number, end: number): number {
    // Checked with the first byte: a peer that speaks something else may stop and wait for us.
    if (this.#cutBytes === 0 && bytes[at] !== VERSION) throw wrongVersion(bytes[at] ?? 0);
    if (this.#cutBytes === 0 && end - at >= HEADER_BYTES) {
      this.#begin(bytes, at);
      return at + HEADER_BYTES;
    }
    const taken = Math.min(HEADER_BYTES - this.#cutBytes, end - at);
    bytes.copy(this.#cutHeader, this.#cutBytes, at, at + taken);
    this.#cutBytes += taken;
    if (this.#cutBytes === HEADER_BYTES) {
      this.#cutBytes = 0;
      this.#begin(this.#cutHeader, 0);
    }
    return at + taken;
  }

  #begin(header: Buffer, at: number): void {
    this.#type = header[at + 1] ?? 0;
    this.#id = header.readUInt16BE(at + 2);
    this.#contentBytes = header.readUInt16BE(at + 4);
    this.#paddingBytes = header[at + 6] ?? 0;
    this.#state = stateFor(this.#type);
    if (this.#state === 'skip' || this.#contentBytes === 0) this.#emit(NO_BYTES, 0, 0);
    if (this.#contentBytes === 0) this.#endContent();
  }

  #stream(bytes: Buffer, at: number, end: number): number {
    const next = Math.min(at + this.#contentBytes, end);
    this.#contentBytes -= next - at;
    this.#emit(bytes, at, next);
    if (this.#contentBytes === 0) this.#endContent();
    return next;
  }

  #whole(bytes: Buffer, at: number, end: number): number {
    const next = Math.min(at + this.#contentBytes, end);
    const taken = next - at;
    if (this.#cutBytes === 0 && taken === this.#contentBytes) {
      this.#emit(bytes, at, next);
      this.#endContent();
      return next;
    }
    if (this.#cutBytes === 0) this.#cutBody = Buffer.allocUnsafe(this.#contentBytes);
    bytes.copy(this.#cutBody, this.#cutBytes, at, next);
    this.#cutBytes += taken;
    this.#contentBytes -= taken;
    if (this.#contentBytes === 0) {
      const body = this.#cutBody;
      this.#cutBody = NO_BYTES;
      this.#cutBytes = 0;
      this.#emit(body, 0, body.length);
      this.#endContent();
    }
    return next;
  }

  #skip(at: number, end: number): number {
    const next = Math.min(at + this.#contentBytes + this.#paddingBytes, end);
    const content = Math.min(this.#contentBytes, next - at);
    this.#contentBytes -= content;
    this.#paddingBytes -= next - at - content;
    if (this.#contentBytes + this.#paddingBytes === 0) this.#state = 'header';
    return next;
  }

  #endContent(): void {
    this.#contentBytes = 0;
    this.#state = this.#paddingBytes === 0 ? 'header' : 'skip';
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    this.take(this.#type, this.#id, bytes, start, end);
  }
}

function stateFor(type: number): DecoderState {
  switch (type) {
    case RecordType.PARAMS:
    case RecordType.STDIN:
      return 'stream';
    case RecordType.BEGIN_REQUEST:
    case RecordType.GET_VALUES:
      return 'whole';
    default:
      return 'skip';
  }
}

function wrongVersion(byte: number): ProtocolError {
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  const guess = isLetter ? ` ("${String.fromCharCode(byte)}": HTTP on the FastCGI socket?)` : '';
  return new ProtocolError(`record version must be ${VERSION}, not ${byte}${guess}`);
}
