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
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshot, SnapshotProgram } from './contract.js';
import { decodeSnapshot, seal, unseal } from './format.js';

/** Changes with every change of what is in such a file, or of how it is made. */
const TOOL_VERSION = 'wasm-fcgi snapshot 2';
const SNAPSHOT = '.snapshot';
const FUNCTIONS = '.functions';
const UNFINISHED = '.new';
/** Files that are kept of each kind; the oldest goes first. */
const MOST_FILES = 64;
/** No build takes that long: whoever began such a file has been killed. */
const UNFINISHED_MS = 3_600_000;

/** The same key means the same program with the same configuration. */
export function keyOf(program: SnapshotProgram): string {
  const preopens = program.preopens.map(
    ({ guest, host, readOnly, symlinks = false, below = '' }) =>
      [guest, host, readOnly, symlinks, below] as const,
  );
  const text = JSON.stringify([
    TOOL_VERSION,
    process.versions.v8,
    program.sha256,
    program.args,
    program.env,
    preopens,
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

  /**
   * Makes the directory if it is not there.
   * @throws Error when that fails, or when others could write to it
   */
  open(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const stats = lstatSync(this.#directory);
    const isOurs =
      stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
    if (!isOurs) {
      throw new Error(
        `${this.#directory} must be a directory that only its owner, this user, can write to`,
      );
    }
  }

  /** The path of a new empty file, for `keep`. @throws as `open` does */
  begin(): string {
    this.open();
    const path = join(this.#directory, `${randomUUID()}${UNFINISHED}`);
    closeSync(openSync(path, 'wx', 0o600));
    return path;
  }

  pathOf(key: string): string {
    return join(this.#directory, `${key}${SNAPSHOT}`);
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
    const bytes = await this.#bytesOf(this.pathOf(key));
    return bytes && decodeSnapshot(bytes);
  }

  /** Instrumented functions: undefined when there are none, or when the file is not as it was written. */
  async readFunctions(key: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#bytesOf(join(this.#directory, `${key}${FUNCTIONS}`));
    return bytes && unseal(bytes);
  }

  keepFunctions(key: string, bytes: Uint8Array): void {
    const path = this.begin();
    writeFileSync(path, seal(bytes));
    renameSync(path, join(this.#directory, `${key}${FUNCTIONS}`));
  }

  /** Undefined when there is no such file of ours alone. */
  async #bytesOf(path: string): Promise<Uint8Array | undefined> {
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const { uid, mode } = await file.stat();
        return uid === process.getuid?.() && (mode & 0o022) === 0
          ? await file.readFile()
          : undefined;
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }

  #tidy(): void {
    const files = readdirSync(this.#directory)
      .map((name) => {
        const path = join(this.#directory, name);
        return { path, changedMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
      })
      .toSorted((one, other) => other.changedMs - one.changedMs);
    const surplus = [SNAPSHOT, FUNCTIONS].flatMap((kind) =>
      files.filter(({ path }) => path.endsWith(kind)).slice(MOST_FILES),
    );
    const left = files.filter(
      ({ path, changedMs }) => path.endsWith(UNFINISHED) && changedMs < Date.now() - UNFINISHED_MS,
    );
    for (const { path } of [...surplus, ...left]) this.drop(path);
  }
}
