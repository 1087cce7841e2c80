import { expect } from 'chai';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { lineWriter } from '../lib/stderr.js';
import { mkfifo } from './apache/fifo.js';

describe('log lines to stderr', () => {
  it('are lost while nobody takes them, and counted in the next one that gets through', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'wasm-fcgi-stderr-'));
    const pipe = join(directory, 'pipe');
    await mkfifo(pipe);
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const write = lineWriter(fd);
      const line = `${'x'.repeat(1023)}\n`;
      // A pipe holds 64 KiB.
      for (let lines = 0; lines < 70; lines += 1) write(line);
      const bytes = Buffer.alloc(131_072);
      expect(readSync(fd, bytes)).to.equal(65_536);
      write('once more\n');
      const text = bytes.toString('latin1', 0, readSync(fd, bytes));
      expect(text).to.match(/^\S+ warn log-lost lines=6\nonce more\n$/);
      write('and more\n');
      expect(bytes.toString('latin1', 0, readSync(fd, bytes))).to.equal('and more\n');
    } finally {
      closeSync(fd);
      rmSync(directory, { recursive: true });
    }
  });

  it('have nobody who reads them, and the rest goes on', () => {
    const fd = openSync('/dev/full', 'w');
    const write = lineWriter(fd);
    for (let lines = 0; lines < 3; lines += 1) write('x\n');
    closeSync(fd);
    write('x\n');
  });
});
