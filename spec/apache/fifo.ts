// Named pipes, which Node cannot make itself.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Makes a named pipe: whoever opens it waits for a writer. */
export async function mkfifo(file: string): Promise<void> {
  await promisify(execFile)('mkfifo', [file]);
}
