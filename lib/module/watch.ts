// Tells when a module file is replaced or changed, for development.

import { unwatchFile, watchFile } from 'node:fs';

/** Looks twice a second. @returns ends the watch */
export function watchModule(path: string, changed: () => void): () => void {
  watchFile(path, { interval: 500 }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino) {
      changed();
    }
  });
  return () => unwatchFile(path);
}
