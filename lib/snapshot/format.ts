// A snapshot as the bytes of a file, and files with the hash of their bytes in front.

import { createHash, webcrypto } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Snapshot } from './contract.js';

const HASH_BYTES = 32;

/** `payload` with its hash in front. */
export function seal(payload: Uint8Array): Uint8Array {
  const hash = createHash('sha256').update(payload).digest();
  return Buffer.concat([hash, payload]);
}

/** Undefined when these are not the bytes that were sealed. */
export async function unseal(file: Uint8Array): Promise<Uint8Array | undefined> {
  const payload = file.subarray(HASH_BYTES);
  // On a thread of its own: these may be 40 MB, and requests are served meanwhile.
  const hash = Buffer.from(await webcrypto.subtle.digest('SHA-256', payload));
  return hash.equals(file.subarray(0, HASH_BYTES)) ? payload : undefined;
}

export function encodeSnapshot({ picture, ...rest }: Snapshot): Uint8Array {
  // A shared buffer is no data to v8.
  const bytes = new Uint8Array(picture.bytes);
  return seal(serialize({ ...rest, picture: { ...picture, bytes } }));
}

/** Undefined when these are not the bytes that were written. */
export async function decodeSnapshot(file: Uint8Array): Promise<Snapshot | undefined> {
  const payload = await unseal(file);
  if (payload === undefined) return undefined;
  const snapshot: Snapshot = deserialize(payload);
  const { bytes } = snapshot.picture;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return { ...snapshot, picture: { ...snapshot.picture, bytes: shared } };
}
