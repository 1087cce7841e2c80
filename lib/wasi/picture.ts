// The host's side of a snapshot: what a guest has open, as data, and how to open it again.

import type { HostPicture, OpenedPicture } from '../picture.js';
import type { Descriptor, Origin } from './descriptor.js';
import { Fault } from './errno.js';
import type { Guest } from './guest.js';
import { openAt } from './pathopen.js';

/** Bits of OpenRequest.openFlags that would make or empty a file: CREAT, EXCL, TRUNC. */
const MAKING = 1 | 4 | 8;

/** What is open at the checkpoint cannot be opened again as it was. */
export class UnpicturableHost extends Error {
  override readonly name = 'UnpicturableHost';
}

/** @throws UnpicturableHost that names what a guest has to close first */
export function takeHostPicture(guest: Guest): HostPicture {
  const given = guest.given;
  const slots = guest.fds.slots().map((descriptor, fd) => {
    if (descriptor === undefined) return undefined;
    const { opened, root } = wayTo(descriptor);
    if (!descriptor.isReadOnlyUse) {
      const name = opened.at(-1)?.path ?? '';
      throw new UnpicturableHost(`the file ${name} is open for writing as fd ${fd}`);
    }
    const index = given.indexOf(root);
    if (index === -1) throw new UnpicturableHost(`nobody knows where fd ${fd} came from`);
    const { rights, inheriting, flags, position, identity } = descriptor;
    return { given: index, opened, rights, inheriting, flags, position, identity };
  });
  return { slots, elapsedNs: guest.elapsedNs() };
}

/**
 * Makes a guest that has just begun one that has what the picture shows.
 * @throws Fault ESTALE when a file is not what it was; system errors
 */
export function restoreHost(guest: Guest, { slots, elapsedNs }: HostPicture): void {
  guest.goOnFrom(elapsedNs);
  const { given } = guest;
  const used = new Set<Descriptor>();
  const opened = slots.map((slot) => {
    if (slot === undefined) return undefined;
    const root = given[slot.given];
    if (root === undefined) throw new Fault('ESTALE');
    const descriptor = openAgain(guest, root, slot.opened);
    used.add(descriptor);
    if (slot.identity !== descriptor.identity) throw new Fault('ESTALE');
    descriptor.rights = slot.rights;
    descriptor.inheriting = slot.inheriting;
    descriptor.flags = slot.flags;
    descriptor.position = slot.position;
    return descriptor;
  });
  for (const one of given) if (!used.has(one)) one.close();
  guest.fds.replace(opened);
}

function openAgain(guest: Guest, root: Descriptor, way: readonly OpenedPicture[]): Descriptor {
  let here = root;
  for (const { path, openFlags, ...how } of way) {
    const next = openAt(guest, guest.fds.asDirectory(here), path, {
      ...how,
      openFlags: openFlags & ~MAKING,
    });
    if (here !== root) here.close();
    here = next;
  }
  return here;
}

/** The way from one of the given descriptors. */
function wayTo(descriptor: Descriptor): { opened: OpenedPicture[]; root: Descriptor } {
  const opened: OpenedPicture[] = [];
  let root = descriptor;
  for (let origin: Origin | undefined = root.origin; origin !== undefined; origin = root.origin) {
    const { directory, ...how } = origin;
    opened.unshift(how);
    root = directory;
  }
  return { opened, root };
}
