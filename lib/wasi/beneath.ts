// The capability walk: from a held directory to the last component of a guest's path, one
// component at a time. `/proc/self/fd/N/name` is Linux's openat(N, name) for plain fs calls.
// Nothing is checked first and used later, so there is no window to race.

import { constants, readlinkSync } from 'node:fs';
import { codeOf, Fault } from './errno.js';
import type { HostFds } from './hostfds.js';

/** Not in Node's constants: a descriptor that names a file and gives no access to its content. */
export const O_PATH = 0o10000000;
export const HOLD = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** As Linux: more symlinks than this on one way are ELOOP. */
const LINKS_MAX = 40;
/** Every level of a walk holds a host descriptor, of which the process has a limited number. */
const DEPTH_MAX = 128;
const NAME_MAX = 255;

/** `name` inside the directory that host descriptor `fd` holds; `name` is one component. */
export function inside(fd: number, name: string): string {
  return `/proc/self/fd/${fd}/${name}`;
}

/**
 * How long directories held by one walk may serve the next, ms. Most walks of a program go the same
 * way as the one before. What is held lies beneath the base in any case; another program that moves
 * a directory may be noticed this much later.
 */
const REUSE_MS = 10;

/** Where a walk begins: an object, since host descriptors are numbers that come again. */
export interface Base {
  readonly fd: number;
}

/**
 * One walk at a time. After `start`, `parent` and `name` say where it stands: `name` is one
 * component, `.` for the parent itself, never followed by the kernel; it may be a symlink.
 */
export class Walk {
  name = '.';
  /** The path ended in a slash: the last component must be a directory. */
  slash = false;
  #base: Base = { fd: -1 };
  /** Descriptors of the directories from the base to where the walk stands, and their names. */
  readonly #held: number[] = [];
  readonly #heldNames: string[] = [];
  #heldSince = 0;
  /** Components still to come, the next one last. */
  #names: string[] = [];
  #links = 0;

  constructor(private readonly fds: HostFds) {}

  get parent(): number {
    return this.#held.at(-1) ?? this.#base.fd;
  }

  /** What to hand to an fs call that does not follow a last symlink. */
  get place(): string {
    return inside(this.parent, this.name);
  }

  /**
   * Walks from `base` to the last component of `path`.
   * @throws Fault EPERM when the path leads out of `base`, ELOOP, ENOTDIR, ENAMETOOLONG; system errors
   */
  start(base: Base, path: string): this {
    const now = performance.now();
    if (base !== this.#base || now - this.#heldSince > REUSE_MS) this.release();
    if (this.#held.length === 0) this.#heldSince = now;
    this.#base = base;
    this.#links = 0;
    this.slash = false;
    this.#names = [];
    this.#lead(path);
    this.#skip();
    this.#advance();
    return this;
  }

  /** The last component turned out to be a symlink: goes where it points to. */
  follow(): void {
    this.#expand(this.name, 'ELOOP');
    this.#advance();
  }

  /** Makes the last component, a directory or a symlink to one, the parent and `.` the name. */
  enter(): void {
    while (this.name !== '.') {
      if (this.#step(this.name)) this.name = '.';
      else this.#advance();
    }
    this.slash = false;
  }

  /** Lets go of all directories; the next walk begins at its base. */
  release(): void {
    while (this.#leave());
  }

  /** Keeps what is held of the way ahead, and lets go of the rest. */
  #skip(): void {
    let kept = 0;
    while (this.#names.length > 1 && this.#names.at(-1) === this.#heldNames[kept]) {
      this.#names.pop();
      kept++;
    }
    while (this.#held.length > kept) this.#leave();
  }

  /** Goes up one level; false at the base. */
  #leave(): boolean {
    const left = this.#held.pop();
    if (left === undefined) return false;
    this.#heldNames.pop();
    this.fds.close(left);
    return true;
  }

  #advance(): void {
    for (;;) {
      const name = this.#names.pop() ?? '.';
      if (name === '..') {
        if (!this.#leave()) throw new Fault('EPERM');
        if (this.#names.length > 0) continue;
        this.name = '.';
        return;
      }
      if (this.#names.length === 0) {
        this.name = name;
        return;
      }
      this.#step(name);
    }
  }

  /** Goes into directory `name`; false when it was a symlink, whose text now lies ahead. */
  #step(name: string): boolean {
    if (this.#held.length === DEPTH_MAX) throw new Fault('ENAMETOOLONG');
    try {
      this.#held.push(this.fds.open(inside(this.parent, name), HOLD));
      this.#heldNames.push(name);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'ENOTDIR') throw error;
    }
    this.#expand(name, 'ENOTDIR');
    return false;
  }

  #expand(name: string, otherwise: 'ELOOP' | 'ENOTDIR'): void {
    let text: string;
    try {
      text = readlinkSync(inside(this.parent, name));
    } catch (error) {
      throw codeOf(error) === 'EINVAL' ? new Fault(otherwise) : error;
    }
    if (++this.#links > LINKS_MAX) throw new Fault('ELOOP');
    this.#lead(text);
  }

  /** Puts the components of `path` before those that are still to come. */
  #lead(path: string): void {
    if (path.startsWith('/')) throw new Fault('EPERM');
    const names = path.split('/');
    const last = names.at(-1);
    if (this.#names.length === 0 && (last === '' || last === '.')) this.slash = true;
    for (const name of names.toReversed()) {
      if (name === '' || name === '.') continue;
      if (name.length > NAME_MAX) throw new Fault('ENAMETOOLONG');
      this.#names.push(name);
    }
  }
}
