// Root opens the sockets and reads the key; everything after that runs as somebody else.

import { accountOf } from './config/accounts.js';
import { ConfigError, messageOf } from './errors.js';

/**
 * Gives up root for good: group, supplementary groups and user. Does nothing for other users.
 * @param wanted names or numbers; the group defaults to the user's main group
 * @throws ConfigError when there is no such user or group
 */
export function dropPrivileges(wanted: {
  readonly user: string | undefined;
  readonly group: string | undefined;
}): void {
  if (process.getuid?.() !== 0 || wanted.user === undefined) return;
  const user = nameOrNumber(wanted.user);
  try {
    const group = nameOrNumber(wanted.group ?? mainGroup(wanted.user));
    process.setgid?.(group);
    process.initgroups?.(user, group);
    process.setuid?.(user);
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    throw new ConfigError([
      `cannot become user ${wanted.user}: ${messageOf(thrown)}. Start it as that user: ` +
        'User= of systemd, runuser -u, or a pool of Apache',
    ]);
  }
  if (process.getuid?.() === 0) throw new ConfigError([`user ${wanted.user} is root`]);
}

function mainGroup(user: string): string {
  const account = accountOf(user);
  if (account !== undefined) return String(account.gid);
  throw new ConfigError([
    `user ${user} is not in /etc/passwd: check the name, or give --group too`,
  ]);
}

function nameOrNumber(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}
