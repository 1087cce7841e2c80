// Does one change, and answers how to take it back.

import { randomBytes } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';

import { buildModule } from './build.js';
import { type Change, type Content, SET_ASIDE } from './changes.js';
import { bytesOf, putFile, replaceFile, rightsOf, sha256 } from './files.js';
import { isThere, runOrThrow } from './shell.js';

const KEY_BYTES = 32;

/** A change that was done. */
export interface Done {
  /** Puts back what was there before. */
  readonly undo: () => Promise<unknown>;
  /** Where a file went that was not as init left it. */
  readonly aside?: string;
}

/** @throws Error with what failed; then nothing was changed */
export async function make(change: Exclude<Change, { kind: 'write' }>): Promise<Done> {
  switch (change.kind) {
    case 'run':
      await runOrThrow(change.words);
      return { undo: () => runOrThrow(change.undo) };
    case 'line': {
      const before = await readFile(change.path);
      await replaceFile(change.path, withLine(before, change.line, change.there));
      return { undo: () => replaceFile(change.path, before) };
    }
    case 'remove':
      return removeFile(change.path, change.sums);
  }
}

/**
 * Writes a file; its directory is there.
 * @param saveOld set aside what was there
 */
export async function write(
  { path, mode, group }: Change & { kind: 'write' },
  bytes: Uint8Array,
  saveOld: boolean,
): Promise<Done> {
  const before = await bytesOf(path);
  const rights = { mode, ...(group === undefined ? {} : { gid: group }) };
  if (before === undefined) {
    await putFile(path, bytes, rights);
    return { undo: () => rm(path, { force: true }) };
  }
  const old = await rightsOf(path);
  if (!saveOld) {
    await putFile(path, bytes, rights);
    return { undo: () => putFile(path, before, old) };
  }
  const aside = await freeNameFor(path);
  await rename(path, aside);
  await putFile(path, bytes, rights);
  return { aside, undo: () => rename(aside, path) };
}

/** @throws Error with the words of make when a module does not build */
export async function bytesFor(content: Content): Promise<Uint8Array> {
  switch (content.from) {
    case 'text':
      return Buffer.from(content.text);
    case 'copy':
      return readFile(content.file);
    case 'build':
      return buildModule(content.sources, content.apxs);
    case 'chance':
      return Buffer.from(randomBytes(KEY_BYTES).toString('hex'));
  }
}

async function removeFile(path: string, sums: readonly string[]): Promise<Done> {
  const bytes = await bytesOf(path);
  if (bytes === undefined) return { undo: async () => {} };
  if (!sums.includes(sha256(bytes))) {
    const aside = await freeNameFor(path);
    await rename(path, aside);
    return { aside, undo: () => rename(aside, path) };
  }
  const rights = await rightsOf(path);
  await rm(path);
  return { undo: () => putFile(path, bytes, rights) };
}

/** A name beside it that httpd does not read, and that nothing has yet. */
async function freeNameFor(path: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const name = `${path}${SET_ASIDE}${count === 1 ? '' : `.${count}`}`;
    if (!(await isThere(name))) return name;
  }
}

function withLine(bytes: Buffer, line: string, there: boolean): Buffer {
  const text = bytes.toString('latin1');
  const added = Buffer.from(line).toString('latin1');
  const next = there
    ? `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${added}\n`
    : text
        .split('\n')
        .filter((one) => one !== added)
        .join('\n');
  return Buffer.from(next, 'latin1');
}
