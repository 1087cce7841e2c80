// How threads tell the main thread that answers lie in mailboxes: one message for as many as there are.

/** One word that all threads share: 1 from when one of them has rung until the main thread looks. */
export type BellWord = Int32Array<SharedArrayBuffer>;

/** The message: look into all mailboxes. */
export const BELL = 0;

export function createBell(): BellWord {
  return new Int32Array(new SharedArrayBuffer(4));
}

// Why no answer is left lying. A thread puts its answer (T1), then exchanges the word for 1 (T2) and
// posts a message if it was 0. The main thread sets it to 0 (M1), then looks into all mailboxes (M2).
// If T2 finds 1, somebody has rung and M1 is still to come: M2 sees the answer. A thread that is
// terminated between T2 and its message would leave the word at 1 for ever; so the main thread looks
// also when a thread has gone.

/** T2. @returns whether the caller has to post the message */
export function ring(bell: BellWord): boolean {
  return Atomics.exchange(bell, 0, 1) === 0;
}

/** M1. */
export function silence(bell: BellWord): void {
  Atomics.store(bell, 0, 0);
}
