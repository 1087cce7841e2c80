// Reads directories, and bounds how many names the listings of one run hold at a time.

import { opendirSync } from 'node:fs';
import { Fault } from './errno.js';

/** Names held at once by all open directories of a run: some 64 MiB of the longest ones. */
export const LISTED_NAMES_MAX = 262_144;
/** Entries read from the system at a time. */
const BUFFERED_ENTRIES = 256;

export class Listings {
  #room = LISTED_NAMES_MAX;

  /**
   * The names in a directory, without `.` and `..`, to be handed to `forget` when done with. Names
   * that are not UTF-8 are left out: no call could take them.
   * @throws Fault ENOMEM when the run would hold too many; system errors
   */
  read(path: string): string[] {
    const names: string[] = [];
    const directory = opendirSync(path, { bufferSize: BUFFERED_ENTRIES });
    try {
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
        // What stands for a byte that is no UTF-8.
        if (entry.name.includes('\u{fffd}')) continue;
        if (names.length === this.#room) throw new Fault('ENOMEM');
        names.push(entry.name);
      }
    } finally {
      directory.closeSync();
    }
    this.#room -= names.length;
    return names;
  }

  forget(names: readonly string[]): void {
    this.#room += names.length;
  }
}
