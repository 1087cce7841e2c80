// A snapshot as the bytes of a file, with their hash in front.

import { createHash, webcrypto } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Snapshot } from './contract.js';

const HASH_BYTES = 32;

export function encodeSnapshot({ picture, ...rest }: Snapshot): Uint8Array {
  // A shared buffer is no data to v8.
  const bytes = new Uint8Array(picture.bytes);
  const payload = serialize({ ...rest, picture: { ...picture, bytes } });
  const hash = createHash('sha256').update(payload).digest();
  return Buffer.concat([hash, payload]);
}

/** Undefined when these are not the bytes that were written. */
export async function decodeSnapshot(file: Uint8Array): Promise<Snapshot | undefined> {
  const payload = file.subarray(HASH_BYTES);
  // On a thread of its own: these may be 40 MB, and requests are served meanwhile.
  const hash = Buffer.from(await webcrypto.subtle.digest('SHA-256', payload));
  if (!hash.equals(file.subarray(0, HASH_BYTES))) return undefined;
  const snapshot: Snapshot = deserialize(payload);
  const { bytes } = snapshot.picture;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return { ...snapshot, picture: { ...snapshot.picture, bytes: shared } };
}
