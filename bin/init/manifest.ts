// What init remembers about what it did, beside httpd's configuration: the truth of `--uninstall`.

import { readFile, rename, rm, writeFile } from 'node:fs/promises';

export type Entry =
  | {
      readonly kind: 'write';
      readonly path: string;
      /** SHA-256 of every content that init gave it, the last one last. */
      readonly sums: readonly string[];
      /** Of a built file: the state of sources and httpd that it was built for. */
      readonly stamp?: string;
    }
  | { readonly kind: 'line'; readonly path: string; readonly line: string }
  | {
      readonly kind: 'run';
      readonly words: readonly string[];
      readonly undo: readonly string[];
      readonly marker: string;
    };

export interface Manifest {
  /** Of this format. */
  readonly version: 1;
  /** Where the example answers. */
  readonly url: string;
  /** Directory of its program. */
  readonly programs: string;
  /** Directories that init made, outer ones first. */
  readonly directories: readonly string[];
  /** In the order in which they were done. */
  readonly entries: readonly Entry[];
}

/** @throws Error when there is one that init did not write */
export async function loadManifest(file: string): Promise<Manifest | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const manifest: Manifest = JSON.parse(text);
    if (manifest.version === 1 && Array.isArray(manifest.entries)) return manifest;
  } catch {
    // Told below.
  }
  throw new Error(`${file} is not as init writes it; it says what --uninstall removes`);
}

/** Writes it whole or not at all; without entries there is none. */
export async function saveManifest(file: string, manifest: Manifest | undefined): Promise<void> {
  if (manifest === undefined) return rm(file, { force: true });
  const next = `${file}.new`;
  await writeFile(next, `${JSON.stringify(manifest, undefined, 2)}\n`);
  await rename(next, file);
}

/** With this entry at the end, or instead of the one of the same place. */
export function remember(manifest: Manifest, entry: Entry): Manifest {
  const same = (one: Entry): boolean => one.kind === entry.kind && placeOf(one) === placeOf(entry);
  const entries = manifest.entries.some(same)
    ? manifest.entries.map((one) => (same(one) ? entry : one))
    : [...manifest.entries, entry];
  return { ...manifest, entries };
}

/** What is remembered of a file. */
export function fileEntry(
  manifest: Manifest | undefined,
  path: string,
): (Entry & { kind: 'write' }) | undefined {
  for (const entry of manifest?.entries ?? [])
    if (entry.kind === 'write' && entry.path === path) return entry;
}

function placeOf(entry: Entry): string {
  return entry.kind === 'run' ? entry.marker : entry.path;
}
