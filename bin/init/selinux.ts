// SELinux, as the kernel tells it: where it is in force, httpd's processes make no code of their own
// unless a boolean lets them, and V8 makes the code of every program.

/** Says `1` where SELinux is in force, `0` where it only logs. Not there without SELinux. */
export const ENFORCE = '/sys/fs/selinux/enforce';

/**
 * What there is to know of it for somebody who lets httpd start the responder.
 * @param enforce the text of ENFORCE; undefined when there is no such file
 * @returns undefined where SELinux has no say
 */
export function selinuxText(enforce: string | undefined): string | undefined {
  if (enforce === undefined) return undefined;
  if (enforce.trim() !== '1') return 'permissive: it only logs';
  return 'enforcing: if the responder ends at once, setsebool -P httpd_execmem 1 lets it compile programs';
}
