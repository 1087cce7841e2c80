// Native PHP as most run it: php-fpm over mod_proxy_fcgi, its opcode cache as its packages set it.

import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { ordinaryAccount } from '../../samples/account.js';
import { costsOf } from '../measure/costs.js';
import { type Program, siteOf } from '../programs.js';
import type { Stage } from '../stage.js';
import { type Rival, type Running, listening } from './rival.js';

const FOLDER = '/usr/sbin';
/** As many as wasm-fcgi has workers where there are two cores. */
const CHILDREN = 4;

export const phpFpm: Rival = {
  name: 'php-fpm',
  missing: () => (findFpm() === undefined ? 'php-fpm is not installed' : undefined),
  async start(stage: Stage, { language }: Program): Promise<Running> {
    const socket = stage.at('run/php-fpm');
    const file = stage.at('php-fpm.conf');
    const account = await ordinaryAccount();
    const user = account === undefined ? '' : `user = ${account.name}\ngroup = ${account.gid}`;
    await writeFile(
      file,
      `[global]
error_log = ${stage.at('run/php-fpm.log')}
[www]
${user}
listen = ${socket}
listen.mode = 0666
pm = static
pm.max_children = ${CHILDREN}
`,
    );
    const words = ['--nodaemonize', '--force-stderr', '--fpm-config', file];
    const child = spawn(findFpm() ?? '', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const responder = await listening(child, child.stderr, 'SIGTERM');
    const [url, directory] =
      language === 'wordpress'
        ? ['/php-fpm/wordpress', `${siteOf('php-fpm')}/htdocs`]
        : ['/php-fpm', 'pages'];
    return {
      // Its children serve a connection until it is closed: kept ones would starve the others.
      config: `
Alias "${url}" "${stage.at(directory)}"
<Directory "${stage.at(directory)}">
    DirectoryIndex index.php
</Directory>
<LocationMatch "^${url}/.*\\.php$">
    SetHandler "proxy:unix:${socket}|fcgi://php-fpm/"
</LocationMatch>`,
      costs: async () => costsOf([responder.pid]),
      stop: responder.stop,
    };
  },
};

/** Debian has the version in its name: `php-fpm8.2`. */
function findFpm(): string | undefined {
  if (!existsSync(FOLDER)) return undefined;
  const name = readdirSync(FOLDER).find((entry) => /^php-fpm[\d.]*$/.test(entry));
  return name === undefined ? undefined : join(FOLDER, name);
}
