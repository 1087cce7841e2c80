// The web server's side of FastCGI, written from the specification and not from lib/: records
// to send as bytes, and what came back.

export interface Reply {
  readonly type: number;
  readonly id: number;
  readonly content: Buffer;
}

export interface RecordOptions {
  readonly version?: number;
  readonly padding?: number;
}

/** One record; `content` as text is latin1. */
export function record(
  type: number,
  id: number,
  content: string | Uint8Array = '',
  { version = 1, padding = 0 }: RecordOptions = {},
): Buffer {
  const body = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const header = Buffer.from([version, type, id >> 8, id, 0, 0, padding, 0]);
  header.writeUInt16BE(body.length, 4);
  return Buffer.concat([header, body, Buffer.alloc(padding, 0xee)]);
}

export const KEEP = 1;

export const begin = (id: number, flags = 0, role = 1): Buffer =>
  record(1, id, Buffer.from([role >> 8, role, flags, 0, 0, 0, 0, 0]));
export const abort = (id: number, content = ''): Buffer => record(2, id, content);
export const stdin = (id: number, content: string | Uint8Array = ''): Buffer =>
  record(5, id, content);

function pairLength(length: number): Buffer {
  if (length < 128) return Buffer.from([length]);
  const long = Buffer.alloc(4);
  long.writeUInt32BE(length);
  long[0] = 0x80 | (long[0] ?? 0);
  return long;
}

/** Name-value pairs as bytes; texts are latin1. */
export function pairs(entries: Iterable<readonly [string, string]>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of entries) {
    parts.push(pairLength(name.length), pairLength(value.length));
    parts.push(Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'));
  }
  return Buffer.concat(parts);
}

/** A stream cut into records of at most `recordBytes`, with the empty record that ends it. */
export function stream(type: number, id: number, bytes: Uint8Array, recordBytes = 65_535): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += recordBytes) {
    parts.push(record(type, id, bytes.subarray(at, at + recordBytes)));
  }
  parts.push(record(type, id));
  return Buffer.concat(parts);
}

export const params = (id: number, entries: Record<string, string> = {}): Buffer =>
  stream(4, id, pairs(Object.entries(entries)));

/** A whole request. */
export function request(
  id: number,
  { flags = 0, entries = {}, body = '' }: RequestParts = {},
): Buffer {
  const bytes = Buffer.from(body, 'latin1');
  return Buffer.concat([begin(id, flags), params(id, entries), stream(5, id, bytes)]);
}

export interface RequestParts {
  readonly flags?: number;
  readonly entries?: Record<string, string>;
  readonly body?: string;
}

/** The whole records at the begin of `bytes`, and how many bytes they are. */
export function parseReplies(bytes: Buffer): { replies: Reply[]; usedBytes: number } {
  const replies: Reply[] = [];
  let at = 0;
  while (bytes.length - at >= 8) {
    const length = bytes.readUInt16BE(at + 4);
    const next = at + 8 + length + bytes.readUInt8(at + 6);
    if (next > bytes.length) break;
    if (bytes[at] !== 1) throw new Error(`version ${bytes[at]} in an answer`);
    const content = Buffer.from(bytes.subarray(at + 8, at + 8 + length));
    replies.push({ type: bytes.readUInt8(at + 1), id: bytes.readUInt16BE(at + 2), content });
    at = next;
  }
  return { replies, usedBytes: at };
}
