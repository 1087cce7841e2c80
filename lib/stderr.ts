// Log lines to stderr, also while nobody takes them.

import { writeSync } from 'node:fs';

const STDERR = 2;

/**
 * Writes lines to `fd`. A full disk or a reader that has gone costs lines and never the server:
 * they are counted, and the next line that gets through says so. (`process.stderr` would end the
 * process at the first failure, or, told not to, write nothing from then on.)
 */
export function lineWriter(fd = STDERR): (line: string) => void {
  let lost = 0;
  return (line) => {
    const gap = lost === 0 ? '' : `${new Date().toISOString()} warn log-lost lines=${lost}\n`;
    try {
      writeAll(fd, Buffer.from(gap + line));
      lost = 0;
    } catch {
      lost += 1;
    }
  };
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
