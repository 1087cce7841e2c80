// Ends the building process with the one that started it. A program that loops keeps the main thread of it
// for itself, and who would end it may have been killed: another thread looks. Also that thread's entry.

import { Worker, isMainThread, workerData } from 'node:worker_threads';

const LOOK_MS = 500;

/** @param parent pid of the process that started this one */
export function endWith(parent: number): void {
  new Worker(new URL(import.meta.url), { workerData: parent }).unref();
}

if (!isMainThread) {
  setInterval(() => {
    if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
  }, LOOK_MS);
}
