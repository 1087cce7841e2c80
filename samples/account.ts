// The ordinary user that programs run as when the demo is started by root.

import { readFile } from 'node:fs/promises';

/** One line of /etc/passwd. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** www-data, else nobody; undefined when we are not root and so cannot become anybody. */
export async function ordinaryAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => {
    const [name = '', , uid, gid] = line.split(':');
    return { name, uid: Number(uid), gid: Number(gid) };
  });
  for (const wanted of ['www-data', 'nobody']) {
    const account = accounts.find(({ name }) => name === wanted);
    if (account !== undefined) return account;
  }
  throw new Error('neither www-data nor nobody is a user of this system');
}
