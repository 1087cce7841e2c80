// Does a plan, whole or not at all: when a step fails, all before it are taken back.

import { rmdir } from 'node:fs/promises';

import { messageOf } from '../../lib/errors.js';
import type { Change } from './changes.js';
import { makeDirectoryOf, sha256 } from './files.js';
import type { Judged } from './judge.js';
import { type Done, bytesFor, make, write } from './make.js';
import { type Entry, type Manifest, fileEntry, remember, saveManifest } from './manifest.js';
import { changeText } from './show.js';

export interface ApplyOptions {
  /** What is remembered so far, and where. */
  readonly manifest: Manifest;
  readonly manifestFile: string;
  /** Is anything remembered when it is done? */
  readonly isInstall: boolean;
  /** Throws when httpd does not accept what was done. */
  verify(): Promise<void>;
  /** Told of each step that was done, or was not to do; with where an old file went. */
  said(one: Judged, aside?: string): void;
  /** Shows what takes long. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
}

/** @throws Error with the step that failed and why; then all is as it was before */
export async function apply(judged: readonly Judged[], options: ApplyOptions): Promise<void> {
  const transaction = new Transaction(options);
  let doing = '';
  try {
    for (const one of judged) {
      doing = changeText(one.change);
      const aside = one.state === 'due' ? await transaction.do(one) : undefined;
      options.said(one, aside);
    }
    doing = 'check';
    await options.during('checking httpd', () => options.verify());
  } catch (thrown) {
    const back = await transaction.takeBack();
    throw new Error(`${doing}: ${messageOf(thrown)}\n${back}`, { cause: thrown });
  }
  await transaction.commit();
}

class Transaction {
  readonly #undos: Done['undo'][] = [];
  #manifest: Manifest;

  constructor(readonly options: ApplyOptions) {
    this.#manifest = options.manifest;
  }

  /** Does one change; answers where an old file went. */
  async do({ change, setsAside = false }: Judged): Promise<string | undefined> {
    if (change.kind === 'write') return this.#write(change, setsAside);
    if (change.kind !== 'remove') await this.#remember(entryOf(change));
    const done = await make(change);
    this.#undos.push(done.undo);
    return done.aside;
  }

  async #write(
    change: Change & { kind: 'write' },
    setsAside: boolean,
  ): Promise<string | undefined> {
    const { path, content } = change;
    const get = (): Promise<Uint8Array> => bytesFor(content);
    const bytes = await (content.from === 'build'
      ? this.options.during('building mod_wasm.so', get)
      : get());
    await this.#makeDirectories(path);
    const old = fileEntry(this.#manifest, path);
    const entry = {
      ...old,
      kind: 'write',
      path,
      sums: [...(old?.sums ?? []), sha256(bytes)],
    } as const;
    // Before it is done: what a power cut leaves behind is known to be ours.
    await this.#remember(entry);
    const done = await write(change, bytes, setsAside);
    this.#undos.push(done.undo);
    if (content.from === 'build') await this.#remember({ ...entry, stamp: content.stamp });
    return done.aside;
  }

  async #makeDirectories(path: string): Promise<void> {
    const made = await makeDirectoryOf(path);
    if (made.length === 0) return;
    this.#undos.push(() => removeDirectories(made));
    this.#manifest = { ...this.#manifest, directories: [...this.#manifest.directories, ...made] };
  }

  async #remember(entry: Entry): Promise<void> {
    if (!this.options.isInstall) return;
    this.#manifest = remember(this.#manifest, entry);
    await saveManifest(this.options.manifestFile, this.#manifest);
  }

  /** Answers what is to be said about it. */
  async takeBack(): Promise<string> {
    for (const undo of this.#undos.toReversed()) await undo();
    const { manifest, manifestFile } = this.options;
    await saveManifest(manifestFile, manifest.entries.length === 0 ? undefined : manifest);
    return this.#undos.length === 0
      ? 'nothing was changed'
      : 'the steps before it are taken back: all is as it was';
  }

  async commit(): Promise<void> {
    if (this.options.isInstall) return;
    await removeDirectories(this.#manifest.directories);
    await saveManifest(this.options.manifestFile, undefined);
  }
}

/** Those that are empty; what somebody put there stays. */
async function removeDirectories(directories: readonly string[]): Promise<void> {
  for (const directory of directories.toReversed()) await rmdir(directory).catch(() => undefined);
}

function entryOf(change: Exclude<Change, { kind: 'write' | 'remove' }>): Entry {
  if (change.kind === 'line') return { kind: 'line', path: change.path, line: change.line };
  const { words, undo, marker } = change;
  return { kind: 'run', words, undo, marker };
}
