// The file with the process id: for those who send signals, and removed by nobody but who wrote it.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { ConfigError, messageOf } from './errors.js';
import type { Log } from './log.js';

/**
 * Writes the id of this process.
 * @returns what removes the file again, unless another process has written it since; never throws
 * @throws ConfigError when it cannot be written
 */
export function writePidFile(path: string, log: Log): () => void {
  const text = `${process.pid}\n`;
  try {
    writeFileSync(path, text);
  } catch (thrown) {
    throw new ConfigError([`pid-file ${path} cannot be written: ${messageOf(thrown)}`]);
  }
  return () => {
    try {
      if (readFileSync(path, 'latin1') === text) rmSync(path);
    } catch (thrown) {
      log('warn', 'pid-file', { path, reason: messageOf(thrown) });
    }
  };
}
