// Host paths as the guest may see them: by the name of the directory it was given, or not at all.

/** The part of a preopen that matters for names. */
export interface MappedDirectory {
  /** The name the guest sees, a byte string: `/`, `/data`, `./`, `uploads/`. */
  readonly guest: string;
  /** The host directory, an absolute path, a byte string. */
  readonly host: string;
}

/**
 * The guest's name of a host path, by the longest host directory that holds it, compared by whole
 * components (`/srv/www` does not hold `/srv/www2/x`). Among equals the first one counts.
 * Pure text: symlinks are not followed, the web server and the configuration name the same path.
 * @param identityOnly only directories that the guest knows by their host name count, so that the
 *   path either stays as it is or is withheld
 * @returns undefined when no directory holds it, or when either is not absolute or contains `..`
 */
export function guestPath(
  hostPath: string,
  directories: readonly MappedDirectory[],
  identityOnly = false,
): string | undefined {
  const path = components(hostPath);
  if (path === undefined) return undefined;
  let best: { guest: string; depth: number } | undefined;
  for (const { guest, host } of directories) {
    const root = components(host);
    if (root === undefined || !startsWith(path, root)) continue;
    if (identityOnly && !isSame(components(guest), root)) continue;
    if (best === undefined || root.length > best.depth) best = { guest, depth: root.length };
  }
  return best && join(best.guest, path.slice(best.depth));
}

/** The components of an absolute path; empty ones and `.` are nothing; `..` has no answer here. */
function components(path: string): string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts;
}

function startsWith(path: readonly string[], root: readonly string[]): boolean {
  return root.length <= path.length && root.every((part, index) => part === path[index]);
}

function isSame(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one?.length === other.length && startsWith(one, other);
}

/** `./` and `uploads/` stay relative; a lone `/` keeps its slash. */
function join(guest: string, rest: readonly string[]): string {
  let length = guest.length;
  while (guest.charAt(length - 1) === '/') length -= 1;
  const base = guest.slice(0, length);
  if (rest.length === 0) return base === '' && guest.startsWith('/') ? '/' : base;
  return base === '' && !guest.startsWith('/') ? rest.join('/') : `${base}/${rest.join('/')}`;
}
