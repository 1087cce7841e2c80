// Snapshots on disk, by what they are made of, in a directory that only the server's user can write.

import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshot, SnapshotProgram } from './contract.js';
import { decodeSnapshot } from './format.js';

/** Changes with every change of what is in such a file, or of how it is made. */
const TOOL_VERSION = 'wasm-fcgi snapshot 1';
/** Snapshots that are kept; the oldest goes first. */
const MOST_FILES = 32;
const SUFFIX = '.snapshot';

/** The same key means the same program with the same configuration. */
export function keyOf(program: SnapshotProgram): string {
  const text = JSON.stringify([
    TOOL_VERSION,
    process.versions.v8,
    program.sha256,
    program.args,
    program.env,
    program.preopens,
    program.entryPoint,
    program.limits.memoryBytes,
    program.limits.openFiles,
    program.watched,
  ]);
  return createHash('sha256').update(text).digest('hex');
}

export class SnapshotStore {
  readonly #directory: string;

  /** @param directory is made if it is not there, for this user alone */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The path of a new empty file, for `keep`. @throws Error when others could write to the directory */
  begin(): string {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const stats = lstatSync(this.#directory);
    const isOurs =
      stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
    if (!isOurs) {
      throw new Error(
        `${this.#directory} must be a directory that only its owner, this user, can write to`,
      );
    }
    const path = join(this.#directory, `${randomUUID()}.new`);
    closeSync(openSync(path, 'wx', 0o600));
    return path;
  }

  pathOf(key: string): string {
    return join(this.#directory, `${key}${SUFFIX}`);
  }

  /** The file becomes the snapshot of `key`, for all at once. */
  keep(path: string, key: string): void {
    renameSync(path, this.pathOf(key));
    this.#tidy();
  }

  drop(path: string): void {
    rmSync(path, { force: true });
  }

  /** Undefined when there is none, or when the file is not as it was written. */
  async read(key: string): Promise<Snapshot | undefined> {
    try {
      const file = await open(this.pathOf(key), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const { uid, mode } = await file.stat();
        if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
        return await decodeSnapshot(await file.readFile());
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }

  #tidy(): void {
    const files = readdirSync(this.#directory)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => {
        const path = join(this.#directory, name);
        return { path, changedMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
      })
      .toSorted((one, other) => other.changedMs - one.changedMs);
    for (const { path } of files.slice(MOST_FILES)) this.drop(path);
  }
}
