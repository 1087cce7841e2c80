// A place for the snapshots of a server of a spec. What Asyncify makes of an interpreter takes most of the
// time of a build, and is the same for all specs: it is kept, beside what else is built. All else is made anew.

import { chmod, chown, copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';

const KEPT = path.join(import.meta.dirname, '../../../.build-functions');
const FUNCTIONS = '.functions';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes a directory for `--spool-dir`.
 * @param owner who the server runs as; the present user by default
 */
export async function makeSpool(spool: string, owner?: Owner): Promise<string> {
  const uid = owner?.uid ?? process.getuid?.() ?? 0;
  const inner = path.join(spool, `wasm-fcgi-snapshots-${uid}`);
  await mkdir(inner, { recursive: true });
  await chmod(inner, 0o700);
  await chmod(spool, 0o777);
  await mkdir(KEPT, { recursive: true });
  for (const name of await functionsIn(KEPT)) {
    const to = path.join(inner, name);
    await copyFile(path.join(KEPT, name), to);
    await chmod(to, 0o600);
    if (owner !== undefined) await chown(to, owner.uid, owner.gid);
  }
  if (owner !== undefined) await chown(inner, owner.uid, owner.gid);
  return spool;
}

/** Keeps what was made there, for the specs that follow. */
export async function keepFunctions(spool: string): Promise<void> {
  const known = new Set(await functionsIn(KEPT));
  for (const directory of await readdir(spool)) {
    for (const name of await functionsIn(path.join(spool, directory))) {
      if (known.has(name)) continue;
      const unfinished = path.join(KEPT, `${name}.${process.pid}`);
      await copyFile(path.join(spool, directory, name), unfinished);
      await rename(unfinished, path.join(KEPT, name));
    }
  }
}

async function functionsIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith(FUNCTIONS));
}
