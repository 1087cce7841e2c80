// How much may be on the way between two threads. Both sides count the same cost.

/** Size of a stdout chunk, bytes. */
export const CHUNK_BYTES = 64 * 1024;

/** Cost that may be on the way in one direction before the sender waits. */
export const WINDOW_COST = 256 * 1024;

/** What a chunk takes besides its bytes; without it a guest that flushes single bytes could queue 260,000 messages. */
const CHUNK_OVERHEAD = 512;

/** Below this, copying a chunk is cheaper than transferring its buffer. */
const TRANSFER_BYTES = 4096;

export function chunkCost({ length }: Pick<Uint8Array, 'length'>): number {
  return length + CHUNK_OVERHEAD;
}

/**
 * `chunk` in a form that may be posted: its buffer holds nothing else (a posted view takes its whole
 * buffer along, a piece of Node's pool cannot be transferred).
 */
export function ownChunk(chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk);
}

/** Adds the buffers of `chunks` that are worth transferring to a transfer list. */
export function transferable(chunks: readonly Uint8Array<ArrayBuffer>[]): ArrayBuffer[] {
  return chunks.filter((chunk) => chunk.length >= TRANSFER_BYTES).map((chunk) => chunk.buffer);
}
