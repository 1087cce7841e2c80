// The words two threads share, and the one way a guest's thread waits for the main thread.

/** Names of the 32-bit words in the shared memory of a thread. */
export const WORD = {
  /** Counts up with everything the main thread does that a waiting guest may wait for. */
  WAKE: 0,
  /** Cost of all stdout chunks of this thread that the main thread has taken, modulo 2^32. */
  STDOUT_TAKEN: 1,
  /** Number of the run that is to end now; run numbers begin at 1. */
  STOP: 2,
  /** 1 while the thread looks into its mailbox by itself; else it is in its event loop and takes messages. */
  ATTENDS: 3,
} as const;

type Word = (typeof WORD)[keyof typeof WORD];
export type ControlWords = Int32Array<SharedArrayBuffer>;

/** Shared words for one thread, all 0. */
export function createControlWords(): ControlWords {
  return new Int32Array(new SharedArrayBuffer(4 * Object.keys(WORD).length));
}

// Why no wake-up is lost. The main thread (M) first makes its change visible (M1: stores a word, or
// posts to the body port, which queues the message before it returns), then adds 1 to WAKE (M2), then
// notifies (M3). The worker (W) loads WAKE (W1), looks whether what it waits for is there (W2), and
// waits only while WAKE still is what it loaded (W3). Atomics are sequentially consistent, so either
// M2 is before W1, then M1 is before W2 and the worker sees the change; or M2 is after W1, then W3
// finds another value and returns at once, or is already asleep and M3 wakes it. No third order exists.

/** M1-M3 for a change in a word. */
export function setWord(words: ControlWords, word: Word, value: number): void {
  Atomics.store(words, word, value);
  wake(words);
}

/** M2 and M3: for a change that was made visible otherwise. */
export function wake(words: ControlWords): void {
  Atomics.add(words, WORD.WAKE, 1);
  Atomics.notify(words, WORD.WAKE);
}

/**
 * W1-W3: blocks this thread until `ready` answers true, or `atMost` (asked before every sleep) has no
 * milliseconds left. Only `terminate()` ends it otherwise, within milliseconds.
 * @returns whether `ready` was true
 */
export function waitUntil(
  words: ControlWords,
  ready: () => boolean,
  atMost: () => number,
): boolean {
  for (;;) {
    const seen = Atomics.load(words, WORD.WAKE);
    if (ready()) return true;
    const leftMs = atMost();
    if (leftMs <= 0) return false;
    Atomics.wait(words, WORD.WAKE, seen, leftMs);
  }
}
