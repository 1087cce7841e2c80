// Specs that only root can run: nobody else can give a file away or become another user.

export const IS_ROOT = process.getuid?.() === 0;
/** A user and group of every Debian that owns nothing. */
export const NOBODY = 65_534;

/** `it`; without root it is pending, and its title says why. */
export function forRoot(title: string, run: () => void | Promise<void>): void {
  if (IS_ROOT) it(title, run);
  else it(`${title} (not tried: needs root)`);
}
