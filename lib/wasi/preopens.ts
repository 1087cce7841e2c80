// Opens what a run is granted: each preopen is one held host descriptor.

import { closeSync, constants } from 'node:fs';
import { openAnchor } from '../anchor.js';
import type { Preopen } from '../run.js';
import { Right } from './abi.js';
import { HOLD, inside, Walk } from './beneath.js';
import { Directory } from './directory.js';
import { codeOf } from './errno.js';
import type { HostFds } from './hostfds.js';
import type { Listings } from './listings.js';
import { CHANGING_RIGHTS, DIRECTORY_RIGHTS, FILE_RIGHTS } from './rights.js';

/** @throws Error that names the preopen and the reason, when it cannot be opened */
export function openPreopen(fds: HostFds, listings: Listings, preopen: Preopen): Directory {
  // Other programs, which do not walk as we do, would follow a guest's symlinks.
  const refused = preopen.symlinks === true ? 0 : Right.PATH_SYMLINK;
  const granted = ~(refused | (preopen.readOnly ? CHANGING_RIGHTS : 0));
  try {
    return new Directory(
      fds,
      listings,
      open(fds, preopen),
      {
        rights: DIRECTORY_RIGHTS & granted,
        inheriting: (DIRECTORY_RIGHTS | FILE_RIGHTS) & granted,
        readOnly: preopen.readOnly,
      },
      preopen.guest,
    );
  } catch (error) {
    const reason = codeOf(error) ?? String(error);
    throw new Error(`preopen ${preopen.guest}: cannot open ${preopen.host}: ${reason}`, {
      cause: error,
    });
  }
}

function open(fds: HostFds, { host, below }: Preopen): number {
  if (below === undefined) return openReadable(fds, Buffer.from(host, 'latin1'));
  const root = openAnchor(below);
  const walk = new Walk(fds);
  try {
    walk.start({ fd: root }, restOf(host, below));
    walk.enter();
    return openReadable(fds, Buffer.from(inside(walk.parent, '.')));
  } finally {
    walk.release();
    closeSync(root);
  }
}

/** For fsync and listing; a directory that may be searched but not read is held all the same. */
function openReadable(fds: HostFds, path: Buffer): number {
  try {
    return fds.open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    return fds.open(path, HOLD & ~constants.O_NOFOLLOW);
  }
}

/** The way from `below` to `host`, relative; `.` when they are the same. @throws Error when it is not beneath */
export function restOf(host: string, below: string): string {
  const root = below.endsWith('/') ? below : `${below}/`;
  if (`${host}/` === root || host === root) return '.';
  if (!host.startsWith(root)) throw new Error(`it is not beneath ${below}`);
  const rest = host.slice(root.length).replace(/^\/+/, '');
  return Buffer.from(rest === '' ? '.' : rest, 'latin1').toString();
}
