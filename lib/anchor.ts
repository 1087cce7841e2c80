// Opens the directory that what a tenant may name must lie beneath. The tenant owns it, and often the
// one it stands in: he can exchange it for a symlink after httpd has read his .htaccess in it. So a
// symlink on the way counts only when root made it, or when it leads to a directory of its own owner,
// as httpd's SymLinksIfOwnerMatch has it, but on held descriptors.

import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';

/** Not in Node's constants: a descriptor that names a file and gives no access to its content. */
const O_PATH = 0o10000000;
const HOLD = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const LINKS_MAX = 40;
const ROOT = 0;

/** What is still to come: a component, or the end of what a symlink of this owner has said. */
type Step = string | { readonly link: string; readonly uid: number };

/**
 * @param path absolute, a byte string
 * @returns a descriptor opened with O_PATH, which the caller closes
 * @throws system errors; Error for a symlink that leads to somebody else's directory
 */
export function openAnchor(path: string): number {
  const steps = stepsOf(path);
  let held = openSync('/', HOLD);
  let links = 0;
  try {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      if (typeof step !== 'string') {
        checkOwner(held, step.link, step.uid);
        continue;
      }
      const next = enter(held, step);
      if (next !== undefined) {
        closeSync(held);
        held = next;
        continue;
      }
      if (++links > LINKS_MAX) throw new Error(`${path} has too many symlinks`);
      const { text, uid } = readLink(held, step);
      steps.push({ link: step, uid }, ...stepsOf(text));
      if (text.startsWith('/')) steps.push('/');
    }
    return held;
  } catch (error) {
    closeSync(held);
    throw error;
  }
}

/** The components of a path, the first one last. */
function stepsOf(path: string): Step[] {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .toReversed();
}

/** A descriptor of directory `name` in the one that is held; undefined when it may be a symlink. */
function enter(held: number, name: string): number | undefined {
  try {
    return openSync(name === '/' ? name : placeOf(held, name), HOLD);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** @throws when it is no symlink, or was exchanged meanwhile */
function readLink(held: number, name: string): { text: string; uid: number } {
  const place = placeOf(held, name);
  const before = lstatSync(place, { bigint: true });
  const text = readlinkSync(place, 'latin1');
  const after = lstatSync(place, { bigint: true });
  if (before.ino !== after.ino || before.ctimeNs !== after.ctimeNs) {
    throw new Error(`symlink ${name} was exchanged while it was read`);
  }
  return { text, uid: Number(after.uid) };
}

function checkOwner(held: number, link: string, uid: number): void {
  const owner = fstatSync(held).uid;
  if (uid === ROOT || uid === owner) return;
  throw new Error(`symlink ${link} of uid ${uid} leads to a directory of uid ${owner}`);
}

/** Linux's openat(held, name) for plain fs calls. */
function placeOf(held: number, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${held}/${name}`, 'latin1');
}
