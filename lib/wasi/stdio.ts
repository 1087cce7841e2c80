// The guest's stdin, stdout and stderr: objects of ours on fds 0 to 2, never host descriptors.

import { FdFlag } from './abi.js';
import { Descriptor } from './descriptor.js';
import { Fault } from './errno.js';
import type { ByteSink, ByteSource } from './process.js';
import { INPUT_RIGHTS, OUTPUT_RIGHTS } from './rights.js';
import { type FileStat, STREAM_STAT } from './stat.js';

// The file type stays UNKNOWN, a pipe's: a character device would be taken for a terminal, and
// libc would then write line by line.

export class InputStream extends Descriptor {
  /** Bytes in all. */
  passed = 0;

  /** @param flush called before a read that has to wait */
  constructor(
    readonly source: ByteSource,
    private readonly flush: () => void,
  ) {
    super(INPUT_RIGHTS, 0, false);
  }

  override read(into: readonly Uint8Array[]): number {
    const { source } = this;
    if (source.available === 0 && !source.ended && into.length > 0) {
      if ((this.flags & FdFlag.NONBLOCK) !== 0) throw new Fault('EAGAIN');
      this.flush();
    }
    let bytes = 0;
    for (const vector of into) {
      if (bytes > 0 && source.available === 0) break;
      const got = source.read(vector);
      bytes += got;
      if (got < vector.length) break;
    }
    this.passed += bytes;
    return bytes;
  }

  override stat(): FileStat {
    return STREAM_STAT;
  }

  override readable(): number | undefined {
    return this.source.available > 0 || this.source.ended ? this.source.available : undefined;
  }
}

export class OutputStream extends Descriptor {
  /** Bytes in all. */
  passed = 0;

  constructor(private readonly sink: ByteSink) {
    super(OUTPUT_RIGHTS, 0, false);
  }

  override write(from: readonly Uint8Array[]): number {
    let bytes = 0;
    for (const vector of from) {
      this.passed += vector.length;
      this.sink.write(vector);
      bytes += vector.length;
    }
    return bytes;
  }

  override stat(): FileStat {
    return STREAM_STAT;
  }
}
