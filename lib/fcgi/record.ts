// Records as bytes to send: pure functions, few pieces, large payloads never copied.

import { BODY_BYTES, HEADER_BYTES, MANAGEMENT_ID, RecordType, VERSION } from './protocol.js';
import type { ProtocolStatus } from './protocol.js';

/**
 * Content bytes of a full STDOUT record: the largest multiple of 8. Records then stay aligned
 * as section 3.3 recommends, and padding, which only costs bytes, is never needed.
 */
const FULL_RECORD_BYTES = 65_528;

/** Up to here one copy into one buffer is cheaper than handing the kernel a list of pieces. */
const COPY_BYTES = 16_384;

/** End of STDOUT (an empty record) and END_REQUEST. */
const TAIL_BYTES = HEADER_BYTES + HEADER_BYTES + BODY_BYTES;

/**
 * FCGI_STDOUT records of `chunk`, in order, as pieces for one `writev`. Short chunks are copied
 * into a single piece; long ones are referred to, not copied.
 * @param chunk not empty: an empty record would end the stream
 */
export function encodeStdout(id: number, chunk: Uint8Array): Uint8Array[] {
  if (chunk.length > COPY_BYTES) return stdoutPieces(id, chunk);
  const piece = Buffer.allocUnsafe(HEADER_BYTES + chunk.length);
  putHeader(piece, 0, RecordType.STDOUT, id, chunk.length);
  piece.set(chunk, HEADER_BYTES);
  return [piece];
}

/** The rest of an answer as pieces for one `writev`: last bytes, end of STDOUT, END_REQUEST. */
export function encodeEnd(
  id: number,
  appStatus: number,
  protocolStatus: ProtocolStatus,
  lastChunk?: Uint8Array,
): Uint8Array[] {
  const length = lastChunk === undefined ? 0 : lastChunk.length;
  if (lastChunk === undefined || length === 0 || length > COPY_BYTES) {
    const tail = Buffer.allocUnsafe(TAIL_BYTES);
    putTail(tail, 0, id, appStatus, protocolStatus);
    return lastChunk === undefined || length === 0
      ? [tail]
      : [...stdoutPieces(id, lastChunk), tail];
  }
  const piece = Buffer.allocUnsafe(HEADER_BYTES + length + TAIL_BYTES);
  putHeader(piece, 0, RecordType.STDOUT, id, length);
  piece.set(lastChunk, HEADER_BYTES);
  putTail(piece, HEADER_BYTES + length, id, appStatus, protocolStatus);
  return [piece];
}

/** FCGI_END_REQUEST alone: the answer to a request that no stream was opened for. */
export function encodeEndRequest(id: number, protocolStatus: ProtocolStatus): Buffer {
  const record = Buffer.allocUnsafe(HEADER_BYTES + BODY_BYTES);
  putEndRequest(record, 0, id, 0, protocolStatus);
  return record;
}

/** FCGI_UNKNOWN_TYPE (section 4.2). */
export function encodeUnknownType(type: number): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + BODY_BYTES);
  putHeader(record, 0, RecordType.UNKNOWN_TYPE, MANAGEMENT_ID, BODY_BYTES);
  record[HEADER_BYTES] = type;
  return record;
}

/** FCGI_GET_VALUES_RESULT (section 4.1). Names and values are shorter than 128 characters. */
export function encodeValues(values: Iterable<readonly [string, string]>): Buffer {
  let content = '';
  for (const [name, value] of values) {
    content += String.fromCharCode(name.length, value.length) + name + value;
  }
  const record = Buffer.allocUnsafe(HEADER_BYTES + content.length);
  putHeader(record, 0, RecordType.GET_VALUES_RESULT, MANAGEMENT_ID, content.length);
  record.write(content, HEADER_BYTES, 'latin1');
  return record;
}

function stdoutPieces(id: number, chunk: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < chunk.length; start += FULL_RECORD_BYTES) {
    const content = chunk.subarray(start, start + FULL_RECORD_BYTES);
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    putHeader(header, 0, RecordType.STDOUT, id, content.length);
    pieces.push(header, content);
  }
  return pieces;
}

function putTail(
  target: Buffer,
  offset: number,
  id: number,
  appStatus: number,
  protocolStatus: ProtocolStatus,
): void {
  putHeader(target, offset, RecordType.STDOUT, id, 0);
  putEndRequest(target, offset + HEADER_BYTES, id, appStatus, protocolStatus);
}

function putEndRequest(
  target: Buffer,
  offset: number,
  id: number,
  appStatus: number,
  protocolStatus: ProtocolStatus,
): void {
  putHeader(target, offset, RecordType.END_REQUEST, id, BODY_BYTES);
  const body = offset + HEADER_BYTES;
  target.writeUInt32BE(appStatus >>> 0, body);
  target.writeUInt32BE(protocolStatus * 0x1000000, body + 4); // status, then 3 reserved bytes
}

function putHeader(
  target: Buffer,
  offset: number,
  type: number,
  id: number,
  contentBytes: number,
): void {
  target[offset] = VERSION;
  target[offset + 1] = type;
  target[offset + 2] = id >>> 8;
  target[offset + 3] = id & 0xff;
  target[offset + 4] = contentBytes >>> 8;
  target[offset + 5] = contentBytes & 0xff;
  target[offset + 6] = 0; // padding length
  target[offset + 7] = 0; // reserved
}
