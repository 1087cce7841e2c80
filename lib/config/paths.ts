// Host paths by components: what lies at or beneath what. Text only; symlinks are the walk's matter.

/** The path without empty and `.` components; undefined unless absolute and without `..`. */
export function normalized(path: string): string | undefined {
  if (!path.startsWith('/') || path.includes('\0')) return undefined;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : `/${parts.join('/')}`;
}

/** Whether a normalized path is a normalized root or beneath it: `/srv/a` is not beneath `/srv/aa`. */
export function isBeneath(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`);
}

/** The deepest of some normalized roots that holds a path. */
export function rootOf(path: string, roots: readonly string[]): string | undefined {
  return roots
    .filter((root) => isBeneath(path, root))
    .reduce<string | undefined>(
      (best, root) => (root.length > (best?.length ?? -1) ? root : best),
      undefined,
    );
}

/** Directories that would open the system itself to a guest. */
const SYSTEM_DIRECTORIES = ['/proc', '/sys', '/dev', '/run', '/var/run'];

/** Whether a normalized path is `/`, or a system directory or below one. */
export function isSystemDirectory(path: string): boolean {
  return path === '/' || SYSTEM_DIRECTORIES.some((root) => isBeneath(path, root));
}

/** Where a server keeps its snapshots: another directory for each user, unless it was told one. */
export function snapshotDirectoryOf({
  spoolDirectory,
  snapshotDirectory,
}: {
  readonly spoolDirectory: string;
  readonly snapshotDirectory: string | undefined;
}): string {
  return snapshotDirectory ?? `${spoolDirectory}/wasm-fcgi-snapshots-${process.getuid?.() ?? 0}`;
}
